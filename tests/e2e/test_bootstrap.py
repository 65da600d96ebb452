"""Git mode, run for real: the tree on the volume follows its repository, whatever happened to either."""

import base64
import contextlib
import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pytest

from tests.e2e.pod_volume import SCRIPTS, Place, git, program, write_wheel

TOKEN = "ghp_never-to-be-seen"  # noqa: S105 - a made-up one


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
    """A repository over HTTP that wants the token; whoever asks waits until all that runs is noted."""

    seen: ClassVar[list[str]]

    def do_GET(self) -> None:
        """Serve a file, or ask for the password."""
        self.seen.extend(command_lines())
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
def forge(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """A forge that serves the folder's repositories, and the command lines that were seen at each of its answers."""
    seen: list[str] = []
    handler = functools.partial(type("Watching", (Forge,), {"seen": seen}), directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", seen
        finally:
            server.shutdown()
            thread.join()


def command_lines() -> Iterator[str]:
    """Every command line of this machine, now."""
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            with contextlib.suppress(OSError):  # It has ended meanwhile.
                yield (process / "cmdline").read_bytes().decode(errors="replace")


def test_token_signs_in_and_is_seen_nowhere(place: Place) -> None:
    """Not in the output, no command line, no file on the volume, and not in the service's environment."""
    with forge(place.root) as (address, seen):
        code, out = bootstrap(place, GIT_REPO=f"{address}/repo.git", GH_TOKEN=TOKEN)

    assert code == 0, out
    assert (place.source / "version").read_text() == "first"
    assert TOKEN not in out
    assert "SECOND HALF, token gone" in out
    assert any("git" in line and "fetch" in line for line in seen)
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
    with forge(place.root) as (address, _):
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
