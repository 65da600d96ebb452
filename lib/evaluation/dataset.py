"""Labelled documents from a folder.

In: a folder with a manifest.jsonl, or one laid out as SROIE is. Out: `LabelledDocument`s in a stable order.

manifest.jsonl has one JSON object a line: `id`, `path` (relative to the folder, null where there is no file), `ocr`
(word boxes of the document, see boxes.py, or null), `mime`, `source`, `stratum`, `license`, `truth` (field -> value).
A value of null says that the document does not state the field; in a list of values each is right; `_status` is the
HTTP status that the service should answer with, where that is not 200.
"""

import json
import mimetypes
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal, TypeAlias

from lib.document import FIELD_KEYS, FieldKey

MANIFEST = "manifest.jsonl"
SROIE_LABELS = ("key", "entities")
SROIE_SOURCE = "sroie"
SROIE_STRATUM = "receipt-scan-en"
SROIE_LICENSE = "as published with SROIE (ICDAR 2019)"
SROIE_KEYS: Mapping[str, FieldKey] = {"company": "merchant", "date": "date", "total": "total"}
"""SROIE's labels and ours; its `address` is none of our fields. Source: ICDAR 2019 SROIE, task 3."""
SROIE_DATES = (
    *(f"%d{mark}{month}{mark}{year}" for year in ("%Y", "%y") for mark in "/-. " for month in ("%m", "%b", "%B")),
    *("%d%m%Y", "%d%b%Y", "%d%b%y", "%b %d %Y", "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"),
)
"""How SROIE writes dates: as on the receipt, and those are Malaysian, so the day comes first."""


Kept: TypeAlias = Literal["file", "boxes"]

OK = 200


class LabelledFolderError(Exception):
    """A folder cannot be evaluated; the message says what is missing or wrong, and where."""


@dataclass(frozen=True, slots=True)
class LabelledDocument:
    """One document and what it truly says.

    Attributes:
        id: Unique in its folder.
        source: The collection it comes from.
        stratum: The kind of document; figures are given for each.
        license: Of the collection.
        truth: The labelled fields that it states: ISO date, ISO 4217 currency, amounts with a decimal point, the
            merchant's name.
        path: The file, where there is one.
        boxes: Its words with boxes, where they come with it (see boxes.py).
        media_type: Of the file.
        others: Further values that are as right, where a label has several.
        absent: The labelled fields for which no answer is right, because it does not state them; beside a `truth`,
            either is right.
        status: The HTTP status that the service should answer with.
    """

    id: str
    source: str
    stratum: str
    license: str
    truth: Mapping[FieldKey, str]
    path: Path | None = None
    boxes: Path | None = None
    media_type: str = "application/octet-stream"
    others: Mapping[FieldKey, tuple[str, ...]] = field(default_factory=dict)
    absent: frozenset[FieldKey] = frozenset()
    status: int = OK

    @property
    def labelled(self) -> tuple[FieldKey, ...]:
        """The fields that have a label, in their usual order."""
        return tuple(key for key in FIELD_KEYS if key in self.truth or key in self.absent)

    def values(self, key: FieldKey) -> tuple[str, ...]:
        """Every value that is right for a field; none where it has no label or the document does not state it."""
        return (self.truth[key], *self.others.get(key, ())) if key in self.truth else ()


def load_folder(folder: Path) -> tuple[LabelledDocument, ...]:
    """Every labelled document of a folder: in the manifest's order, or by name for SROIE's layout.

    Raises:
        LabelledFolderError: It has neither layout, a row cannot be read, or two rows have one id.
    """
    if (folder / MANIFEST).is_file():
        documents = tuple(_manifest_rows(folder))
    elif (labels := _sroie_labels(folder)) is not None:
        documents = tuple(_sroie_rows(folder, labels))
    else:
        raise LabelledFolderError(f"{folder} has neither {MANIFEST} nor SROIE's folders img/ and key/ or entities/.")
    if not documents:
        raise LabelledFolderError(f"{folder} has no labelled document.")
    if len({document.id for document in documents}) < len(documents):
        raise LabelledFolderError(f"{folder} has two documents with one id; ids must be unique.")
    return documents


