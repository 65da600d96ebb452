"""A crowd before the TILT server: 64 documents with a text layer at once, while it takes 200 ms for each.

In: the samples. Out: the section `tilt-crowd` of docs/performance.md, by `python -m scripts.benchmarking.crowd`. The
server is the mock with canned answers, so that all that is measured is ours.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from lib.evaluation.tables import markdown_table, update_section
from lib.settings import load_settings
from scripts.benchmarking.documents import Sample, load_material
from scripts.benchmarking.figures import spread
from scripts.benchmarking.served import Served, our_service
from scripts.local_service import MOCK_TILT, local_server

PAGE = Path("docs/performance.md")
SAMPLES = Path("tests/samples")
DOCUMENTS = 64
DELAY_S = 0.2
IN_FLIGHT = 10
ROUNDS = 5
ALONE = 12
"""Documents one after the other, for what one costs."""


def crowd_table() -> str:
    """How much longer a crowd takes than the TILT server alone would."""
    pdfs = load_material([SAMPLES], settings=load_settings().upload).text_layers
    mock = {"MOCK_ANSWERS": "canned", "MOCK_DELAY_S": str(DELAY_S), "LOG_LEVEL": "ERROR"}
    with local_server(MOCK_TILT, environ=mock) as tilt:
        ours = {"VLLM_BASE_URL": f"{tilt.url}/v1", "TILT_CONCURRENCY": str(IN_FLIGHT)}
        with our_service(concurrency=1, environ=ours) as service:
            return markdown_table(("what", "figure"), _rows(service, pdfs))


def _rows(service: Served, pdfs: Sequence[Sample]) -> list[tuple[str, str]]:
    service.load(pdfs, clients=1)
    before = service.cpu_s()
    alone = service.load(pdfs, clients=1, requests=ALONE)
    cpu_ms = (service.cpu_s() - before) / ALONE * 1000
    seconds = [service.load(pdfs, clients=DOCUMENTS, requests=DOCUMENTS).seconds for _ in range(ROUNDS)]
    server_s = DOCUMENTS / IN_FLIGHT * DELAY_S
    return [
        ("one document alone, ms", f"{alone.latency_s(0.5) * 1000:.0f}"),
        ("processor time of a document, ms", f"{cpu_ms:.0f}"),
        (f"{DOCUMENTS} at once, s", spread(seconds).written()),
        (f"over the server's own {server_s:.2f} s", spread([each / server_s for each in seconds]).written()),
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script."""
    del argv
    update_section(PAGE, section="tilt-crowd", content=crowd_table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
