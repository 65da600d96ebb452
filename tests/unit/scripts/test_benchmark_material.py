"""Which files the benchmark and the soak run read."""

import io
import json
import os
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from PIL import Image

from lib.settings import load_settings
from scripts.benchmarking.documents import Material, NothingToRead, Sample, load_material
from scripts.benchmarking.served import Load, Served
from scripts.soak import Soaked, as_markdown, mixed, reshaped, soak
from tests.conftest import ROOT

UPLOAD = load_settings({}).upload


def picture(width: int = 40, height: int = 60, *, mode: str = "RGB") -> bytes:
    """A white PNG."""
    out = io.BytesIO()
    Image.new(mode, (width, height), 1).save(out, "PNG")
    return out.getvalue()


def write_folder(folder: Path, sources: Mapping[str, int]) -> Path:
    """Labelled pictures, so many of each source."""
    rows = [
        {"id": f"{source}-{number}", "source": source, "path": f"{source}-{number}.png", "truth": {"total": "1.00"}}
        for source, count in sources.items()
        for number in range(count)
    ]
    for row in rows:
        (folder / str(row["path"])).write_bytes(picture())
    (folder / "manifest.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return folder


def test_sample_takes_a_page_of_each_source_in_turn(tmp_path: Path) -> None:
    """A large collection does not crowd a small one out."""
    folder = write_folder(tmp_path, {"large": 20, "small": 1, "other": 3})

    sources = [image.source for image in load_material([folder], settings=UPLOAD, images=5).images]

    assert set(sources[:3]) == {"large", "small", "other"}
    assert sorted(sources[3:]) == ["large", "other"]


def test_sample_is_that_of_its_seed(tmp_path: Path) -> None:
    """A smaller sample is the beginning of a larger one; another seed has other pages."""
    folder = write_folder(tmp_path, {"large": 20, "other": 20})

    def ids(images: int, seed: int) -> list[str]:
        material = load_material([folder], settings=UPLOAD, images=images, seed=seed)
        return [image.label.id for image in material.images if image.label]

    assert ids(10, seed=0)[:4] == ids(4, seed=0)
    assert ids(10, seed=0) != ids(10, seed=1)


def test_folder_without_labels_is_read_as_it_is(tmp_path: Path) -> None:
    """Speed can be measured without; what is no picture is left out, and one with a palette gets plain colors."""
    (tmp_path / "palette.png").write_bytes(picture(mode="P"))
    (tmp_path / "broken.png").write_bytes(b"no picture")

    (image,) = load_material([tmp_path], settings=UPLOAD).images

    assert (image.label, image.source) == (None, tmp_path.name)
    assert Image.open(io.BytesIO(image.content)).mode == "RGB"


def test_documents_without_label_or_that_should_be_refused_are_no_samples(tmp_path: Path) -> None:
    """They would slow everybody down and tell nothing."""
    truths: list[dict[str, object]] = [{}, {"_status": 415, "total": "1.00"}, {"total": "1.00"}]
    rows = [{"id": str(number), "path": f"{number}.png", "truth": truth} for number, truth in enumerate(truths)]
    for row in rows:
        (tmp_path / str(row["path"])).write_bytes(picture())
    (tmp_path / "manifest.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")

    names = [image.name for image in load_material([tmp_path], settings=UPLOAD).images]

    assert names == ["0-2.png"]


def test_scanned_pdf_counts_with_its_page_and_one_with_text_apart() -> None:
    """The peers read no PDFs."""
    material = load_material([ROOT / "tests" / "samples"], settings=UPLOAD)

    pages = {image.label.id: image.media_type for image in material.images if image.label}
    layers = {pdf.label.id: pdf.media_type for pdf in material.text_layers if pdf.label}

    assert pages["invoice-chf-scan"] == "image/png"
    assert set(layers.values()) == {"application/pdf"}
    assert not pages.keys() & layers.keys()


def test_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    """There is nothing to measure."""
    with pytest.raises(NothingToRead, match="no JPG"):
        load_material([tmp_path], settings=UPLOAD)


def test_soak_sends_pictures_again_in_other_shapes() -> None:
    """As they are at first; every second document has a text layer."""
    image, layer = Sample("a.png", picture(400, 600), "image/png"), Sample("b.pdf", b"%PDF", "application/pdf")

    sent = list(mixed(Material((image,), (layer,)), 8))
    sizes = {Image.open(io.BytesIO(one.content)).size for one in sent[::2]}

    assert [one.media_type for one in sent[1::2]] == ["application/pdf"] * 4
    assert sent[0] is image
    assert len(sizes) == 4


def test_picture_keeps_three_quarters_of_its_sides() -> None:
    """It stays one that can be read."""
    image = Sample("a.png", picture(400, 600), "image/png")

    width, height = Image.open(io.BytesIO(reshaped(image, random.Random(0)).content)).size  # noqa: S311

    assert 300 <= width <= 400
    assert 450 <= height <= 600


def test_growth_of_a_soak_is_that_at_rest() -> None:
    """Under load memory goes up and down by more than what may stay."""
    soaked = Soaked([500, 1000, 1500], [900.0, 500.0, 700.0], at_rest_mb={500: 400.0, 1000: 390.0, 1500: 440.0})

    assert soaked.growth == pytest.approx(0.1)


def test_soak_of_few_documents_tells_no_growth_and_keeps_nothing() -> None:
    """It rests once at most."""
    soaked = Soaked([25, 50], [300.0, 500.0])

    assert (soaked.end_mb, soaked.growth) == (400.0, None)
    assert not soaked.keeps(1024)


def test_soak_keeps_its_targets_with_both_or_not_at_all() -> None:
    """The memory at the end, and its growth."""
    flat = Soaked([1000, 2000], [1000.0, 1000.0], at_rest_mb={1000: 400.0, 2000: 400.0})
    grown = Soaked([1000, 2000], [500.0, 1000.0], at_rest_mb={1000: 400.0, 2000: 420.0})

    assert flat.keeps(1024)
    assert not flat.keeps(999)
    assert not grown.keeps(1024)
    assert "| openvino | 1000 | at most 1331 | 0 | 400, 400 | +0.0% | under 3% | yes |" in as_markdown(
        {"openvino": flat}, concurrency=2
    )


class Silent(Served):
    """A service that is sent nothing; its process is this one."""

    def load(self, samples: Sequence[Sample], *, clients: int, requests: int | None = None) -> Load:  # noqa: ARG002 - as `Served` has it
        """As if all were answered."""
        return Load(clients, len(samples), 1.0, ())


def test_service_that_is_soaked_is_looked_at_when_it_rests() -> None:
    """After every 500 documents, and after every 25 as it is then."""
    page = Sample("a.png", b"", "image/png")

    soaked = soak(Silent("stand", "answers", "", os.getpid(), clients=1), [page] * 1010, clients=1, rest_s=0)

    assert soaked.documents == [*range(25, 1001, 25), 1010]
    assert [*soaked.at_rest_mb] == [500, 1000]
    assert min(soaked.at_rest_mb.values()) > 10
