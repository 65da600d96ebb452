"""What the documentation says, for tests that hold it true."""

import re
from dataclasses import dataclass

from tests.conftest import ROOT

FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, what stands behind it, its text."""

    language: str
    label: str
    text: str


def page(name: str) -> str:
    """A page of docs/."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def blocks(name: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [Block(language, label.strip(), text) for language, label, text in FENCE.findall(page(name))]


def section(name: str, heading: str) -> str:
    """The text below a heading, up to the next one of its rank or above."""
    rank = len(heading) - len(heading.lstrip("#"))
    _, found, rest = page(name).partition(f"{heading}\n")
    assert found, f"{name} has no {heading}"
    return re.split(rf"^#{{1,{rank}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of every table row in a text, headings left out."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    bodies = [line for line, after in zip(lines, [*lines[1:], ""], strict=True) if not after.startswith("|---")]
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in bodies if not line.startswith("|---")]
    return [[cell.strip() for cell in row] for row in cells]
