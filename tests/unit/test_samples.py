"""The committed samples are what their truth, their manifest and their generator say."""

import io
import json
import time
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from lib.document import FIELD_KEYS
from scripts.make_samples import SAMPLES, manifest, truth_of, write_samples
from scripts.samples import catalog
from scripts.samples.catalog import Sample, file_of, samples
from scripts.samples.render import POINTS_PER_INCH

_MAGIC = {"jpg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF-"}
_EXIF_ORIENTATION = 0x0112

every_sample = pytest.mark.parametrize("sample", [pytest.param(sample, id=sample.name) for sample in samples()])


def _committed(sample: Sample) -> bytes:
    return (SAMPLES / sample.path).read_bytes()


def _named(name: str) -> Sample:
    return next(sample for sample in samples() if sample.name == name)


def _page_texts(payload: bytes) -> list[str]:
    """The text layer of every page of a PDF."""
    with closing(pypdfium2.PdfDocument(payload)) as document:
        return [page.get_textpage().get_text_bounded() for page in document]


def _looks(payload: bytes) -> Iterator[NDArray[np.int16]]:
    """Every page of a file in gray at low resolution, where another build of a library draws the same."""
    if not payload.startswith(_MAGIC["pdf"]):
        yield _small(ImageOps.exif_transpose(Image.open(io.BytesIO(payload))))
        return
    with closing(pypdfium2.PdfDocument(payload)) as document:
        for page in document:
            yield _small(page.render(scale=100 / POINTS_PER_INCH).to_pil())


def _small(image: Image.Image) -> NDArray[np.int16]:
    return np.asarray(image.convert("L").resize((300, 400)), dtype=np.int16)


def _folded(text: str) -> str:
    """Without white space, which a text layer may place as it likes."""
    return "".join(text.split())


def test_folder_holds_every_sample_with_its_truth_and_nothing_else() -> None:
    """A sample that is renamed leaves no old files behind."""
    expected = {name for sample in samples() for name in (sample.path, f"{sample.name}.json")} | {"manifest.jsonl"}

    assert {path.name for path in SAMPLES.iterdir()} == expected


def test_folder_stays_small() -> None:
    """A clone pays for the samples; so does every build context."""
    assert sum(path.stat().st_size for path in SAMPLES.iterdir()) < 2_500_000


def test_manifest_committed_is_what_the_generator_writes() -> None:
    """The manifest was not edited by hand, nor forgotten."""
    assert (SAMPLES / "manifest.jsonl").read_text(encoding="utf-8") == manifest()


def test_write_samples_into_an_empty_folder_writes_file_truth_and_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sample, written as `make samples` writes all, is file, truth and manifest."""
    sample = _named("receipt-eur-nl")
    monkeypatch.setattr("scripts.make_samples.samples", lambda: (sample,))

    write_samples(tmp_path / "new")

    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "manifest.jsonl",
        f"{sample.name}.json",
        sample.path,
    ]


@every_sample
def test_truth_committed_is_what_the_generator_writes(sample: Sample) -> None:
    """The truth was not edited by hand, nor forgotten."""
    text = (SAMPLES / f"{sample.name}.json").read_text(encoding="utf-8")

    assert text == truth_of(sample)
    assert tuple(json.loads(text)) == FIELD_KEYS


@every_sample
def test_file_committed_has_the_format_of_its_name(sample: Sample) -> None:
    """The content is what suffix and manifest claim."""
    assert _committed(sample).startswith(_MAGIC[sample.format])


@every_sample
def test_file_drawn_again_looks_like_the_committed_one(sample: Sample) -> None:
    """Whoever changes a layout or a description also commits the files drawn from it."""
    drawn, committed = list(_looks(file_of(sample))), list(_looks(_committed(sample)))

    assert [int(np.abs(a - b).max()) < 40 for a, b in zip(drawn, committed, strict=True)] == [True] * len(drawn)


@pytest.mark.parametrize("name", ["receipt-idr", "receipt-eur-nl", "invoice-czk-garbled"])
def test_file_drawn_a_day_later_is_the_same_to_the_byte(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Noise, dates and identifiers come from the description, never from chance or the clock."""
    today, tomorrow = file_of(_named(name)), time.time() + 86_400
    monkeypatch.setattr(time, "time", lambda: tomorrow)

    assert file_of(_named(name)) == today


