"""A small load over sockets; `make load-test` is the large one."""

from functools import partial

import anyio
import pytest

from scripts.load.figures import RIGHT
from scripts.load.traffic import read_documents
from scripts.load_test import SAMPLES, under_load
from scripts.local_service import API, local_server


@pytest.mark.slow
def test_service_with_fewer_places_than_clients_answers_or_refuses_every_request() -> None:
    """One scan is read, one waits, the others are told when to come again; nothing is lost, bad files are named."""
    load = partial(under_load, documents=read_documents(SAMPLES), clients=8, seconds=4)
    with local_server(API, environ={"OCR_CONCURRENCY": "1", "OCR_QUEUE": "1"}) as server:
        report = anyio.run(load, server.url)

    kinds = {outcome.kind for outcome in report.outcomes}
    assert kinds <= RIGHT
    assert {"text_layer", "refused"} <= kinds
    assert max(report.health_ms) < 5_000
