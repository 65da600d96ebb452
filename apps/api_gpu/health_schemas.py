"""The public JSON of the service's own state. Field order is the order on the wire.

In: nothing. Out: pydantic models.
"""

from typing import Literal

from apps.api_gpu.schema_parts import Public, example
from apps.api_gpu.schemas import ReaderName
from lib.document import OcrSpeed


class OcrHealth(Public):
    """The OCR engines."""

    engine: str
    engine_reason: str
    speed: OcrSpeed
    lang: str
    langs: list[str]
    engines: int
    busy: int
    waiting: int


class TiltState(Public):
    """The TILT server, as it was a few seconds ago."""

    reachable: bool
    model: str | None
    latency_ms: float | None
    breaker: Literal["closed", "half_open", "open"]
    problem: str | None
    detail: str | None


class QueueState(Public):
    """The queue of jobs, as it was a few seconds ago; null where it does not answer."""

    reachable: bool
    waiting: int | None
    running: int | None
    oldest_s: float | None
    workers: int | None
    stuck: int | None


class Readiness(Public):
    """Whether work sent here would be done."""

    model_config = example(
        {"ready": False, "draining": False, "reasons": ["ocr_queue_full"], "last_success_age_s": 3.2}
    )

    ready: bool
    draining: bool
    reasons: list[str]
    last_success_age_s: float | None


class Health(Public):
    """The state of the service; always answered with 200."""

    model_config = example(
        {
            "status": "ok",
            "version": "0.1.0",
            "reader": "tilt",
            "model_version": "snowflake-arctic-tilt-v1.3",
            "ocr": {
                "engine": "onnxruntime",
                "engine_reason": "the processor is not known to be fast in bfloat16",
                "speed": "exact",
                "lang": "en",
                "langs": ["en", "uk"],
                "engines": 3,
                "busy": 1,
                "waiting": 0,
            },
            "tilt": {
                "reachable": True,
                "model": "Snowflake/snowflake-arctic-tilt-v1.3",
                "latency_ms": 4.2,
                "breaker": "closed",
                "problem": None,
                "detail": None,
            },
            "jobs": {"reachable": True, "waiting": 0, "running": 1, "oldest_s": 0.0, "workers": 2, "stuck": 0},
        }
    )

    status: Literal["ok", "degraded"]
    version: str
    reader: ReaderName
    model_version: str
    ocr: OcrHealth
    tilt: TiltState | None
    jobs: QueueState | None
