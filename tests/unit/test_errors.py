"""The tree of errors is complete on the wire."""

from collections.abc import Iterator

from apps.api_gpu.errors import STATUS
from lib.errors import ExtractionError


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
