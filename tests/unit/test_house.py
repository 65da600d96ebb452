"""Rules of the house that no linter knows."""

import re
import subprocess
import sys
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


GROUPED = """
import os
import pytest

@pytest.mark.xdist_group("together")
@pytest.mark.parametrize("number", range(20))
def test_process(number):
    print(os.getpid())
"""


def test_tests_of_a_group_share_a_process(tmp_path: Path) -> None:
    """Versions of pytest and xdist that do not fit together forget groups silently, and engines are loaded twice."""
    (tmp_path / "test_grouped.py").write_text(GROUPED, encoding="utf-8")

    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", "-rP", "-p", "no:schemathesis"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    printed = re.findall(r"^\d+$", told, re.MULTILINE)
    assert len(printed) == 20
    assert len(set(printed)) == 1
