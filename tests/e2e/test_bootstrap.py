"""Git mode, run for real: a local bare repository, a local wheelhouse of tiny wheels, a stand-in for the entrypoint."""

import base64
import functools
import hashlib
import http.server
import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT

SCRIPTS = ROOT / "scripts"
TOKEN = "ghp_never-to-be-seen"  # noqa: S105 - a made-up one
ENTRYPOINT = """#!/usr/bin/env bash
printf 'ENTRYPOINT %s api=%s tilt=%s token=%s\\n' "$(cat version)" "$API_PYTHON" "${TILT_PYTHON:-}" "${GH_TOKEN:-none}"
"$API_PYTHON" -c 'import tiny; print("tiny", tiny.VERSION)'
"""


def write_wheel(folder: Path, name: str, version: str) -> Path:
    """A wheel of one module that knows its version."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"VERSION = '{version}'\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
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


@pytest.fixture
def place(tmp_path: Path) -> Place:
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


@pytest.mark.slow
def test_first_start_brings_tree_environment_and_service_and_the_second_builds_nothing(place: Place) -> None:
    """Into a folder that holds the script already; an unchanged start is quick."""
    code, out = place.run()
    again_code, again = place.run()

    assert (code, again_code) == (0, 0), out + again
    assert f"ENTRYPOINT first api={place.volume}/venv/bin/python" in out
    assert "tiny 1.0" in out
    assert "venv is up to date" in again
    assert git(place.source, "status", "--porcelain") == ""
    assert git(place.source, "rev-parse", "--abbrev-ref", "HEAD@{upstream}") == "origin/main"


@pytest.mark.slow
def test_update_that_rewrites_the_running_script_and_the_requirements_is_taken(place: Place) -> None:
    """The new tree's second half runs, and the environment is built anew for the new requirements."""
    place.run()
    script = SCRIPTS / "runpod_bootstrap_git.sh"
    (place.root / "clone" / "scripts" / script.name).write_text("exit 99\n" * 50 + script.read_text())
    place.push(**{"version": "second", "requirements-cpu.txt": "tiny==2.0\n"})
    write_wheel(place.volume / "wheelhouse", "tiny", "2.0")

    code, out = place.run()

    assert code == 0, out
    assert "ENTRYPOINT second" in out
    assert "tiny 2.0" in out


@pytest.mark.parametrize(
    ("work", "reason"),
    [
        pytest.param(["tracked"], "changes that are not committed", id="changed file"),
        pytest.param(["tracked", "commit"], "commits that are not in the repository", id="commit, not pushed"),
        pytest.param(["switch", "tracked", "commit"], "it is on hotfix, not on main", id="branch of its own"),
        pytest.param(["untracked"], "files stand in the way", id="new file that the update brings too"),
    ],
)
def test_local_work_is_kept_and_started_as_it_is(place: Place, work: list[str], reason: str) -> None:
    """Whatever was done on the pod is there after a start, and the start says why it did not update."""
    bootstrap(place)
    if "switch" in work:
        git(place.source, "switch", "-qc", "hotfix")
    name = "new" if "untracked" in work else "version"
    (place.source / name).write_text("mine")
    if "commit" in work:
        git(place.source, "commit", "-qam", "Hotfix from the pod")
    before = git(place.source, "rev-parse", "HEAD")
    place.push(version="theirs", new="theirs")

    code, out = bootstrap(place)

    assert code == 0, out
    assert reason in out
    assert (place.source / name).read_text() == "mine"
    assert git(place.source, "rev-parse", "HEAD") == before


def bootstrap(place: Place, **environ: str) -> tuple[int, str]:
    """A start that ends where the second half would begin."""
    skip = program(place.root / "bin", "stop.sh", "echo SECOND HALF, token ${GH_TOKEN:-gone}; exit 0")
    return place.run(BASH_ENV=str(shortcut(place.root, skip)), **environ)


