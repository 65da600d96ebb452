"""A pod's network volume, for tests: a local bare repository, a wheelhouse of tiny wheels, stand-ins for programs."""

import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

SCRIPTS = ROOT / "scripts"
ENTRYPOINT = """#!/usr/bin/env bash
printf 'ENTRYPOINT %s api=%s tilt=%s token=%s\\n' "$(cat version)" "$API_PYTHON" "${TILT_PYTHON:-}" "${GH_TOKEN:-none}"
"$API_PYTHON" -c 'import tiny; print("tiny", tiny.VERSION)'
"""


def write_wheel(folder: Path, name: str, version: str, *, requires: str = "") -> Path:
    """A wheel of one module that knows its version."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"VERSION = '{version}'\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + (f"Requires-Dist: {requires}\n" if requires else ""),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as wheel:
        for file, text in files.items():
            wheel.writestr(file, text)
    return path


def program(folder: Path, name: str, body: str) -> Path:
    """An executable that stands in for one of the machine's."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/bash\n{body}\n")
    path.chmod(0o755)
    return path


def git(folder: Path, *arguments: str) -> str:
    """What git says."""
    author = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "init.defaultBranch=main"]
    return subprocess.run(
        ["git", *author, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@dataclass(frozen=True)
class Place:
    """A volume, the repository it follows, and a second clone that pushes to it."""

    root: Path
    environ: dict[str, str]

    @property
    def volume(self) -> Path:
        """The network volume."""
        return self.root / "nv"

    @property
    def source(self) -> Path:
        """The tree on the volume."""
        return self.volume / "src"

    @property
    def bare(self) -> Path:
        """The repository."""
        return self.root / "repo.git"

    def push(self, **files: str) -> None:
        """A commit by somebody else."""
        clone = self.root / "clone"
        for name, text in files.items():
            (clone / name).write_text(text)
        git(clone, "add", "-A")
        git(clone, "commit", "-qm", "Change")
        git(clone, "push", "-q", "origin", "HEAD:main")
        git(self.bare, "update-server-info")

    def start(self, **environ: str) -> subprocess.Popen[str]:
        """The start command, which has made nothing but src/scripts."""
        script = self.source / "scripts" / "runpod_bootstrap_git.sh"
        if not script.exists():
            script.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SCRIPTS / script.name, script)
        return subprocess.Popen(
            ["bash", str(script)],
            env=self.environ | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, **environ: str) -> tuple[int, str]:
        """Exit code and output of a whole start."""
        process = self.start(**environ)
        out, _ = process.communicate(timeout=120)
        return process.returncode, out


def place_in(tmp_path: Path) -> Place:
    """A volume with a wheelhouse, and a repository with a small version of ours."""
    clone = tmp_path / "clone"
    for folder in ("scripts", "apps/api_gpu"):
        (clone / folder).mkdir(parents=True)
    for name in ("runpod_bootstrap_git.sh", "runpod_environments.sh"):
        shutil.copy(SCRIPTS / name, clone / "scripts")
    (clone / "scripts" / "entrypoint.sh").write_text(ENTRYPOINT)
    (clone / "apps" / "api_gpu" / "main.py").touch()
    (clone / "requirements-cpu.txt").write_text("tiny==1.0\n")
    (clone / "version").write_text("first")
    git(tmp_path, "init", "-q", "--bare", "repo.git")
    git(clone, "init", "-q")
    git(clone, "remote", "add", "origin", str(tmp_path / "repo.git"))
    write_wheel(tmp_path / "nv" / "wheelhouse", "tiny", "1.0")
    program(tmp_path / "bin", "df", "printf 'Avail\\n100G\\n'")
    program(tmp_path / "bin", "gcc", "")
    program(tmp_path / "bin", "tini", "")
    environ = {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "HOME": str(tmp_path / "home"),
        "NV_DIR": str(tmp_path / "nv"),
        "GIT_REPO": str(tmp_path / "repo.git"),
        "PYTHON": sys.executable,
        "MOCK_VLLM": "1",
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "0",
    }
    (tmp_path / "home").mkdir()
    made = Place(tmp_path, environ)
    made.push()
    return made
