"""What an operator can set: one frozen model for each section of configs/default.yaml.

In: nothing. Out: `Settings`, its sections, and the environment variables of every setting. The defaults stand in the
YAML file and only there; here stand types, ranges and names.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationInfo, field_validator
from pydantic.fields import FieldInfo


def _split_commas(value: object) -> object:
    """A comma-separated variable as a list; anything else as it is."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


HASHED_KEY = re.compile(r"sha256:[0-9a-f]{64}")


def _split_keys(value: object) -> object:
    """As `_split_commas`; a text or a list without a key is an accident that must not leave the service open."""
    keys = _split_commas(value)
    if (isinstance(value, str) and value and not keys) or (
        isinstance(keys, list | tuple) and not all(isinstance(key, str) and key.strip() for key in keys)
    ):
        raise ValueError("there is no key in it; unset it to let everybody in")
    if isinstance(keys, list) and any(key.startswith("sha256:") and not HASHED_KEY.fullmatch(key) for key in keys):
        raise ValueError("after sha256: there are not the 64 small hexadecimal digits of a key's SHA-256")
    return keys


CommaList = Annotated[tuple[str, ...], BeforeValidator(_split_commas)]


def env(*names: str, **constraints: Any) -> Any:  # noqa: ANN401 - pydantic's Field is typed the same way
    """A setting without a default here: its default stands in the YAML file, its environment names here.

    Args:
        names: The variable, then its aliases, which yield to it.
        constraints: As for `pydantic.Field`.
    """
    return Field(json_schema_extra={"env": list(names)}, **constraints)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ApiSettings(_Section):
    """The HTTP service."""

    port: int = env("API_PORT", "PORT_API", ge=1, le=65535)
    keys: Annotated[tuple[SecretStr, ...], BeforeValidator(_split_keys)] = env("API_KEYS")
    docs: bool = env("API_DOCS")
    metrics: bool = env("API_METRICS")
    request_timeout_s: float = env("REQUEST_TIMEOUT_S", gt=0)
    max_requests: int = env("MAX_REQUESTS", ge=1)
    max_requests_per_key: int = env("MAX_REQUESTS_PER_KEY", ge=1)
    max_arriving_mb: float = env("MAX_ARRIVING_MB", gt=0)
    reader_processes: int = env("READER_PROCESSES", ge=0)
    drain_s: float = env("DRAIN_S", ge=0)
    cache_ttl_s: float = env("CACHE_TTL_S", ge=0)
    cache_entries: int = env("CACHE_ENTRIES", ge=1)
    cache_max_mb: float = env("CACHE_MAX_MB", gt=0)
    cors_origins: CommaList = env("CORS_ORIGINS")
    batch_max_files: int = env("BATCH_MAX_FILES", ge=1)
    batch_max_mb: float = env("BATCH_MAX_MB", gt=0)

    @field_validator("cors_origins")
    @classmethod
    def _as_browsers_send_them(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        """Origins have neither path nor trailing slash; one written with more would never match."""
        bare = tuple(origin.rstrip("/").lower() for origin in origins)
        if not all(origin == "*" or re.fullmatch(r"https?://[^/?#\s]+", origin) for origin in bare):
            raise ValueError("origins as browsers send them: https://app.example.com, without a path, or *")
        return bare


class UploadSettings(_Section):
    """What an upload may be, and how its pages are made."""

    max_mb: float = env("MAX_UPLOAD_MB", gt=0)
    allowed_content_types: CommaList = env("ALLOWED_CONTENT_TYPES", min_length=1)
    max_pages: int = env("MAX_PAGES", ge=1)
    max_pixels: int = env("MAX_PIXELS", ge=1)
    max_words: int = env("MAX_DOCUMENT_WORDS", ge=1)
    render_dpi: int = env("RENDER_DPI", ge=36, le=600)
    pdf_timeout_s: float = env("PDF_TIMEOUT_S", gt=0)
    pdf_queue: int = env("PDF_QUEUE", ge=0)
    pdf_memory_mb: int = env("PDF_MEMORY_MB", ge=256)
    einvoice: bool = env("EINVOICE")

    @property
    def max_bytes(self) -> int:
        """Bytes of one file."""
        return int(self.max_mb * 2**20)


class OcrSettings(_Section):
    """The OCR engines."""

    lang: str = env("OCR_LANG", min_length=2)
    langs: CommaList = env("OCR_LANGS")
    device: Literal["cpu"] = env("OCR_DEVICE")
    engine: Literal["auto", "onnxruntime", "openvino", "paddle"] = env("OCR_ENGINE")
    concurrency: int = env("OCR_CONCURRENCY", ge=1)
    spare_engines: int = env("OCR_SPARE_ENGINES", ge=0)
    queue: int = env("OCR_QUEUE", ge=0)
    page_timeout_s: float = env("OCR_PAGE_TIMEOUT_S", gt=0)
    threads: int = env("OMP_NUM_THREADS", ge=1)
    speed: Literal["exact", "fast"] = env("OCR_SPEED")
    model_dir: str = env("OCR_MODEL_DIR")
    scripts: bool = env("OCR_SCRIPTS")
    tessdata: str = env("TESSDATA_PREFIX")
    orientation: bool = env("OCR_ORIENTATION")
    detection_side: int = env("OCR_DETECTION_SIDE", ge=64)
    detection_threshold: float = env("OCR_DETECTION_THRESHOLD", gt=0, lt=1)
    box_threshold: float = env("OCR_BOX_THRESHOLD", gt=0, lt=1)
    unclip_ratio: float = env("OCR_UNCLIP_RATIO", ge=1, le=4)
    batch: int = env("OCR_BATCH", ge=1)

    @property
    def languages(self) -> tuple[str, ...]:
        """What a request may ask for, each once; OCR_LANG, which it gets unasked, comes first."""
        return tuple(dict.fromkeys((self.lang, *self.langs)))


class TiltSettings(_Section):
    """The TILT server as its client sees it."""

    base_url: str = env("VLLM_BASE_URL", pattern=r"^(https?://\S+)?$")
    api_key: SecretStr = env("VLLM_API_KEY")
    model: str = env("TILT_MODEL", "MODEL_NAME", min_length=1)
    protocol: Literal["tilt", "chat", "openai"] = env("TILT_PROTOCOL")
    timeout_s: float = env("TILT_TIMEOUT_S", gt=0)
    connect_timeout_s: float = env("TILT_CONNECT_TIMEOUT_S", gt=0)
    write_timeout_s: float = env("TILT_WRITE_TIMEOUT_S", gt=0)
    pool_timeout_s: float = env("TILT_POOL_TIMEOUT_S", gt=0)
    concurrency: int = env("TILT_CONCURRENCY", ge=1)
    max_tokens: int = env("TILT_MAX_TOKENS", ge=1, le=512)
    retries: int = env("TILT_RETRIES", ge=0, le=10)
    retry_wait_s: float = env("TILT_RETRY_WAIT_S", gt=0)
    breaker_failures: int = env("TILT_BREAKER_FAILURES", ge=1)
    breaker_reset_s: float = env("TILT_BREAKER_RESET_S", gt=0)
    fallback: Literal["off", "layout"] = env("TILT_FALLBACK")
    images: Literal["auto", "never", "always"] = env("TILT_IMAGES")


class TiltServerSettings(_Section):
    """The TILT server itself (apps/tilt_api.py)."""

    host: str = env("VLLM_HOST", min_length=1)
    port: int = env("VLLM_PORT", "PORT_VLLM", ge=1, le=65535)
    engine: Literal["auto", "vllm", "torch"] = env("TILT_ENGINE")
    device: Literal["auto", "cuda", "cpu"] = env("TILT_DEVICE")
    revision: str = env("TILT_REVISION", min_length=1)
    gpu_util: float = env("VLLM_GPU_UTIL", gt=0, le=1)
    activations_mb: int = env("TILT_ACTIVATIONS_MB", ge=0)
    max_num_seqs: int = env("TILT_MAX_NUM_SEQS", ge=1)
    max_model_len: int = env("TILT_MAX_MODEL_LEN", ge=1024)
    max_in_flight: int = env("TILT_MAX_IN_FLIGHT", ge=1)
    queue: int = env("TILT_QUEUE", ge=0)


Misbehavior = Literal[
    "none",
    "slow",
    "unavailable",
    "flapping",
    "dead",
    "disconnect",
    "garbage",
    "truncated",
    "huge",
    "error_body",
    "wrong_json",
    "nan",
    "empty",
    "cut_off",
    "multi_value",
    "ungrounded",
    "obedient",
    "model_missing",
    "stream",
    "fence",
    "text_before",
    "text_behind",
    "further_keys",
    "other_case",
    "nested",
    "numbers",
    "lists",
    "null_words",
    "trailing_comma",
    "key_cut",
    "content_parts",
    "content_object",
    "reasoning_field",
    "reasoning_parts",
    "reasoning_only",
    "thinking_tags",
    "thinking_cut",
    "tool_calls_null",
    "tool_call",
    "usage_null",
    "usage_odd",
    "no_usage",
    "refusal",
    "no_content",
    "blank",
    "prose",
    "no_choices",
]
"""How the mock can fail; scripts/mock_misbehavior.py says what each one does, and scripts/mock_openai/shapes.py what
those from `obedient` on do, which only chat requests with a document as text meet."""

MockProfile = Literal["tilt", "vllm", "sglang", "ollama", "llama.cpp", "lmstudio", "strict-4k"]
"""What kind of server the mock is: a TILT server, or a family of stock ones (scripts/mock_openai/profiles.py)."""


class MockSettings(_Section):
    """The mock TILT server (scripts/mock_vllm.py)."""

    answers: Literal["layout", "canned"] = env("MOCK_ANSWERS")
    delay_s: float = env("MOCK_DELAY_S", ge=0)
    misbehavior: Misbehavior = env("MOCK_MISBEHAVIOR")
    profile: MockProfile = env("MOCK_PROFILE")


class NormalizerSettings(_Section):
    """The rules after the reader."""

    enabled: bool = env("RULES_ENABLED")


class ReviewSettings(_Section):
    """Which answers somebody should look at (`meta.review`)."""

    confidence: float = env("REVIEW_CONFIDENCE", ge=0, le=1)


class JobsSettings(_Section):
    """Jobs behind Redis."""

    redis_password: SecretStr = env("REDIS_PASSWORD")  # Before the address, which takes it up.
    redis_url: str = env("REDIS_URL", pattern=r"^((rediss?|unix)://\S+)?$")
    queues: CommaList = env("JOB_QUEUES", min_length=1)
    workers: int = env("JOB_WORKERS", ge=1, le=256)
    timeout_s: float = env("JOB_TIMEOUT_S", ge=1)
    retries: int = env("JOB_RETRIES", ge=0, le=10)
    result_ttl_s: int = env("RESULT_TTL_S", ge=1)
    max_files: int = env("JOB_MAX_FILES", ge=1)
    max_mb: float = env("JOB_MAX_MB", gt=0)
    max_waiting: int = env("JOB_MAX_WAITING", ge=1)
    max_waiting_mb: float = env("JOB_MAX_WAITING_MB", gt=0)
    share_per_key: float = env("JOB_SHARE_PER_KEY", gt=0, le=1)
    upload_dir: str = env("JOB_UPLOAD_DIR")
    inline_max_mb: float = env("JOB_INLINE_MAX_MB", ge=0)
    callback_hosts: CommaList = env("CALLBACK_HOSTS")
    callback_secret: SecretStr = env("CALLBACK_SECRET")
    callback_allow_private: bool = env("CALLBACK_ALLOW_PRIVATE")
    callback_timeout_s: float = env("CALLBACK_TIMEOUT_S", gt=0)
    callback_attempts: int = env("CALLBACK_ATTEMPTS", ge=1, le=20)
    callback_per_host: int = env("CALLBACK_PER_HOST", ge=1)

    @field_validator("redis_url")
    @classmethod
    def _with_password(cls, url: str, info: ValidationInfo) -> str:
        """The address with REDIS_PASSWORD in it; a port that is no number is found now rather than by the client."""
        parts = urlsplit(url)
        _ = parts.port
        password = info.data["redis_password"].get_secret_value()
        if not url or not password:
            return url
        if parts.password:
            raise ValueError("there is a password in it, and REDIS_PASSWORD is set as well")
        user, _, host = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}").geturl()

    @field_validator("queues")
    @classmethod
    def _harmless_names(cls, queues: tuple[str, ...]) -> tuple[str, ...]:
        """Names of queues become parts of Redis keys and of URLs."""
        if not all(re.fullmatch(r"[A-Za-z0-9_-]{1,32}", name) for name in queues) or len(set(queues)) < len(queues):
            raise ValueError("names of up to 32 letters, digits, - or _, each once")
        return queues

    @property
    def default_queue(self) -> str:
        """Where a job goes that names no queue: `default` where there is one, else the first."""
        return "default" if "default" in self.queues else self.queues[0]