def shortcut(folder: Path, skip: Path) -> Path:
    """A file that bash reads first: the second half is replaced by `skip`."""
    path = folder / "bash_env"
    path.write_text(f'case "$0" in *runpod_environments.sh) exec {skip} ;; esac\n')
    return path


def test_branch_that_the_settings_change_is_switched_to(place: Place) -> None:
    """GIT_BRANCH is obeyed where nobody on the pod has switched branches."""
    git(place.root / "clone", "push", "-q", "origin", "HEAD:refs/heads/staging")
    bootstrap(place)

    code, out = bootstrap(place, GIT_BRANCH="staging")

    assert code == 0, out
    assert git(place.source, "branch", "--show-current") == "staging"


def test_checkout_and_update_that_were_interrupted_are_finished(place: Place) -> None:
    """A first checkout cut short leaves no commit but files and a lock; an update cut short leaves half a tree."""
    git_folder = place.source / ".git"
    place.source.mkdir(parents=True)
    git(place.source, "init", "-q")
    (git_folder / "index.lock").touch()
    (place.source / "version").write_text("fir")
    first_code, first = bootstrap(place)
    first_version = (place.source / "version").read_text()
    place.push(version="second")
    git(place.source, "fetch", "-q", "origin")
    (git_folder / "ocrlty-update").write_text(git(place.source, "rev-parse", "origin/main"))
    (git_folder / "index.lock").touch()
    (place.source / "version").write_text("sec")

    code, out = bootstrap(place)

    assert (first_code, first_version) == (0, "first"), first
    assert code == 0, out
    assert (place.source / "version").read_text() == "second"
    assert git(place.source, "status", "--porcelain") == ""


def test_network_that_fails_starts_the_tree_that_is_there(place: Place) -> None:
    """A pod that restarts while the forge is down serves on; without a tree it ends with 69."""
    nowhere = {"GIT_REPO": "http://127.0.0.1:9/owner/repo.git", "USE_SSH": "0"}
    without, said = bootstrap(place, **nowhere)
    shutil.rmtree(place.source)
    bootstrap(place)

    code, out = bootstrap(place, **nowhere)

    assert without == 69
    assert "cannot be reached, and there is no local tree" in said
    assert code == 0, out
    assert "starting the tree" in out
    assert "SECOND HALF" in out


