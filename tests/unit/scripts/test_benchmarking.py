"""What the benchmark makes of what it measures."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from lib.document import Span
from lib.evaluation.prediction import Prediction
from lib.extraction import Extraction
from lib.settings import load_settings
from scripts.benchmarking.documents import Sample
from scripts.benchmarking.environments import lacking_packages
from scripts.benchmarking.fields import FieldsRight, score_fields
from scripts.benchmarking.figures import percentile, ratios, spread
from scripts.benchmarking.inside import BARE, FLOOR
from scripts.benchmarking.peer_spans import paddlex_spans, rapidocr_spans, tesseract_spans
from scripts.benchmarking.plots import draw
from scripts.benchmarking.report import as_markdown
from scripts.benchmarking.results import PagesCost, Results, TextLayers
from scripts.benchmarking.rounds import Measured, Reading, run_rounds
from scripts.benchmarking.served import Load, Served
from scripts.benchmarking.service_runs import text_layer_rounds
from scripts.benchmarking.services import BASE, ONNXRUNTIME, OPENVINO, reason_in, unavailable
from scripts.benchmarking.targets import targets, untold
from scripts.local_service import API, local_server
from tests.conftest import ROOT
from tests.unit.evaluation.examples import answer, label

SQUARE = [[0, 0], [10, 0], [10, 5], [0, 5]]
FEW = FieldsRight(2, 2)


class Clock:
    """Goes on when somebody reads."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Now."""
        return self.now


class Reader:
    """Takes a fixed time for a page."""

    how = "reads"

    def __init__(self, name: str, seconds: float, clock: Clock, log: list[str]) -> None:
        self.name = name
        self._seconds, self._clock, self._log = seconds, clock, log

    def read_all(self, samples: Sequence[Sample]) -> Sequence[Reading]:
        """Take the time; tells nothing where its name says so."""
        self._clock.now += self._seconds * len(samples)
        self._log.append(self.name)
        return [None if self.name == "silent" else () for _ in samples]

    def latencies_s(self, samples: Sequence[Sample]) -> Sequence[float]:
        """The same for each."""
        return [self._seconds] * len(samples)

    def cpu_s(self) -> float:
        """All of the time that passed."""
        return self._clock.now


def measured(seconds: Sequence[float], *, cpu_s: float = 1.0, alone_s: float = 0.5) -> Measured:
    """Two rounds of two pages."""
    return Measured("reads", 2, list(seconds), [cpu_s, cpu_s], [alone_s, alone_s])


def results(
    *, default: str = ONNXRUNTIME, fields: dict[str, FieldsRight] | None = None, **further: Measured
) -> Results:
    """A run in which the service reads two pages a second, and OpenVINO or another revision where they are given."""
    load = Load(clients=1, documents=2, seconds=1.0, latencies_s=(0.4, 0.6))
    names = {"openvino": OPENVINO, "base": BASE}
    return Results(
        machine="A machine.",
        pages="2 pages a round.",
        concurrency=2,
        default=default,
        measured={
            FLOOR: measured([0.9, 0.9]),
            BARE: measured([1.0, 1.5]),
            ONNXRUNTIME: measured([1.0, 1.5]),
            **{names[name]: one for name, one in further.items()},
        },
        fields=fields or {ONNXRUNTIME: FieldsRight(1, 2)},
        missing={"Tesseract": "not installed here"},
        loads={1: [load], 4: [load]},
        cores={1: [1.0], 2: [1.9]},
        stages_ms={"ocr": 400.0, "total": 450.0},
        text_layers=TextLayers([20.0, 30.0], [800.0, 600.0], [20.0, 20.0], [25.0, 25.0], [25.0, 25.0]),
        costs=[PagesCost(1, (0.5, 0.5), (0.5, 0.5)), PagesCost(20, (0.51, 0.52), (0.3, 0.3))],
        seconds=60.0,
    )


def test_ratios_are_taken_within_a_round() -> None:
    """A round in which the machine was busy slows both, and tells as much as any other."""
    found = ratios([1.0, 0.1, 2.0], [2.0, 0.2, 2.0])

    assert (found.median, found.low, found.high) == (0.5, 0.5, 1.0)


def test_ratios_of_unlike_rounds_are_refused() -> None:
    """They would compare one minute with another one."""
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        pytest.param(0.5, 2.0, id="middle"),
        pytest.param(0.95, 4.0, id="nearly all"),
        pytest.param(0.0, 1.0, id="none"),
        pytest.param(1.0, 4.0, id="all"),
    ],
)
def test_percentile_is_a_value_that_was_measured(share: float, expected: float) -> None:
    """Nearest rank."""
    assert percentile([3.0, 1.0, 4.0, 2.0], share) == expected


