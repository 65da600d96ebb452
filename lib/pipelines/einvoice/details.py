"""The details, as an e-invoice states them.

In: the XML's root, lines included. Out: `Details`, final: nothing is derived but sums of several amounts at one place.
What the format does not allow is a leaf without a value that shows its text.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final
from xml.etree.ElementTree import Element

from lib.document import Field
from lib.extraction import (
    DATE_LEAVES,
    NUMBER_LEAVES,
    Amounts,
    Customer,
    Details,
    Item,
    Leaf,
    Payment,
    References,
    Supplier,
    TaxLine,
)
from lib.pipelines.einvoice.details_syntax import DOCUMENT_TYPES, METHODS, DetailsSyntax, Paths
from lib.pipelines.einvoice.values import NOT_READABLE, read_amount, read_date, read_name, read_text, read_time, text_of

_LEFT_OUT: Final = frozenset({"GROUP", "INFORMATION"})
"""Lines of EXTENDED that add up, or explain, other lines. Source: ZUGFeRD 2.3, BT-X-8."""

_CODES: Final[Mapping[str, Callable[[str], str]]] = {"language": str.lower, "country": str.upper}
"""ISO 639-1 and ISO 3166-1, and how they are written."""

_LETTERS_OF_A_CODE: Final = 2
_UNDEFINED: Final = "1"
"""Of UNTDID 4461: the instrument is not defined."""


def stated_details(root: Element, syntax: DetailsSyntax, extras: Sequence[Field]) -> Details:
    """All that the file states beyond the six fields.

    Args:
        root: Of an invoice, its lines included.
        syntax: Of its format.
        extras: The fields of EXTRA_KEYS, which stand among the details, too.
    """
    known = {field.key: _stated(field) for field in extras}
    head = _leaves(root, syntax.head)
    supplier = Supplier(**_party(root, syntax.supplier))
    references = _leaves(root, syntax.references)
    references |= {key: known[key] for key in ("invoice_number", "due_date")}
    payment = _leaves(root, syntax.payment) | {"iban": known["iban"]}
    kind = head.pop("document_type", None)
    return Details(
        **head,
        document_type=_coded("document_type", kind, DOCUMENT_TYPES) or _of_root(root),
        country=supplier.country and _leaf("country", supplier.country.raw or ""),
        supplier=supplier,
        customer=Customer(**_party(root, syntax.customer)),
        references=References(**references),
        payment=Payment(**payment | {"method": _coded("method", payment.get("method"), METHODS)}),
        amounts=Amounts(**dict(_sums(root, syntax.amounts))),
        taxes=tuple(TaxLine(**_leaves(tax, syntax.tax)) for tax in root.iterfind(syntax.taxes)),
        items=tuple(_items(root, syntax)),
    )


def _of_root(root: Element) -> Field:
    """What the root element itself says that the document is."""
    name = root.tag.rpartition("}")[2]
    return Field("document_type", "credit_note" if name == "CreditNote" else "invoice", name, 1.0)


def _stated(field: Field) -> Leaf:
    return None if field.raw is None else field


def _leaves(element: Element, paths: Paths) -> dict[str, Leaf]:
    """A leaf for each key whose paths lead to a text."""
    texts = {key: _text(element, alternatives) for key, alternatives in paths.items()}
    return {key: _leaf(key, text) for key, text in texts.items() if text}


def _text(element: Element, alternatives: tuple[str, ...]) -> str:
    """What the first path leads to that leads to a text."""
    return next((text_of(each) for path in alternatives for each in element.iterfind(path) if text_of(each)), "")


def _leaf(key: str, text: str) -> Field:
    value = _value(key, text)
    return Field(key, value, text, 1.0, problem=NOT_READABLE if value is None else None)


def _value(key: str, text: str) -> str | Decimal | date | None:
    if key in NUMBER_LEAVES:
        return read_amount(text)
    if key in DATE_LEAVES:
        return read_date(text)
    if key == "time":
        return read_time(text)
    if key == "card_last4":
        return text[-4:] if text[-4:].isdigit() else None
    if key in _CODES:
        return _CODES[key](text) if len(text) == _LETTERS_OF_A_CODE and text.isascii() and text.isalpha() else None
    return read_text(text) if key in {"terms", "description", "address"} else read_name(text)


def _coded(key: str, leaf: Leaf, names: Mapping[str, str]) -> Leaf:
    """A code by its name; one that is not known is another one."""
    if leaf is None or leaf.raw is None or leaf.raw == _UNDEFINED:
        return None
    return Field(key, names.get(leaf.raw, "other"), leaf.raw, 1.0)


def _party(root: Element, paths: Paths) -> dict[str, Leaf]:
    """A party; its address is put together from all that the file has of it."""
    leaves = _leaves(root, {key: alternatives for key, alternatives in paths.items() if key != "address"})
    parts = [_text(root, (path,)) for path in paths["address"]]
    if any(parts):
        leaves["address"] = _leaf("address", _address(parts))
    return leaves


def _address(parts: list[str]) -> str:
    """Lines, then the postal code and the town, which stand last, as one."""
    lines = [part for part in (*parts[:-2], " ".join(filter(None, parts[-2:]))) if part]
    return ", ".join(lines)


def _sums(root: Element, paths: Paths) -> Iterator[tuple[str, Leaf]]:
    """For each key the sum of the amounts at its paths, where there are any."""
    for key, alternatives in paths.items():
        yield key, _sum(key, [text_of(each) for path in alternatives for each in root.iterfind(path)])


def _sum(key: str, texts: Sequence[str]) -> Leaf:
    """Amounts added up; without a value where one of them cannot be read."""
    texts = [text for text in texts if text]
    if not texts:
        return None
    amounts = [read_amount(text) for text in texts]
    known = [amount for amount in amounts if amount is not None]
    value = sum(known, Decimal(0)) if len(known) == len(amounts) else None
    return Field(key, value, ", ".join(texts), 1.0, problem=NOT_READABLE if value is None else None)


def _items(root: Element, syntax: DetailsSyntax) -> Iterator[Item]:
    for path in syntax.items:
        for line in root.iterfind(path):
            reason = line.findtext("AssociatedDocumentLineDocument/LineStatusReasonCode", "").strip()
            if reason not in _LEFT_OUT:
                yield _item(line, syntax)


def _item(line: Element, syntax: DetailsSyntax) -> Item:
    leaves = _leaves(line, syntax.item)
    unit = next((each.get("unitCode", "") for path in syntax.item["quantity"] for each in line.iterfind(path)), "")
    if unit:
        leaves["unit"] = _leaf("unit", unit)
    discount = _discount(line, syntax)
    if discount:
        leaves["discount"] = discount
    return Item(**leaves)


def _discount(line: Element, syntax: DetailsSyntax) -> Leaf:
    """What is taken off a line, added up."""
    texts = [
        _text(each, syntax.allowance["amount"])
        for each in line.iterfind(syntax.allowances)
        if _text(each, syntax.allowance["is_charge"]).lower() in {"false", "0"}
    ]
    return _sum("discount", texts)
