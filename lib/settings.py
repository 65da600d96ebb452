"""Settings: one frozen tree, read once at start.

In: configs/default.yaml, an optional file of the operator's (CONFIG_FILE), the environment. Out: `Settings`.
The only module that touches os.environ. The environment wins over the operator's file, which wins over the defaults;
an empty variable counts as not set, because compose files and pod templates pass empty ones along.
"""

import difflib
import os
import re
import types
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from lib.errors import StartupError

DEFAULTS = Path(__file__).parent.parent / "configs" / "default.yaml"

READ_BY_OTHERS = frozenset(
    {
        "CONFIG_FILE",
        "MOCK_VLLM",
        "HF_HOME",
        "HF_TOKEN",
        "GIT_REPO",
        "GIT_BRANCH",
        "API_DIR",
        "REQS_FILE",
        "USE_SSH",
        "SSH_KEY_PATH",
        "GIT_USER_NAME",
        "GIT_USER_EMAIL",
        "GH_TOKEN",
    }
)
"""Names of ours that the shell scripts and huggingface_hub read."""

VLLM_OWN = frozenset({"VLLM_HOST_IP", "VLLM_PORT", "VLLM_API_KEY"})
"""vLLM's own variables that resemble ours. Source: vllm/envs.py of vLLM 0.8.3."""

RESEMBLES = 0.85
"""From this difflib ratio on, an unknown name counts as a misspelling of ours."""


def _split_commas(value: object) -> object:
    """A comma-separated variable as a list; anything else as it is."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


CommaList = Annotated[tuple[str, ...], BeforeValidator(_split_commas)]


def env(*names: str, **constraints: Any) -> Any:  # noqa: ANN401 - pydantic's Field is typed the same way
    """A setting without a default here: its default stands in the YAML file, its environment names here.

    Args:
        names: The variable, then its aliases, which yield to it.
        constraints: As for `pydantic.Field`.
    """
    return Field(json_schema_extra={"env": list(names)}, **constraints)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ApiSettings(_Section):
    """The HTTP service."""

    port: int = env("API_PORT", "PORT_API", ge=1, le=65535)
    keys: Annotated[tuple[SecretStr, ...], BeforeValidator(_split_commas)] = env("API_KEYS")
    request_timeout_s: float = env("REQUEST_TIMEOUT_S", gt=0)
    drain_s: float = env("DRAIN_S", ge=0)
    cache_ttl_s: float = env("CACHE_TTL_S", ge=0)
    cache_entries: int = env("CACHE_ENTRIES", ge=1)
    cors_origins: CommaList = env("CORS_ORIGINS")
    batch_max_files: int = env("BATCH_MAX_FILES", ge=1)
    batch_max_mb: float = env("BATCH_MAX_MB", gt=0)


class UploadSettings(_Section):
    """What an upload may be, and how its pages are made."""

    max_mb: float = env("MAX_UPLOAD_MB", gt=0)
    allowed_content_types: CommaList = env("ALLOWED_CONTENT_TYPES", min_length=1)
    max_pages: int = env("MAX_PAGES", ge=1)
    max_pixels: int = env("MAX_PIXELS", ge=1)
    render_dpi: int = env("RENDER_DPI", ge=36, le=600)
    pdf_timeout_s: float = env("PDF_TIMEOUT_S", gt=0)
    pdf_memory_mb: int = env("PDF_MEMORY_MB", ge=256)
    einvoice: bool = env("EINVOICE")

    @property
    def max_bytes(self) -> int:
        """Bytes of one file."""
        return int(self.max_mb * 2**20)


class OcrSettings(_Section):
    """The OCR engines."""

    lang: str = env("OCR_LANG", min_length=2)
    device: Literal["cpu"] = env("OCR_DEVICE")
    engine: Literal["onnxruntime", "paddle"] = env("OCR_ENGINE")
    concurrency: int = env("OCR_CONCURRENCY", ge=1)
    queue: int = env("OCR_QUEUE", ge=0)
    threads: int = env("OMP_NUM_THREADS", ge=1)
    model_dir: str = env("OCR_MODEL_DIR")
    detection_side: int = env("OCR_DETECTION_SIDE", ge=64)
    detection_threshold: float = env("OCR_DETECTION_THRESHOLD", gt=0, lt=1)
    box_threshold: float = env("OCR_BOX_THRESHOLD", gt=0, lt=1)
    unclip_ratio: float = env("OCR_UNCLIP_RATIO", ge=1, le=4)
    batch: int = env("OCR_BATCH", ge=1)


class TiltSettings(_Section):
    """The TILT server as its client sees it."""

    base_url: str = env("VLLM_BASE_URL", pattern=r"^(https?://\S+)?$")
    api_key: SecretStr = env("VLLM_API_KEY")
    model: str = env("TILT_MODEL", "MODEL_NAME", min_length=1)
    protocol: Literal["tilt", "chat"] = env("TILT_PROTOCOL")
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
    gpu_util: float = env("VLLM_GPU_UTIL", gt=0, le=1)
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
]
"""How the mock TILT server can fail; scripts/mock_vllm.py says what each one does."""


class MockSettings(_Section):
    """The mock TILT server (scripts/mock_vllm.py)."""

    answers: Literal["layout", "canned"] = env("MOCK_ANSWERS")
    delay_s: float = env("MOCK_DELAY_S", ge=0)
    misbehavior: Misbehavior = env("MOCK_MISBEHAVIOR")


class NormalizerSettings(_Section):
    """The rules after the reader."""

    enabled: bool = env("RULES_ENABLED")


class JobsSettings(_Section):
    """Jobs behind Redis."""

    redis_url: str = env("REDIS_URL", pattern=r"^((rediss?|unix)://\S+)?$")


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
    jobs: JobsSettings
    log: LogSettings


def _walk(model: type[BaseModel] = Settings) -> Iterator[tuple[str, str, FieldInfo]]:
    """(section, name, field) of every setting."""
    for section, info in model.model_fields.items():
        assert isinstance(info.annotation, type)  # noqa: S101 - every section is a model class
        for name, setting in info.annotation.model_fields.items():
            yield section, name, setting


def _env_names(setting: FieldInfo) -> list[str]:
    extra = setting.json_schema_extra
    return list(extra["env"]) if isinstance(extra, dict) else []  # type: ignore[arg-type]


def environment_names() -> dict[str, str]:
    """Every environment variable that sets something, with the `section.name` that it sets."""
    return {env_name: f"{section}.{name}" for section, name, setting in _walk() for env_name in _env_names(setting)}


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the defaults, the operator's file and the environment.

    Args:
        environ: The environment; None: the process's own.

    Raises:
        StartupError: A value is out of its range, a name is a near miss, or a file cannot be read; names the setting.
    """
    environ = types.MappingProxyType(dict(os.environ if environ is None else environ))
    _refuse_near_misses(environ)
    tree = _read_yaml(DEFAULTS, environ)
    if own := environ.get("CONFIG_FILE"):
        _merge(tree, _read_yaml(Path(own), environ), own)
    for name, place in reversed(environment_names().items()):  # The variable comes last and so wins over its aliases.
        if value := environ.get(name, "").strip():
            section, key = place.split(".")
            tree[section][key] = value
    try:
        return Settings.model_validate(tree)
    except ValidationError as exc:
        raise StartupError(_explain(exc, environ)) from exc


