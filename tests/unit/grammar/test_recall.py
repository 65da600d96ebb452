"""What is looked for once in a document is not looked for again."""

from contextvars import copy_context

from lib.grammar.recall import one_document, remembered


class Counted:
    """A function that counts how often it is called."""

    def __init__(self) -> None:
        """Not yet."""
        self.calls = 0
        self.find = remembered(self._find)

    def _find(self, text: str, *, style: str = "") -> tuple[str, ...]:
        self.calls += 1
        return (text, style)


def test_remembered_within_one_document_is_called_once_for_each_text_and_style() -> None:
    """Other arguments are another question."""
    counted = Counted()

    with one_document():
        found = [counted.find("a", style=style) for style in ("x", "x", "y")]

    assert found == [("a", "x"), ("a", "x"), ("a", "y")]
    assert counted.calls == 2


def test_remembered_in_the_next_document_has_forgotten() -> None:
    """Nothing that a document says outlives it."""
    counted = Counted()

    for _ in range(2):
        with one_document():
            counted.find("a")

    assert counted.calls == 2


def test_remembered_in_a_copy_of_the_context_is_shared() -> None:
    """Reader and rules run in threads with copies of the request's context."""
    counted = Counted()

    with one_document():
        for _ in range(2):
            copy_context().run(counted.find, "a")

    assert counted.calls == 1


def test_remembered_outside_of_a_document_remembers_nothing() -> None:
    """Whoever calls the grammar by itself keeps no text in memory."""
    counted = Counted()

    counted.find("a")
    counted.find("a")

    assert counted.calls == 2


def test_remembered_none_is_an_answer() -> None:
    """A line without a legal form is not searched again either."""
    calls: list[str] = []
    find = remembered(calls.append)

    with one_document():
        found = [find("a"), find("a")]

    assert found == [None, None]
    assert calls == ["a"]
