"""What the documentation points at is there: links, headings, files, targets, settings."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.markdown import FENCE

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
ROOMS = ("apps/", "configs/", "docs/", "lib/", "scripts/", "tests/")
TARGET = re.compile(r"(?:^|[$&;] )(?:[A-Z_]+=\S+ )*make (?:[A-Z_]+=\S+ )*([a-z][a-z0-9-]*)", re.MULTILINE)

every_page = pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES])


def anchors(page: Path) -> set[str]:
    """The headings of a page as a browser reaches them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return FENCE.sub("", page.read_text("utf-8"))


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    """No link to a file or a heading that is not there."""
    broken = []
    for target in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)

    assert broken == []


@every_page
def test_named_files_exist(page: Path) -> None:
    """A path in code marks that begins with a room of the house is a file or a folder, or matches one."""
    named = [text.split()[0].rstrip("/,.:") for text in CODE.findall(prose(page)) if text.startswith(ROOMS)]
    missing = [path for path in named if not re.search(r"[<>$]", path) and not any(ROOT.glob(path))]

    assert missing == []


@every_page
def test_named_targets_exist(page: Path) -> None:
    """`make something` in code marks or blocks is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    text = page.read_text("utf-8")
    commands = [*CODE.findall(prose(page)), *(block[2] for block in FENCE.findall(text))]
    named = {name for command in commands for name in TARGET.findall(command)}

    assert named <= targets


def test_pages_of_the_documentation_are_reachable_from_the_readme() -> None:
    """A page that nothing links to is read by nobody."""
    found, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page not in found and page.suffix == ".md" and page.exists():
            found.add(page)
            waiting += [page.parent / link.partition("#")[0] for link in LINK.findall(prose(page))]

    assert {page for page in PAGES if page.resolve() not in found} <= {ROOT / "CHANGELOG.md"}
