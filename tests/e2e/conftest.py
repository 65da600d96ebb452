"""Fixtures of the tests that start real processes."""

from pathlib import Path

import pytest

from tests.e2e.pod_volume import Place, place_in


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A volume with a wheelhouse, and a repository with a small version of ours."""
    return place_in(tmp_path)