@every_sample
def test_truth_of_sample_adds_up(sample: Sample) -> None:
    """Where all three amounts are stated, they and the extras between them agree."""
    truth = json.loads((SAMPLES / f"{sample.name}.json").read_text(encoding="utf-8"))
    extras = sum((extra.amount for extra in sample.bill.extras), Decimal(0))

    if truth["subtotal"] is not None:
        assert Decimal(truth["subtotal"]) + Decimal(truth["tax_amount"]) + extras == Decimal(truth["total"])
    else:
        items = sum((sample.bill.amount(item) for item in sample.bill.items), Decimal(0))
        assert items + extras == Decimal(truth["total"])


@every_sample
def test_sheets_print_what_the_truth_states(sample: Sample) -> None:
    """Merchant, date and every stated amount stand on the paper; an unstated subtotal does not."""
    words, truth = sample.wording, sample.bill.truth
    printed = " ".join(text.text for sheet in sample.sheets() for text in sheet.texts)
    amounts = {key: Decimal(value) for key in ("subtotal", "tax_amount", "total") if (value := truth[key])}
    taxes = [line.tax for line in sample.bill.taxes if line.tax]
    stated = [amounts[key] for key in amounts if key != "tax_amount" or len(taxes) == 1]

    assert sample.bill.seller.name in printed
    assert words.date(sample.bill.issued) in printed
    assert [value for value in (*stated, *taxes) if words.number(value) not in printed] == []
    if truth["subtotal"] is None and truth["tax_amount"] is not None:
        assert words.number(sample.bill.subtotal) not in printed


@pytest.mark.parametrize(
    "sample", [pytest.param(s, id=s.name) for s in samples() if s.format == "pdf" and not s.scanned and not s.garbled]
)
def test_pdf_with_text_layer_holds_every_word_in_unicode(sample: Sample) -> None:
    """The text layer says what is drawn, Cyrillic included."""
    layers = _page_texts(_committed(sample))

    for sheet, layer in zip(sample.sheets(), layers, strict=True):
        assert [text.text for text in sheet.texts if _folded(text.text) not in _folded(layer)] == []


def test_pdf_of_scan_has_no_text_layer() -> None:
    """An image-only PDF can be read by OCR alone."""
    assert _page_texts(_committed(_named("invoice-chf-scan"))) == [""]


def test_pdf_of_mixed_pages_has_text_on_the_first_only() -> None:
    """The totals stand on the page that is a scan."""
    first, second = _page_texts(_committed(_named("invoice-eur-fr-mixed")))

    assert "Imprimerie des Trois Ponts" in first
    assert second == ""


def test_pdf_with_garbled_text_layer_says_nothing_that_can_be_read() -> None:
    """Nothing but line ends is left outside the private use area."""
    (layer,) = _page_texts(_committed(_named("invoice-czk-garbled")))

    assert len(layer) > 300
    assert [letter for letter in layer if not "\ue000" <= letter <= "\uf8ff" and not letter.isspace()] == []


def test_pdf_of_two_pages_has_merchant_first_and_total_last() -> None:
    """Items run over both pages."""
    first, second = _page_texts(_committed(_named("invoice-usd-two-pages")))

    assert "Harborline" in first
    assert "TOTAL DUE" not in first
    assert "TOTAL DUE" in second
    assert "Toner cartridge" in second


def test_photo_with_exif_lies_on_its_side_until_the_tag_is_applied() -> None:
    """The pixels are landscape, the receipt portrait, and orientation 6 leads from one to the other."""
    image = Image.open(SAMPLES / "receipt-photo-exif.jpg")

    upright = ImageOps.exif_transpose(image)

    assert image.getexif()[_EXIF_ORIENTATION] == 6
    assert image.width > image.height
    assert upright.height > upright.width


def test_samples_cover_what_readers_meet() -> None:
    """Formats, kinds, scripts and currencies that the service claims to read."""
    all_samples = samples()

    assert len({sample.bill.currency for sample in all_samples}) >= 5
    assert {sample.bill.kind for sample in all_samples} == {"receipt", "invoice"}
    assert {sample.format for sample in all_samples} == set(_MAGIC)
    assert {sample.layout for sample in all_samples} == set(catalog.LAYOUTS)
    assert {"ru", "uk"} <= {sample.wording.language for sample in all_samples}
