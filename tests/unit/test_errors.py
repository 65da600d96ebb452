"""The tree of errors is complete on the wire."""

import re
from collections.abc import Iterator

from apps.api_gpu.errors import CODES_OF_OTHER_STATUSES, REFUSED_AS_HTTP, STATUS
from lib import errors
from lib.errors import ExtractionError
from tests.conftest import ROOT


def leaves(cls: type[ExtractionError] = ExtractionError) -> Iterator[type[ExtractionError]]:
    """Every class of the tree that is raised: those without subclasses, and Overloaded, which is both."""
    for child in cls.__subclasses__():
        if not child.__subclasses__() or child.__name__ == "Overloaded":
            yield child
        yield from leaves(child)


def test_every_error_has_a_status() -> None:
    """A class without a row would be answered as a defect of ours."""
    assert set(leaves()) == set(STATUS)


def test_every_error_has_a_code_of_its_own() -> None:
    """Clients tell errors apart by their codes."""
    codes = [error.code for error in leaves()]

    assert len(codes) == len(set(codes))


def test_tree_that_is_drawn_is_the_tree() -> None:
    """Whoever reads lib/errors.py sees every class with its code."""
    drawn = dict(re.findall(r"── (\w+) +([a-z_]+)(?=  |$)", errors.__doc__ or "", re.MULTILINE))

    assert drawn == {error.__name__: error.code for error in leaves()}


def test_every_code_has_its_heading_in_the_documentation() -> None:
    """docs/errors.md tells a client what each code means and what to do."""
    headings = set(re.findall(r"^### (\w+)$", (ROOT / "docs" / "errors.md").read_text(encoding="utf-8"), re.MULTILINE))

    others = {*CODES_OF_OTHER_STATUSES.values(), *REFUSED_AS_HTTP.values()}

    assert {error.code for error in leaves()} | others <= headings
