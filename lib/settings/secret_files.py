"""Secrets from files, as Docker, Compose and Kubernetes mount them: API_KEYS_FILE=/run/secrets/api_keys.

In: the environment. Out: the same with the files' contents under the names that they stand for.
"""

from collections.abc import Mapping
from pathlib import Path

from lib.errors import StartupError

SUFFIX = "_FILE"

FROM_FILES = frozenset({"API_KEYS", "VLLM_API_KEY", "REDIS_URL", "REDIS_PASSWORD", "CALLBACK_SECRET"})
"""Variables whose value may stand in a file instead, which `<NAME>_FILE` names."""


def with_secrets_from_files(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Read the files of secrets.

    Args:
        environ: The environment.

    Returns:
        A copy in which each of the files has become its variable.

    Raises:
        StartupError: A file cannot be read or is empty, or the variable is set as well; names the variable.
    """
    found = {name: environ[name + SUFFIX].strip() for name in FROM_FILES if environ.get(name + SUFFIX, "").strip()}
    return {**environ, **{name: _read(name, path, environ) for name, path in found.items()}}


def _read(name: str, path: str, environ: Mapping[str, str]) -> str:
    """The value in a file, without the line break at its end; several lines are several keys."""
    if environ.get(name, "").strip():
        raise StartupError(f"Both {name} and {name}{SUFFIX} are set; unset one of them.")
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as exc:
        why = getattr(exc, "strerror", None) or "it is not UTF-8"
        raise StartupError(f"{name}{SUFFIX} names {path}, which cannot be read: {why}.") from exc
    if not text:
        raise StartupError(f"{name}{SUFFIX} names {path}, which is empty.")
    return ",".join(text.splitlines()) if name == "API_KEYS" else text
