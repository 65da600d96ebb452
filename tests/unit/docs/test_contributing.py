"""The worked changes of CONTRIBUTING.md fit the tree they stand beside."""

import subprocess

import pytest

from tests.conftest import ROOT
from tests.markdown import FENCE

DIFFS = [
    text for language, _, text in FENCE.findall((ROOT / "CONTRIBUTING.md").read_text("utf-8")) if language == "diff"
]


@pytest.mark.parametrize("diff", DIFFS, ids=["locale", "question", "field", "engine"])
def test_worked_change_applies(diff: str) -> None:
    """A newcomer can apply it and go on from there."""
    command = ["git", "apply", "--check", "-"]
    found = subprocess.run(command, cwd=ROOT, input=diff, capture_output=True, text=True, check=False)

    assert found.returncode == 0, found.stderr
