"""A virtual environment for every peer, made once and kept.

In: a name and what pip is to install. Out: the environment's folder. A peer that cannot be had is a reason, printed
and put into the table, never a figure.
"""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ENVIRONMENTS = Path("build/peers")
HEADLESS = ("--no-deps", "--reinstall", "opencv-python-headless==4.10.0.84")
"""Over the OpenCV that PaddleX asks for, which needs a desktop's libraries."""


_PINNED = re.compile(r"^(?P<name>[\w.-]+)(?:\[[^\]]*\])?==[^\s;]+", re.MULTILINE)


class PeerMissing(Exception):
    """A peer cannot be measured here; the message is the reason."""


def environment(name: str, *installs: Sequence[str], environ: Mapping[str, str] | None = None) -> Path:
    """The environment that a peer runs in.

    Args:
        name: Of the peer.
        installs: What `pip install` is called with, one after the other.
        environ: Of those calls; None: this process's.

    Raises:
        PeerMissing: A package cannot be installed.
    """
    wanted = hashlib.sha256(repr(installs).encode()).hexdigest()[:12]
    folder = (ENVIRONMENTS / f"{name}-{wanted}").absolute()
    if (folder / "complete").exists():
        return folder
    _run([sys.executable, "-m", "uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)], environ)
    for packages in installs:
        _run([sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(folder), *packages], environ)
    (folder / "complete").touch()
    return folder


def further_packages(requirements: Path) -> Path | None:
    """A folder for PYTHONPATH with the packages of another revision that this environment has not.

    Args:
        requirements: Its pinned packages, a requirements.txt.

    Returns:
        The folder; None where nothing is lacking.

    Raises:
        PeerMissing: A package cannot be installed.
    """
    lacking = lacking_packages(requirements.read_text(encoding="utf-8"))
    if not lacking:
        return None
    return next(environment("revision", ("--no-deps", *lacking)).glob("lib/python*/site-packages"))


def lacking_packages(requirements: str) -> list[str]:
    """Those of pinned packages, as `name==version`, of which no version is installed here."""
    return [pinned[0] for pinned in _PINNED.finditer(requirements) if not _is_installed(pinned["name"])]


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _run(command: Sequence[str], environ: Mapping[str, str] | None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env=dict(environ or os.environ), check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise PeerMissing(f"its packages cannot be installed ({last[:150]})")
