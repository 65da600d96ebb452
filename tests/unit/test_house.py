"""Rules of the house that no linter knows."""

import re
import subprocess
from pathlib import Path

from tests.conftest import ROOT


def tracked(*patterns: str) -> list[str]:
    """Paths of the files that git tracks, or would."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()


def test_environment_is_read_in_settings_only() -> None:
    """One reader of the environment, so that one package says what it means."""
    readers = {path for path in tracked("lib/*.py", "apps/*.py") if "os.environ" in (ROOT / path).read_text("utf-8")}

    assert {str(Path(path).parent) for path in readers} == {"lib/settings"}


def test_no_module_is_named_after_nothing() -> None:
    """A newcomer finds a room by its name."""
    vague = re.compile(r"/(utils?|helpers?|common|managers?|misc)(\.py|/)")

    assert [path for path in tracked("*.py") if vague.search(f"/{path}")] == []