class LogSettings(_Section):
    """What is logged, and how."""

    format: Literal["text", "json"] = env("LOG_FORMAT")
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = env("LOG_LEVEL")


class Settings(_Section):
    """Everything an operator can set, by section; each stage is given its own section only."""

    api: ApiSettings
    upload: UploadSettings
    ocr: OcrSettings
    tilt: TiltSettings
    tilt_server: TiltServerSettings
    mock: MockSettings
    normalizer: NormalizerSettings
    review: ReviewSettings
    jobs: JobsSettings
    log: LogSettings


def every_setting() -> Iterator[tuple[str, str, FieldInfo]]:
    """(section, name, field) of every setting."""
    for section, info in Settings.model_fields.items():
        assert isinstance(info.annotation, type)  # noqa: S101 - every section is a model class
        for name, setting in info.annotation.model_fields.items():
            yield section, name, setting


def variables(setting: FieldInfo) -> list[str]:
    """The environment variables of a setting: its own, then its aliases."""
    extra = setting.json_schema_extra
    return list(extra["env"]) if isinstance(extra, dict) else []  # type: ignore[arg-type]


def environment_names() -> dict[str, str]:
    """Every environment variable that sets something, with the `section.name` that it sets."""
    return {
        env_name: f"{section}.{name}" for section, name, setting in every_setting() for env_name in variables(setting)
    }
