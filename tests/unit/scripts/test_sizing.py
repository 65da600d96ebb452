"""Pods and GPUs on paper."""

import pytest

from scripts.benchmarking.sizing import L4_DOCUMENTS, L4_SECONDS, Plant, l4_rate, simulate


@pytest.mark.parametrize("in_flight", [pytest.param(count, id=f"{count} in flight") for count in L4_SECONDS])
def test_l4_rate_where_it_was_measured_is_the_measurement(in_flight: int) -> None:
    """The line between the measurements goes through them."""
    assert l4_rate(in_flight) == pytest.approx(L4_DOCUMENTS / L4_SECONDS[in_flight])


def test_l4_rate_beyond_ten_in_flight_is_that_of_ten() -> None:
    """More in flight gave no more."""
    assert l4_rate(40) == l4_rate(10)
    assert l4_rate(0) == 0


def test_simulation_with_a_lone_document_takes_ocr_and_gpu_alone() -> None:
    """Nobody waits."""
    outcome = simulate(Plant(pods=1, engines=1, ocr_s=0.5), rate=1, documents=1)

    assert outcome.p50_s == pytest.approx(0.5 + L4_SECONDS[1] / L4_DOCUMENTS)
    assert outcome.gpu_wait_s == 0


def test_simulation_overrun_finishes_what_the_gpu_can() -> None:
    """With more than enough pods the GPU is the limit, and busy all the time."""
    outcome = simulate(Plant(pods=8, engines=4, ocr_s=0.5), rate=20, documents=2000)

    assert outcome.documents_per_s == pytest.approx(l4_rate(10), rel=0.02)
    assert outcome.gpu_busy > 0.99


def test_simulation_overrun_finishes_what_the_engines_can() -> None:
    """With one engine that takes two seconds, the engine is the limit."""
    outcome = simulate(Plant(pods=1, engines=1, ocr_s=2.0), rate=5, documents=500)

    assert outcome.documents_per_s == pytest.approx(0.5, rel=0.02)
    assert outcome.ocr_busy > 0.99


def test_simulation_with_two_gpus_finishes_twice_as_much() -> None:
    """Pods are shared out among the GPUs."""
    one, two = (simulate(Plant(16, 4, 0.5, gpus=gpus), rate=40, documents=2000) for gpus in (1, 2))

    assert two.documents_per_s == pytest.approx(2 * one.documents_per_s, rel=0.03)