class Forge(http.server.SimpleHTTPRequestHandler):
    """A repository over HTTP that wants the token."""

    def do_GET(self) -> None:
        """Serve a file, or ask for the password."""
        wanted = "Basic " + base64.b64encode(f"git:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") == wanted:
            super().do_GET()
            return
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="forge"')
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def forge(folder: Path) -> Iterator[str]:
    """A forge that serves the folder's repositories."""
    handler = functools.partial(Forge, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def command_lines(seen: list[str], stop: threading.Event) -> None:
    """Every command line of this machine, as long as it lasts."""
    while not stop.is_set():
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                seen.append(entry.read_bytes().decode(errors="replace"))
            except OSError:
                continue
        time.sleep(0.005)


def test_token_signs_in_and_is_seen_nowhere(place: Place) -> None:
    """Not in the output, no command line, no file on the volume, and not in the service's environment."""
    seen: list[str] = []
    stop = threading.Event()
    watcher = threading.Thread(target=command_lines, args=(seen, stop))
    with forge(place.root) as address:
        watcher.start()
        code, out = bootstrap(place, GIT_REPO=f"{address}/repo.git", GH_TOKEN=TOKEN)
        stop.set()
        watcher.join()

    assert code == 0, out
    assert (place.source / "version").read_text() == "first"
    assert TOKEN not in out
    assert "SECOND HALF, token gone" in out
    assert any("runpod_bootstrap_git.sh" in line for line in seen)
    assert not any(TOKEN in line for line in seen)
    files = [path for path in place.volume.rglob("*") if path.is_file()]
    assert not any(TOKEN.encode() in path.read_bytes() for path in files)


@pytest.mark.parametrize(
    ("environ", "code", "sentence"),
    [
        pytest.param({"GIT_REPO": ""}, 64, "GIT_REPO is not set", id="no repository"),
        pytest.param({"GIT_BRANCH": "gone"}, 64, "has no branch gone", id="no such branch"),
        pytest.param({"GIT_REPO": f"https://{TOKEN}@h/o/r"}, 64, "take it out and set GH_TOKEN", id="token in URL"),
        pytest.param({"GIT_REPO": "git@h/o/r.git", "SSH_KEY_PATH": "/gone"}, 77, "no SSH key at /gone", id="no key"),
        pytest.param({"NV_DIR": "/proc/nv"}, 73, "/proc/nv cannot be written (", id="read-only volume"),
    ],
)
def test_setting_that_cannot_work_is_one_sentence(
    place: Place, environ: dict[str, str], code: int, sentence: str
) -> None:
    """With its own exit code, and never with the token."""
    got, out = bootstrap(place, SRC_DIR=str(place.source), **environ)

    assert got == code, out
    assert sentence in out
    assert TOKEN not in out


def test_wrong_token_is_named_as_such(place: Place) -> None:
    """And not taken for a network that fails."""
    with forge(place.root) as address:
        code, out = bootstrap(place, GIT_REPO=f"{address}/repo.git", GH_TOKEN="wrong")  # noqa: S106

    assert code == 77
    assert "refuses the key or token" in out


def test_ssh_is_used_with_the_given_key_only_and_a_refused_key_is_named(place: Place) -> None:
    """The address of the original document, git@host/owner/repo, works too."""
    key = place.root / "key"
    key.write_text("a key")
    key.chmod(0o644)
    serve = (
        f'echo "$@" >>{place.root}/ssh.log\n[[ -e {place.root}/refuse ]] && echo "Permission denied (publickey)." >&2'
    )
    program(place.root / "bin", "ssh", f"{serve} && exit 255\nexec git-upload-pack {place.bare}")
    ssh = {"GIT_REPO": "git@forge.example/owner/repo.git", "SSH_KEY_PATH": str(key)}
    (place.root / "refuse").touch()

    refused, said = bootstrap(place, **ssh)
    (place.root / "refuse").unlink()
    code, out = bootstrap(place, **ssh)

    assert refused == 77, said
    assert code == 0, out
    arguments = (place.root / "ssh.log").read_text()
    assert f"-i {key}" in arguments
    assert "IdentitiesOnly=yes" in arguments
    assert "git@forge.example git-upload-pack 'owner/repo.git'" in arguments
    assert key.stat().st_mode & 0o777 == 0o600


def test_folder_with_files_of_somebody_else_is_left_alone(place: Place) -> None:
    """What is no repository is not overwritten."""
    place.source.mkdir(parents=True)
    (place.source / "version").write_text("mine")

    code, out = bootstrap(place)

    assert code == 73
    assert "move them away" in out
    assert (place.source / "version").read_text() == "mine"


@pytest.mark.slow
def test_environment_whose_build_was_killed_is_built_anew_from_index_and_cached(place: Place) -> None:
    """Killed while pip works: no mark is left; the next start fetches from the index and keeps the wheels."""
    wheel = place.volume / "wheelhouse" / "tiny-1.0-py3-none-any.whl"
    index = place.root / "index" / "tiny"
    index.mkdir(parents=True)
    shutil.move(wheel, index)
    hanging = place.start(PIP_INDEX_URL="http://192.0.2.1:9/simple", PIP_DEFAULT_TIMEOUT="60")
    venv = place.volume / "venv"
    wait_until((place.volume / "wheelhouse" / ".incoming").exists)
    os.killpg(hanging.pid, 9)
    hanging.communicate()
    half_way = venv.exists() and not (venv / ".complete").exists()
    (index / "index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>')

    code, out = place.run(PIP_INDEX_URL=f"file://{index.parent}")

    assert half_way
    assert code == 0, out
    assert "tiny 1.0" in out
    assert wheel.exists()
    assert not (place.volume / "wheelhouse" / ".incoming").exists()


def wait_until(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    """Poll a condition until it comes true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not come true"
        time.sleep(0.05)


def environments(place: Place, **environ: str) -> tuple[int, str]:
    """The second half alone, in the repository's tree."""
    ran = subprocess.run(
        ["bash", str(place.root / "clone" / "scripts" / "runpod_environments.sh")],
        env=place.environ | environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return ran.returncode, ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("environ", "code", "sentence"),
    [
        pytest.param({"REQS_FILE": "requirements-prod.txt"}, 64, "no requirements-prod.txt (REQS_FILE)", id="no file"),
        pytest.param({"API_DIR": "apps/gone"}, 64, "no apps/gone/main.py (API_DIR)", id="no API"),
        pytest.param({"PYTHON": "false"}, 64, "Python 3.11 with venv is needed", id="wrong Python"),
        pytest.param({"LOG_DIR": "/proc/logs"}, 73, "cannot be written (", id="read-only volume"),
        pytest.param({"MOCK_VLLM": "0"}, 10, "no wheel of vllm 0.8.3+tilt", id="no vllm wheel"),
        pytest.param({"MOCK_VLLM": "0", "TILT_WHEEL_URL": "http://h/w"}, 64, "TILT_WHEEL_SHA256", id="no checksum"),
        pytest.param(
            {"MOCK_VLLM": "0", "TILT_WHEEL_URL": f"file://{__file__}", "TILT_WHEEL_SHA256": "0" * 64},
            76,
            "another SHA-256",
            id="another wheel",
        ),
    ],
)
def test_environment_that_cannot_be_is_one_sentence(
    place: Place, environ: dict[str, str], code: int, sentence: str
) -> None:
    """With its own exit code, and no environment that looks whole."""
    got, out = environments(place, **environ)

    assert got == code, out
    assert sentence in out
    assert not list(place.volume.glob("venv*/.complete"))
    assert not list((place.volume / "wheelhouse").glob("vllm*"))


def test_full_disk_is_seen_before_anything_is_written(place: Place) -> None:
    """By df's figures."""
    program(place.root / "bin", "df", "printf 'Avail\\n1G\\n'")

    code, out = environments(place)

    assert code == 74
    assert "has 1 GB free, and 4 GB are needed" in out
    assert not (place.volume / "venv").exists()


@pytest.mark.slow
def test_index_that_cannot_be_reached_is_named(place: Place) -> None:
    """With pip's own last words before the sentence."""
    (place.volume / "wheelhouse" / "tiny-1.0-py3-none-any.whl").unlink()

    code, out = environments(place)

    assert code == 69
    assert "the index cannot be reached" in out
    assert not (place.volume / "venv" / ".complete").exists()


@pytest.mark.slow
def test_tilt_environment_gets_the_fetched_vllm_wheel(place: Place) -> None:
    """The wheel is checked, kept in the wheelhouse and installed into an environment of its own."""
    wheel = write_wheel(place.root / "release", "vllm", "0.8.3+tilt")
    (place.root / "clone" / "requirements-gpu.txt").write_text("tiny==1.0\n")

    code, out = environments(
        place,
        MOCK_VLLM="0",
        TILT_WHEEL_URL=f"file://{wheel}",
        TILT_WHEEL_SHA256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
    )

    assert code == 0, out
    python = place.volume / "venv-tilt" / "bin" / "python"
    assert f"tilt={python}" in out
    version = [str(python), "-c", "import importlib.metadata as m; print(m.version('vllm'))"]
    assert subprocess.run(version, capture_output=True, text=True, check=True).stdout == "0.8.3+tilt\n"