def select(
    documents: Sequence[LabelledDocument],
    *,
    sources: Sequence[str] = (),
    only: Kept | None = None,
    limit: int | None = None,
) -> tuple[LabelledDocument, ...]:
    """Some of the documents, in their order.

    Args:
        documents: All of them.
        sources: Keep these collections only; empty: all.
        only: Keep those with a `file`, or those that have word `boxes` and no file; None: both.
        limit: Keep the first so many.
    """
    kept = [
        document
        for document in documents
        if (not sources or document.source in sources)
        and (only is None or only == ("boxes" if document.path is None else "file"))
    ]
    return tuple(kept[:limit])


def _manifest_rows(folder: Path) -> Iterator[LabelledDocument]:
    lines = (folder / MANIFEST).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield _from_row(json.loads(line), folder)
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise LabelledFolderError(
                f"{folder / MANIFEST}, line {number}: not a labelled document ({exc!r})."
            ) from exc


def _from_row(row: dict[str, Any], folder: Path) -> LabelledDocument:
    values = {key: _values(row["truth"][key]) for key in FIELD_KEYS if key in row["truth"]}
    stated = {key: tuple(str(value) for value in known if value is not None) for key, known in values.items()}
    path, boxes = row.get("path"), row.get("ocr")
    return LabelledDocument(
        id=str(row["id"]),
        source=str(row.get("source", folder.name)),
        stratum=str(row.get("stratum", "all")),
        license=str(row.get("license", "not stated")),
        truth={key: known[0] for key, known in stated.items() if known},
        others={key: known[1:] for key, known in stated.items() if known[1:]},
        absent=frozenset(key for key, known in values.items() if None in known),
        status=int(row["truth"].get("_status", OK)),
        path=folder / path if path else None,
        boxes=folder / boxes if boxes else None,
        media_type=row.get("mime") or _media_type(path or ""),
    )


def _values(label: object) -> list[object]:
    return label if isinstance(label, list) else [label]


def _media_type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _sroie_labels(folder: Path) -> Path | None:
    """The folder of SROIE's labels; None where the layout is another."""
    if not (folder / "img").is_dir():
        return None
    return next((folder / name for name in SROIE_LABELS if (folder / name).is_dir()), None)


def _sroie_rows(folder: Path, labels: Path) -> Iterator[LabelledDocument]:
    """One document for each image that has labels."""
    for image in sorted((folder / "img").iterdir()):
        label = next((p for p in (labels / f"{image.stem}.json", labels / f"{image.stem}.txt") if p.is_file()), None)
        if label is None:
            continue
        boxes = (folder / "box" / f"{image.stem}{suffix}" for suffix in (".csv", ".txt"))
        yield LabelledDocument(
            id=f"{SROIE_SOURCE}-{image.stem}",
            source=SROIE_SOURCE,
            stratum=SROIE_STRATUM,
            license=SROIE_LICENSE,
            truth=_sroie_truth(label),
            path=image,
            boxes=next((path for path in boxes if path.is_file()), None),
            media_type=_media_type(image.name),
        )


def _sroie_truth(label: Path) -> dict[FieldKey, str]:
    """SROIE's labels as ours; one that states no date or no amount is left out."""
    try:
        stated = json.loads(label.read_text(encoding="utf-8", errors="replace"))
        texts = {ours: str(stated.get(theirs) or "").strip() for theirs, ours in SROIE_KEYS.items()}
    except (ValueError, AttributeError) as exc:
        raise LabelledFolderError(f"{label}: not an object of SROIE's labels ({exc!r}).") from exc
    readings = {"merchant": texts["merchant"], "date": _iso_date(texts["date"]), "total": _amount(texts["total"])}
    return {key: reading for key in FIELD_KEYS if (reading := readings.get(key))}


def _iso_date(text: str) -> str | None:
    for layout in SROIE_DATES:
        with suppress(ValueError):
            return datetime.strptime(text.replace(",", ""), layout).date().isoformat()
    return None


def _amount(text: str) -> str | None:
    digits = re.sub(r"[^\d.\-]", "", text)
    try:
        return str(Decimal(digits).quantize(Decimal("0.01")))
    except InvalidOperation:
        return None