def export_openmp_threads(settings: OcrSettings) -> None:
    """Give the OCR engines' OpenMP its number of threads; call it before they are imported.

    OpenMP reads the variable when it is loaded, and no call sets it; its own default is a thread for each core.
    """
    os.environ["OMP_NUM_THREADS"] = str(settings.threads)


def prepare_environment_for_vllm(environ: MutableMapping[str, str] | None = None) -> None:
    """Make the environment one that vllm can be imported in; call it after `load_settings`, before that import.

    vllm reads these variables at import, and no argument takes their place.
    VLLM_PORT is our port and also vllm's own, for its internal rendezvous, which would take the port first. VLLM_USE_V1
    would put an engine without TILT in place of the one with it. TILT's attention exists for xformers only. And no
    usage statistics leave a self-hosted service.

    Args:
        environ: The environment; None: the process's own.
    """
    environ = os.environ if environ is None else environ
    for name in ("VLLM_PORT", "VLLM_USE_V1"):
        environ.pop(name, None)
    environ["VLLM_ATTENTION_BACKEND"] = "XFORMERS"
    environ["VLLM_NO_USAGE_STATS"] = "1"


def _read_yaml(path: Path, environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """A settings file with ${NAME} replaced by the environment's NAME, or by nothing."""
    try:
        text = path.read_text(encoding="utf-8")
        tree = yaml.safe_load(text)
    except (OSError, yaml.YAMLError) as exc:
        raise StartupError(f"The settings file {path} cannot be read: {exc}") from exc
    if not isinstance(tree, dict) or not all(isinstance(section, dict) for section in tree.values()):
        raise StartupError(f"The settings file {path} is not in the shape of {DEFAULTS.name}: sections of settings.")
    return {section: {key: _expand(value, environ) for key, value in part.items()} for section, part in tree.items()}


def _expand(value: object, environ: Mapping[str, str]) -> object:
    if not isinstance(value, str):
        return value
    return re.sub(r"\$\{(\w+)\}", lambda match: environ.get(match[1], ""), value)


def _merge(tree: dict[str, dict[str, Any]], own: dict[str, dict[str, Any]], path: str) -> None:
    places = set(environment_names().values())
    for section, part in own.items():
        for key, value in part.items():
            if f"{section}.{key}" not in places:
                raise StartupError(f"{path}: there is no setting {section}.{key}; configs/default.yaml has them all.")
            tree[section][key] = value


def _refuse_near_misses(environ: Mapping[str, str]) -> None:
    """Refuse unknown names that nearly match one of ours: a misspelt setting would be ignored in silence.

    Raises:
        StartupError: Names both.
    """
    known = [*environment_names(), *READ_BY_OTHERS]
    for name in environ.keys() - set(known) - VLLM_OWN:
        if match := difflib.get_close_matches(name.upper(), known, n=1, cutoff=RESEMBLES):
            raise StartupError(
                f"The environment has {name}, which is no setting; did you mean {match[0]}? Rename it or unset it."
            )


def _explain(error: ValidationError, environ: Mapping[str, str]) -> str:
    """One line for each wrong setting: its variable, its place, what is wrong, without secrets."""
    names = {place: name for name, place in reversed(environment_names().items()) if environ.get(name)}
    lines = []
    for item in error.errors(include_input=True):
        place = ".".join(str(part) for part in item["loc"][:2])
        name = names.get(place, place)
        if str(item["input"]).startswith(("tcp://", "udp://")):
            lines.append(
                f"{name}={item['input']} was injected by Kubernetes for a Service of that name: set "
                f"enableServiceLinks: false in the pod, or set {name} yourself."
            )
        else:
            shown = "" if "key" in place else f" is {item['input']!r}"
            lines.append(f"{name} ({place}){shown}: {item['msg']}.")
    return "\n".join(lines)