def test_spread_in_words_has_median_and_extremes() -> None:
    """As tables have it."""
    assert spread([1.0, 3.0, 2.0]).written(1) == "2.0 (1.0 to 3.0)"


def test_rounds_let_everybody_read_in_turns() -> None:
    """Nobody always comes first, and the first reading of all is not measured."""
    clock, log = Clock(), list[str]()
    contenders = [Reader("slow", 2.0, clock, log), Reader("fast", 1.0, clock, log)]
    samples = [Sample("a", b"", "image/png"), Sample("b", b"", "image/png")]

    measured = run_rounds(contenders, samples, rounds=2, alone=1, clock=clock)

    assert log == ["slow", "fast", "slow", "fast", "fast", "slow"]
    assert measured["slow"].pages_per_s == [0.5, 0.5]
    assert measured["fast"].cpu_s_per_page == [1.0, 1.0]
    assert measured["slow"].alone_s == [2.0, 2.0]


def test_further_pages_are_read_once_by_those_who_tell_what_they_read() -> None:
    """They are scored and not timed."""
    clock, log = Clock(), list[str]()
    contenders = [Reader("silent", 1.0, clock, log), Reader("telling", 1.0, clock, log)]
    pages = [Sample(name, b"", "image/png") for name in "abc"]

    measured = run_rounds(contenders, pages[:1], rounds=1, alone=1, further=pages[1:], clock=clock)

    assert log == ["silent", "telling", "telling", "silent", "telling"]
    assert measured["telling"].readings == [(), (), ()]
    assert measured["silent"].readings == [None]
    assert measured["telling"].pages_per_s == [1.0]


def test_fields_are_scored_by_the_rules_of_the_evaluation() -> None:
    """A field counts where it has a label; what was not read is no wrong answer."""
    labelled = label("a", merchant="Acme Ltd", total="12.50")
    samples = [Sample("0", b"", "image/png", labelled), Sample("1", b"", "image/png", labelled)]
    right = answer("a", merchant="ACME", total=12.5, date="2024-01-01")
    wrong = answer("a", merchant="Acme", total=12.6)

    def nobody(_: object) -> Extraction:
        raise AssertionError("whoever answers fields is not asked again")

    assert score_fields(samples, [right, wrong], nobody) == FieldsRight(3, 4)
    assert score_fields(samples, [right, None], nobody) == FieldsRight(2, 2)
    assert score_fields(samples, [None, None], nobody) is None


def test_targets_say_what_was_kept_and_what_was_not() -> None:
    """By the median of the rounds."""
    kept = {target.what: target.kept for target in targets(results())}

    assert kept == {
        f"pages/s: {ONNXRUNTIME} over {BARE}": True,
        f"pages/s: {ONNXRUNTIME} over {FLOOR}": False,  # 0.9 and 0.6: a median of 0.75.
        "latency of a PDF with a text layer over its scan, p50": False,
        "CPU a page, 20 pages over one": True,
    }


def test_revision_before_is_what_speed_is_held_against() -> None:
    """CPU and latency are those of one run, round by round."""
    run = results(default=OPENVINO, openvino=measured([1, 1], cpu_s=0.6), base=measured([1, 1], alone_s=0.9))

    kept = {target.what: target.kept for target in targets(run)}

    assert kept[f"CPU a page: {ONNXRUNTIME} over {BASE}"] is False
    assert kept[f"CPU a page: {OPENVINO} over {BASE}"] is False
    assert kept[f"p50 of one client: {OPENVINO} over {BASE}"] is True
    assert kept[f"p50 of PDFs with a text layer, one client, over {BASE}"] is True
    assert kept[f"p50 of e-invoices answered by their XML, one client, over {BASE}"] is False


@pytest.mark.parametrize(
    ("right", "kept"), [pytest.param(199, True, id="one lost"), pytest.param(198, False, id="two lost")]
)
def test_recall_may_lose_what_the_mark_allows(right: int, kept: bool) -> None:
    """One field of 200 is half a percent."""
    fields = {ONNXRUNTIME: FieldsRight(200, 200), OPENVINO: FieldsRight(right, 200)}
    run = results(default=OPENVINO, fields=fields, openvino=measured([1, 1]))

    (found,) = [target.kept for target in targets(run) if target.what.startswith("micro recall")]

    assert found is kept


