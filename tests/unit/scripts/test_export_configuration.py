"""docs/configuration.md is what the settings are."""

import re

from lib.settings import environment_names
from scripts.export_configuration import TARGET, page


def rows() -> dict[str, list[str]]:
    """The cells of each setting's row, by its place."""
    lines = [line for line in page().splitlines() if line.startswith("| `")]
    cells = [[cell.strip(" `") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return {row[1]: row for row in cells}


def test_configuration_page_is_up_to_date() -> None:
    """`make docs` was run after the last change."""
    assert TARGET.read_text(encoding="utf-8") == page()


def test_every_setting_has_a_row_with_unit_and_meaning() -> None:
    """Nothing can be set that is not explained."""
    explained = rows()

    assert explained.keys() == set(environment_names().values())
    assert [row for row in explained.values() if not all(row)] == []


def test_row_tells_variable_alias_default_and_range() -> None:
    """One row, cell by cell."""
    assert rows()["api.port"] == [
        "API_PORT` (`PORT_API`)",
        "api.port",
        "8000",
        "whole number, ≥ 1, ≤ 65535",
        "TCP port of the service",
    ]
    assert rows()["upload.einvoice"][2:4] == ["on", r"on \| off"]
