"""Fetch Tesseract's data for scans in other scripts, without root: `python -m scripts.fetch_scripts`.

In: apt-get and dpkg-deb of Debian or Ubuntu, as any user may call them. Out: files in share/tessdata of this Python's
environment, where the service looks first. What is installed or there already is not fetched. Where this user has no
lists of packages, apt makes some in a temporary folder. apt checks what it fetches by Debian's signatures.

Whatever fails is one line on stderr that names what to install; the service runs without it. Exit codes: 0 all is
there, 69 something is missing; with --quietly always 0.
"""

import argparse
import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from lib.pipelines.ocr.scripts import SCRIPTS, Script
from lib.pipelines.ocr.tesseract import FOLDERS

TARGET = Path(sys.prefix, "share", "tessdata")
EXIT_MISSING = 69
TIMEOUT_S = 180
"""Seconds for one call of apt: its lists are 60 MB where there are none."""

LATIN = "tesseract-ocr-eng"
"""Has the Latin words of mixed lines."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quietly", action="store_true", help="say what is missing and go on")
    parser.add_argument("--fonts", action="store_true", help="also the fonts that tests draw other scripts with")
    args = parser.parse_args(argv)
    if args.fonts:
        fetch_fonts()
    if missing(FOLDERS):
        with contextlib.suppress(OSError):  # The disk is full, or the environment is somebody else's.
            fetch(packages_of(missing(FOLDERS)), TARGET)
    left = missing(FOLDERS)
    if left:
        print(
            f"Scans in {', '.join(script.name for script in left)} script cannot be read here: apt-get did not fetch"
            f" {' '.join(packages_of(left))}; install them, or set TESSDATA_PREFIX.",
            file=sys.stderr,
        )
    return EXIT_MISSING if left and not args.quietly else 0


def missing(folders: Iterable[str]) -> list[Script]:
    """The scripts whose data is in none of these folders."""
    names = {path.name for folder in folders for path in Path(folder).glob("**/*.traineddata")}
    return [script for script in SCRIPTS if f"{script.data[0]}.traineddata" not in names]


def packages_of(scripts: Iterable[Script]) -> list[str]:
    """The packages of scripts, and that of their Latin words."""
    return [*(script.package for script in scripts), LATIN]


def fetch_fonts() -> None:
    """Fetch the fonts that `scripts.samples.fonts` does not find; who draws with them says which are missing."""
    from scripts.samples.fonts import FONT_FOLDERS, FONT_PACKAGES, missing_fonts  # noqa: PLC0415 - needs what developers install

    if missing_fonts():
        with contextlib.suppress(OSError):
            fetch(FONT_PACKAGES, FONT_FOLDERS[0], kinds="*.ttf")


def fetch(packages: Sequence[str], target: Path, *, kinds: str = "*.traineddata") -> None:
    """Unpack what packages have of some kind of file into a folder; what cannot be had is left out."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return
    with tempfile.TemporaryDirectory(prefix="ocrlty-apt-") as scratch:
        folder = Path(scratch)
        if not _download(packages, folder, options=()):
            options = _own_lists(folder)
            if _run(["apt-get", *options, "update"], folder):
                _download(packages, folder, options=options)
        for package in folder.glob("*.deb"):
            _run(["dpkg-deb", "--extract", str(package), str(folder / "unpacked")], folder)
        for data in (folder / "unpacked").glob(f"**/{kinds}"):
            _keep(data, target)


def _download(packages: Sequence[str], folder: Path, *, options: Sequence[str]) -> bool:
    """Whether apt had all packages; one that a release lacks must not cost the others."""
    if _run(["apt-get", *options, "download", *packages], folder):
        return True
    return all(_run(["apt-get", *options, "download", package], folder) for package in packages)


def _own_lists(folder: Path) -> list[str]:
    """Options by which apt keeps its lists and its cache in a folder of this user's."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    return [
        *("-o", f"Dir::State::Lists={folder / 'lists'}"),
        *("-o", f"Dir::Cache={folder / 'cache'}"),
        *("-o", "Acquire::Languages=none"),
    ]


def _run(command: Sequence[str], folder: Path) -> bool:
    """Whether a command did what it was told, in time and without asking anybody."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _keep(data: Path, target: Path) -> None:
    """Copy a file so that nobody ever sees half of it."""
    target.mkdir(parents=True, exist_ok=True)
    part = target / f".{data.name}"
    shutil.copyfile(data, part)
    part.replace(target / data.name)


if __name__ == "__main__":
    sys.exit(main())
