"""Settings: defaults, precedence, and refusals that name the setting."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from lib.errors import StartupError
from lib.settings import DEFAULTS, environment_names, load_settings, prepare_environment_for_vllm


def test_defaults_without_environment_are_those_of_the_specification() -> None:
    """An empty environment gives the documented defaults."""
    settings = load_settings({})

    assert settings.api.port == 8000
    assert settings.upload.max_bytes == 20 * 2**20
    assert settings.upload.allowed_content_types == ("application/pdf", "image/jpeg", "image/png", "image/webp")
    assert settings.tilt.base_url == ""
    assert settings.normalizer.enabled is True


def test_environment_over_default_wins() -> None:
    """A variable replaces the default, typed."""
    settings = load_settings({"OCR_CONCURRENCY": "2", "RULES_ENABLED": "0", "API_KEYS": "one, two"})

    assert settings.ocr.concurrency == 2
    assert settings.normalizer.enabled is False
    assert [key.get_secret_value() for key in settings.api.keys] == ["one", "two"]


def test_environment_over_own_file_wins_over_default(tmp_path: Path) -> None:
    """The operator's file replaces defaults, and a variable replaces the file."""
    own = tmp_path / "own.yaml"
    own.write_text("tilt: {timeout_s: 3, model: from-file}\n")

    settings = load_settings({"CONFIG_FILE": str(own), "TILT_MODEL": "from-environment"})

    assert settings.tilt.timeout_s == 3
    assert settings.tilt.model == "from-environment"


def test_own_file_with_variable_is_expanded(tmp_path: Path) -> None:
    """${NAME} in a settings file is the environment's NAME."""
    own = tmp_path / "own.yaml"
    own.write_text("tilt: {base_url: 'http://${TILT_HOST}:8001/v1'}\n")

    assert load_settings({"CONFIG_FILE": str(own), "TILT_HOST": "gpu"}).tilt.base_url == "http://gpu:8001/v1"


def test_empty_variable_counts_as_not_set() -> None:
    """Compose files and pod templates pass empty variables along."""
    assert load_settings({"OCR_CONCURRENCY": "", "TILT_MODEL": " "}) == load_settings({})


def test_origin_with_a_trailing_slash_is_taken_as_browsers_send_it() -> None:
    """`https://app.example/` would never match."""
    settings = load_settings({"CORS_ORIGINS": "https://App.example/, http://localhost:3000, *"})

    assert settings.api.cors_origins == ("https://app.example", "http://localhost:3000", "*")


def test_alias_yields_to_the_name_it_stands_for() -> None:
    """Git mode's aliases work alone and yield to the setting's own name."""
    assert load_settings({"PORT_API": "9000"}).api.port == 9000
    assert load_settings({"PORT_API": "9000", "API_PORT": "9001"}).api.port == 9001


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({"OCR_QUEUE": "-1"}, r"OCR_QUEUE \(ocr\.queue\) is '-1'", id="out of range"),
        pytest.param({"MAX_PAGES": "many"}, r"MAX_PAGES \(upload\.max_pages\) is 'many'", id="not a number"),
        pytest.param({"TILT_PROTOCOL": "grpc"}, r"TILT_PROTOCOL .*'tilt', 'chat' or 'openai'", id="not a choice"),
        pytest.param({"VLLM_BASE_URL": "gpu:8001"}, r"VLLM_BASE_URL", id="not a URL"),
        pytest.param({"OCR_CONCURENCY": "2"}, r"OCR_CONCURENCY.*did you mean OCR_CONCURRENCY", id="misspelt"),
        pytest.param({"ocr_lang": "de"}, r"ocr_lang.*did you mean OCR_LANG", id="wrong case"),
        pytest.param({"API_PORT": "tcp://10.0.0.1:80"}, r"API_PORT=tcp.*Kubernetes", id="injected by Kubernetes"),
        pytest.param({"API_KEYS": " , "}, r"API_KEYS .*no key in it", id="keys without a key"),
        pytest.param({"MAX_UPLOAD_MB": "inf"}, r"MAX_UPLOAD_MB .*finite", id="without end"),
        pytest.param({"API_KEYS": ","}, r"API_KEYS \(api\.keys\): there is no key", id="in our words alone"),
        pytest.param({"REDIS_URL": "redis://:key@redis:six"}, r"REDIS_URL .*@redis:six'.*[Pp]ort", id="no port"),
        pytest.param({"CORS_ORIGINS": "app.example.com"}, r"CORS_ORIGINS .*without a path", id="no origin"),
        pytest.param({"CORS_ORIGINS": "https://a.example/app"}, r"CORS_ORIGINS .*a path", id="origin with path"),
        pytest.param({"CONFIG_FILE": "/no/such.yaml"}, r"/no/such\.yaml cannot be read", id="no such file"),
    ],
)
def test_wrong_setting_is_refused_by_name(environ: dict[str, str], expected: str) -> None:
    """A value or name that cannot be meant stops the start, and the message names it."""
    with pytest.raises(StartupError, match=expected):
        load_settings(environ)


