"""From files and the environment to `Settings`, read once at start.

In: configs/default.yaml, an optional file of the operator's (CONFIG_FILE), the environment. Out: `Settings`. The
environment wins over the operator's file, which wins over the defaults; an empty variable counts as not set, because
compose files and pod templates pass empty ones along. So does a blank one, but for API_KEYS: a key that got lost on its
way must not leave the service open.
"""

import difflib
import os
import re
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from lib.errors import StartupError
from lib.settings.secret_files import FROM_FILES, SUFFIX, with_secrets_from_files
from lib.settings.sections import Settings, environment_names

DEFAULTS = Path(__file__).parents[2] / "configs" / "default.yaml"

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
        "NV_DIR",
        "SRC_DIR",
        "VENV_DIR",
        "TILT_VENV_DIR",
        "WHEELHOUSE_DIR",
        "LOG_DIR",
        "RUN_AS",
        "API_PYTHON",
        "TILT_PYTHON",
        "TILT_RESTARTS",
        "TILT_RESTART_WINDOW_S",
        "TILT_START_TIMEOUT_S",
        "TILT_WHEEL_URL",
        "TILT_WHEEL_SHA256",
    }
)
"""Names of ours that the scripts and huggingface_hub read."""

VLLM_OWN = frozenset({"VLLM_HOST_IP", "VLLM_PORT", "VLLM_API_KEY"})
"""vLLM's own variables that resemble ours. Source: vllm/envs.py of vLLM 0.8.3."""

REFUSED_BLANK = frozenset({"API_KEYS"})
"""What may be empty but not white space."""

RESEMBLES = 0.85
"""From this difflib ratio on, an unknown name counts as a misspelling of ours."""


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the defaults, the operator's file and the environment.

    Args:
        environ: The environment; None: the process's own.

    Raises:
        StartupError: A value is out of its range, a name is a near miss, or a file cannot be read; names the setting.
    """
    environ = types.MappingProxyType(dict(os.environ if environ is None else environ))
    _refuse_near_misses(environ)
    environ = with_secrets_from_files(environ)
    tree = _read_yaml(DEFAULTS, environ)
    if own := environ.get("CONFIG_FILE"):
        _merge(tree, _read_yaml(Path(own), environ), own)
    for name, place in reversed(environment_names().items()):  # The variable comes last and so wins over its aliases.
        given = environ.get(name, "")
        if value := given.strip() or (given if name in REFUSED_BLANK else ""):
            section, key = place.split(".")
            tree[section][key] = value
    try:
        return Settings.model_validate(tree)
    except ValidationError as exc:
        raise StartupError(_explain(exc, environ)) from exc


def _read_yaml(path: Path, environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """A settings file with ${NAME} replaced by the environment's NAME, or by nothing."""
    try:
        text = path.read_text(encoding="utf-8")
        tree = yaml.safe_load(text)
    except (OSError, UnicodeError, yaml.YAMLError) as exc:
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
    known = [*environment_names(), *READ_BY_OTHERS, *(name + SUFFIX for name in FROM_FILES)]
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
            shown = "" if "key" in place or "secret" in place else f" is {item['input']!r}"
            lines.append(f"{name} ({place}){shown}: {item['msg'].removeprefix('Value error, ')}.")
    return re.sub(r"(?<=://)\S*@", "***@", "\n".join(lines))
