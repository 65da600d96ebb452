"""A virtual environment for every peer, made once and kept.

In: a name and what pip is to install. Out: the environment's folder. A peer that cannot be had is a reason, printed
and put into the table, never a figure.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ENVIRONMENTS = Path("build/peers")
HEADLESS = ("--no-deps", "--reinstall", "opencv-python-headless==4.10.0.84")
"""Over the OpenCV that PaddleX asks for, which needs a desktop's libraries."""


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


def _run(command: Sequence[str], environ: Mapping[str, str] | None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env=dict(environ or os.environ), check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise PeerMissing(f"its packages cannot be installed ({last[:150]})")