def test_what_a_run_cannot_tell_is_left_out_and_said() -> None:
    """Few fields, no bfloat16, no revision before: each is a reason."""
    openvino = results(default=OPENVINO, openvino=measured([1, 1]), fields=dict.fromkeys((ONNXRUNTIME, OPENVINO), FEW))

    by_what = {one.what: one.why for one in untold(openvino)}
    text = as_markdown(results())

    assert by_what[f"micro recall: {OPENVINO} less {ONNXRUNTIME}"] == "needs 200 labelled fields; these pages have 2"
    assert by_what[f"CPU a page: {ONNXRUNTIME} over {BASE}"] == f"not in this run: {BASE}"
    assert "Not told (promised for processors that are fast in bfloat16" in text
    assert "| CPU a page: OCRlty" not in text


def test_report_names_who_was_left_out_and_why() -> None:
    """A peer that is not there is a sentence, never a figure."""
    text = as_markdown(results())

    assert "Not measured: Tesseract: not installed here." in text
    assert f"| {ONNXRUNTIME} | 1.67 (1.33 to 2.00) | 1.00 (1.00 to 1.00) |" in text
    assert "| 1 of 2 |" in text


def test_service_that_did_not_start_says_why() -> None:
    """The first error of its log, without the time."""
    log = "INFO: Started\n2026-01-01 ERROR   - OCR_SPEED: install x.\n2026-01-01 ERROR   - Application startup failed."

    assert reason_in(log) == "OCR_SPEED: install x."
    assert reason_in("Killed") == "its service did not start"


def test_engine_that_is_known_is_tried() -> None:
    """Only what cannot be had is left out beforehand."""
    assert unavailable({"OCR_ENGINE": "onnxruntime"}) is None


def test_packages_of_another_revision_are_those_that_are_not_here() -> None:
    """With its own versions; what is here stays as it is, so that the code makes the difference."""
    pinned = (
        "pytest==1.0\nocrlty-never-published[x]==2.3 ; python_version < '4' \\\n    --hash=sha256:ab\n# httpx==1.0\n"
    )

    assert lacking_packages(pinned) == ["ocrlty-never-published[x]==2.3"]


SERVICE = """
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    source = b"xml" if b"einvoice.pdf" in body else b"text_layer"
    answer = b'{"data": {"total": 1.5}, "meta": {"source": "' + source + b'"}}'
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": answer})
"""


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Served]:
    """A service of another checkout that is too old to know our protocol class."""
    app = tmp_path / "apps" / "api_gpu" / "main.py"
    app.parent.mkdir(parents=True)
    app.write_text(SERVICE, encoding="utf-8")
    with local_server(API, folder=tmp_path) as server:
        yield Served("another", "answers", server.url, server.process.pid, clients=2)


def test_service_of_another_checkout_runs_from_there(another: Served) -> None:
    """Its own code answers."""
    (reading,) = another.read_all([Sample("a.png", b"", "image/png")])

    assert isinstance(reading, Prediction)
    assert reading.of("total").value == 1.5


def test_einvoices_are_measured_apart_from_other_pdfs(another: Served) -> None:
    """As the service says that it answered them; only the others are read as scans, too."""
    content = (ROOT / "tests" / "samples" / "invoice-eur-de.pdf").read_bytes()
    pdfs = [Sample(name, content, "application/pdf") for name in ("einvoice.pdf", "invoice.pdf")]

    found = text_layer_rounds(another, another, pdfs, settings=load_settings({}).upload, rounds=2, say=print)

    looks = (found.layer_ms, found.scan_ms, found.xml_ms, found.base_layer_ms, found.base_xml_ms)
    assert [len(each) for each in looks] == [2, 2, 2, 2, 2]


def test_pictures_of_a_run_are_three(tmp_path: Path) -> None:
    """Those that the page shows."""
    draw(results(), tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["cores.png", "load.png", "stages.png"]


@pytest.mark.parametrize(
    "spans",
    [
        pytest.param(rapidocr_spans({"0": {"rec_txt": "Total", "score": 0.9, "dt_boxes": SQUARE}}), id="RapidOCR"),
        pytest.param(
            paddlex_spans(
                {
                    "result": {
                        "ocrResults": [
                            {"prunedResult": {"rec_texts": ["Total"], "rec_scores": [0.9], "rec_polys": [SQUARE]}}
                        ]
                    }
                }
            ),
            id="PaddleX",
        ),
        pytest.param(
            tesseract_spans(
                "block_num\tpar_num\tline_num\tleft\ttop\twidth\theight\tconf\ttext\n"
                "1\t1\t1\t0\t0\t10\t5\t-1\t\n1\t1\t1\t0\t0\t10\t5\t90\tTotal\n"
            ),
            id="Tesseract",
        ),
    ],
)
def test_answers_of_peers_become_spans(spans: tuple[Span, ...]) -> None:
    """The same line, whoever found it."""
    (span,) = spans

    assert (span.text, span.confidence, span.bbox.as_list()) == ("Total", 0.9, [0, 0, 10, 5])
