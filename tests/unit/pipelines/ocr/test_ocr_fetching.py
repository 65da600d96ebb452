"""lib/pipelines/ocr/fetching.py: official models come wholly or not at all, from whichever hub has them."""

import functools
import http.server
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from paddlex.inference.utils.official_models import _BosModelHoster

from lib.errors import StartupError
from lib.pipelines.ocr import load_engines
from lib.pipelines.ocr.fetching import NotFetched, fetch, models_for
from lib.pipelines.ocr.official import ORIENTATION
from lib.pipelines.ocr.weights import find_weights
from lib.settings import load_settings

pytestmark = pytest.mark.xdist_group("ocr")

NAME = "eslav_PP-OCRv5_mobile_rec_onnx"


class Hub:
    """Writes a model as a download would."""

    alias = "good"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def supports_model(self, model_name: str, /) -> bool:
        """Any."""
        return bool(model_name)

    def get_model(self, model_name: str, /) -> None:
        """Description first, then weights."""
        folder = self.folder / model_name
        folder.mkdir()
        (folder / "inference.yml").write_text(f"Global: {{model_name: {model_name}}}")
        self.write_weights(folder / "inference.onnx")

    def write_weights(self, file: Path) -> None:
        """All of them."""
        file.write_bytes(b"weights")


class BreakingHub(Hub):
    """The line breaks halfway."""

    alias = "breaking"

    def write_weights(self, file: Path) -> None:
        """Some of them."""
        file.write_bytes(b"wei")
        raise ConnectionError("the line broke")


class EmptyHub(Hub):
    """Says that all went well, and brings nothing."""

    alias = "empty"

    def write_weights(self, file: Path) -> None:
        """None of them."""
        file.write_bytes(b"")


class OtherHub(Hub):
    """Has other models."""

    alias = "other"

    def supports_model(self, model_name: str, /) -> bool:
        """None."""
        return not model_name


def no_hubs() -> list[Callable[[Path], Hub]]:
    """Nobody is asked."""
    raise AssertionError("a hub was asked")


def test_fetch_puts_a_whole_model_where_it_belongs(tmp_path: Path) -> None:
    """Nothing else is left behind, and a second run asks nobody."""
    folder = tmp_path / "official_models" / NAME

    new = fetch([folder], hubs=lambda: [Hub])

    assert new == (folder,)
    assert (folder / "inference.onnx").read_bytes() == b"weights"
    assert list(folder.parent.iterdir()) == [folder]
    assert fetch([folder], hubs=no_hubs) == ()


@pytest.mark.parametrize("first", [BreakingHub, EmptyHub, OtherHub])
def test_fetch_from_a_hub_that_fails_goes_on_with_the_next(tmp_path: Path, first: type[Hub]) -> None:
    """What the first one began is gone."""
    folder = tmp_path / NAME

    fetch([folder], hubs=lambda: [first, Hub])

    assert (folder / "inference.onnx").read_bytes() == b"weights"
    assert list(tmp_path.iterdir()) == [folder]


def test_fetch_that_no_hub_can_do_leaves_nothing_and_keeps_what_came_before(tmp_path: Path) -> None:
    """One sentence names the model and each hub's trouble; the next run goes on from there."""
    first, second = tmp_path / "a_onnx", tmp_path / "b_onnx"

    class OnlyTheFirst(Hub):
        def supports_model(self, model_name: str, /) -> bool:
            return model_name == first.name

    with pytest.raises(NotFetched) as failed:
        fetch([first, second], hubs=lambda: [OnlyTheFirst, BreakingHub, EmptyHub])

    assert str(failed.value) == (
        "b_onnx could not be fetched: good does not have it; breaking failed (ConnectionError); half a model. Try again"
        " later."
    )
    assert list(tmp_path.iterdir()) == [first]
    assert fetch([first, second], hubs=lambda: [Hub]) == (second,)


def test_fetch_without_a_hub_in_reach_says_what_to_do(tmp_path: Path) -> None:
    """Nothing is written, not even the folder."""
    folder = tmp_path / "official_models" / NAME

    with pytest.raises(NotFetched, match=rf"No model hub answers, so {NAME} cannot be fetched: .*official_models\.$"):
        fetch([folder], hubs=list)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("langs", "orientation", "expected"),
    [
        pytest.param(["en", "de"], False, [], id="bundled"),
        pytest.param(["ru", "uk", "en"], False, [NAME], id="two languages of one model"),
        pytest.param(["th"], True, [f"{ORIENTATION}_onnx", "th_PP-OCRv5_mobile_rec_onnx"], id="orientation"),
    ],
)
def test_models_for_languages_are_those_that_no_package_brings(
    langs: list[str], orientation: bool, expected: list[str]
) -> None:
    """Each once, in the folder where PaddleOCR would look."""
    folders = models_for(langs, settings=load_settings({}).ocr, orientation=orientation)

    assert [folder.name for folder in folders] == expected
    assert all(folder.parent.name == "official_models" for folder in folders)


def test_models_for_unknown_language_lists_the_known() -> None:
    """As the service does at its start."""
    with pytest.raises(StartupError, match=r"=xx is no language .*\bru\b"):
        models_for(["xx"], settings=load_settings({}).ocr)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and where an HTTP server shows it."""
    folder = tmp_path / "web" / "paddle3.0.0"
    folder.mkdir(parents=True)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.slow
def test_fetch_by_paddlexs_own_download_brings_a_model_that_reads(tmp_path: Path, web: tuple[Path, str]) -> None:
    """From an archive on a web server to an engine, with the code that talks to the real hub."""
    folder, url = web
    made = find_weights(load_settings({}).ocr, tmp_path / "made").recognition.folder
    assert made is not None
    with tarfile.open(folder / f"{NAME}_infer.tar", "w", dereference=True) as archive:
        archive.add(made, f"{NAME}_infer")

    class Local(_BosModelHoster):  # type: ignore[misc]
        base_url = url

    target = tmp_path / "models" / "ru" / "rec"
    cached = tmp_path / "cache" / NAME
    assert fetch([cached], hubs=lambda: [Local]) == (cached,)

    target.parent.mkdir(parents=True)
    find_weights(load_settings({}).ocr, tmp_path / "again")
    (tmp_path / "again" / "det").rename(target.parent / "det")
    cached.rename(target)
    assert load_engines(load_settings({"OCR_MODEL_DIR": str(target.parent)}).ocr)
