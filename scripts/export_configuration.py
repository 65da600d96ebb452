"""docs/configuration.md, written from configs/default.yaml and the settings' models: `make docs`.

In: the comments of the YAML file (what a setting means), the models (its variables, type and range). Out: one table for
each section. A test fails when the file is older than either.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

import yaml
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from lib.settings import DEFAULTS, Settings, every_setting, variables

TARGET = DEFAULTS.parents[1] / "docs" / "configuration.md"

HEAD = """# Configuration

<!-- Written by `make docs` from configs/default.yaml and lib/settings. Edit those. -->

Every setting has a variable and a place in [configs/default.yaml](../configs/default.yaml), which holds the default.
Set the variable, or write a file of your own in the same shape, with only what differs, and name it in `CONFIG_FILE`:

```yaml
tilt:
  base_url: http://${TILT_HOST}:8001/v1
  timeout_s: 20
```

* The environment wins over your file, which wins over the defaults. `${NAME}` in a file is the environment's `NAME`.
* An empty variable counts as not set. A list is written with commas; on and off as `1`, `on`, `true` or `0`, `off`,
  `false`.
* A value out of its range stops the start with one sentence that names the setting; so does a variable that nearly has
  the name of a setting (`OCR_CONCURENCY`), because it would be ignored in silence.
* `API_KEYS`, `VLLM_API_KEY`, `REDIS_URL`, `REDIS_PASSWORD` and `CALLBACK_SECRET` may stand in a file, as Docker and
  Kubernetes mount secrets: `API_KEYS_FILE=/run/secrets/api_keys`, with one key a line. An empty file stops the start.
* Settings are read once, at the start. A name in brackets is an alias, which yields to the variable's own name.
"""

UNITS = {
    "_s": "seconds",
    "_mb": "MB (2^20 bytes)",
    "_dpi": "dots per inch",
    "_pixels": "pixels",
    "_tokens": "tokens",
    "_side": "pixels",
}
"""By the end of a setting's name."""

SECRETS = frozenset({"keys", "api_key", "callback_secret"})


def page() -> str:
    """The whole file."""
    return "\n".join([HEAD, *_sections()])


def _sections() -> Iterator[str]:
    comments, defaults = _comments(), yaml.safe_load(DEFAULTS.read_text(encoding="utf-8"))
    for section, info in Settings.model_fields.items():
        assert isinstance(info.annotation, type)  # noqa: S101 - every section is a model class
        yield f"## {section}\n\n{(info.annotation.__doc__ or '').splitlines()[0]}\n"
        yield "| variable | in default.yaml | default | unit or values | meaning |"
        yield "|---|---|---|---|---|"
        for name, setting in ((name, setting) for part, name, setting in every_setting() if part == section):
            place = f"{section}.{name}"
            cells = [
                _names(setting),
                f"`{place}`",
                _default(defaults[section][name]),
                _values(name, setting),
                comments[place],
            ]
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
        yield ""


def _comments() -> Mapping[str, str]:
    """What the YAML file says of each `section.name`, without the variables and the choices."""
    section, meanings = "", {}
    for line in DEFAULTS.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"(\w+):", line):
            section = found[1]
        elif found := re.match(r"  (\w+):.*?\s# [A-Z_]+(?: \([A-Z_, ]+\))?\s*(.*)$", line):
            meanings[f"{section}.{found[1]}"] = _without_choices(found[2])
    return meanings


def _without_choices(meaning: str) -> str:
    """`on | off: read the XML` as `read the XML`; the choices have a column of their own."""
    choices, _, rest = meaning.partition(": ")
    return rest if " | " in choices or choices == "cpu" else meaning


def _names(setting: FieldInfo) -> str:
    own, *aliases = (f"`{name}`" for name in variables(setting))
    return f"{own} ({', '.join(aliases)})" if aliases else own


def _default(value: object) -> str:
    if value in ("", [], "${VLLM_BASE_URL}"):
        return "(none)"
    if isinstance(value, bool):
        return "`on`" if value else "`off`"
    return f"`{','.join(value) if isinstance(value, list) else value}`"


def _values(name: str, setting: FieldInfo) -> str:
    """The unit by the name's ending, and the choices or the range."""
    unit = next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "")
    parts = [unit or _kind(name, setting.annotation), *_bounds(setting)]
    return ", ".join(part for part in parts if part)


def _kind(name: str, annotation: Any) -> str:  # noqa: ANN401 - any type there is
    if get_origin(annotation) is Literal:
        return " | ".join(get_args(annotation))
    if annotation is SecretStr or name in SECRETS:
        return "secret"
    if get_origin(annotation) is tuple:
        return "comma-separated"
    return {bool: "on | off", int: "whole number", float: "number", str: "text"}[annotation]


def _bounds(setting: FieldInfo) -> Iterator[str]:
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    for constraint in setting.metadata:
        for name, sign in signs.items():
            if (bound := getattr(constraint, name, None)) is not None:
                yield f"{sign} {bound}"


def main() -> None:
    """Write the file."""
    TARGET.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