@pytest.mark.parametrize("name", ["VLLM_HOST_IP", "PATH", "KUBERNETES_PORT", "OCR_SERVICE_HOST", "VLLM_USE_V1"])
def test_unrelated_variable_is_left_alone(name: str) -> None:
    """Variables of vLLM, of Kubernetes and of the system are none of our business."""
    assert load_settings({name: "x"}) == load_settings({})


def test_secret_in_error_is_not_shown() -> None:
    """A key, or the password of a wrong address, never reaches the log through the message about it."""
    with pytest.raises(StartupError, match=r"'redisx://\*\*\*@store:6379'") as caught:
        load_settings({"API_KEYS": "hunter2", "OCR_QUEUE": "x", "REDIS_URL": "redisx://:hunter2@store:6379"})

    assert "hunter2" not in str(caught.value)


def test_own_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    """One sentence, not a traceback."""
    own = tmp_path / "own.yaml"
    own.write_bytes("api: {port: 8000}  # Schlüssel".encode("latin-1"))

    with pytest.raises(StartupError, match=r"own\.yaml cannot be read"):
        load_settings({"CONFIG_FILE": str(own)})


def test_unknown_entry_of_own_file_is_refused(tmp_path: Path) -> None:
    """A misspelt entry of the operator's file is named."""
    own = tmp_path / "own.yaml"
    own.write_text("ocr: {languages: de}\n")

    with pytest.raises(StartupError, match=r"no setting ocr\.languages"):
        load_settings({"CONFIG_FILE": str(own)})


def test_settings_after_loading_are_frozen() -> None:
    """Nobody changes a setting while the service runs."""
    with pytest.raises(ValidationError, match="frozen"):
        load_settings({}).api.port = 1


def test_default_file_names_every_variable() -> None:
    """configs/default.yaml documents each setting's variable, and no other."""
    text = DEFAULTS.read_text(encoding="utf-8")
    named = {
        name for comment in re.findall(r"#(.*)", text) for name in re.findall(r"\b[A-Z][A-Z]+(?:_[A-Z]+)+\b", comment)
    }

    assert environment_names().keys() - {"EINVOICE"} <= named
    assert named - environment_names().keys() == {"CONFIG_FILE"}


def test_environment_for_vllm_is_rid_of_what_it_would_misread() -> None:
    """VLLM_PORT is our port; vllm would take it for its internal rendezvous."""
    environ = {"VLLM_PORT": "8001", "VLLM_USE_V1": "1", "VLLM_ATTENTION_BACKEND": "FLASH_ATTN", "PATH": "/bin"}

    prepare_environment_for_vllm(environ)

    assert environ == {"VLLM_ATTENTION_BACKEND": "XFORMERS", "VLLM_NO_USAGE_STATS": "1", "PATH": "/bin"}
