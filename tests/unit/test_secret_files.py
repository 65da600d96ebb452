"""Secrets from files, as Docker and Kubernetes mount them."""

from pathlib import Path

import pytest
from redis import Redis

from lib.errors import StartupError
from lib.settings import load_settings


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file with a secret, ended by a line break as editors do."""
    path = tmp_path / "secret"
    path.write_text("hunter2\n")
    return path


def test_secret_in_a_file_is_the_value_of_its_variable(secret: Path) -> None:
    """Without the line break."""
    settings = load_settings({"CALLBACK_SECRET_FILE": str(secret), "VLLM_API_KEY_FILE": str(secret)})

    assert settings.jobs.callback_secret.get_secret_value() == "hunter2"
    assert settings.tilt.api_key.get_secret_value() == "hunter2"


def test_keys_in_a_file_stand_on_lines_or_between_commas(secret: Path) -> None:
    """A line is how people write lists in files."""
    secret.write_text("one\ntwo,three\n")

    keys = load_settings({"API_KEYS_FILE": str(secret)}).api.keys

    assert [key.get_secret_value() for key in keys] == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({"API_KEYS_FILE": "/dev/null"}, "API_KEYS_FILE names /dev/null, which is empty", id="empty"),
        pytest.param({"API_KEYS_FILE": "/no/such"}, "API_KEYS_FILE names /no/such.*No such file", id="missing"),
        pytest.param({"API_KEYS_FILE": "/no/such", "API_KEYS": "a"}, "Both API_KEYS and API_KEYS_FILE", id="both"),
        pytest.param({"API_KEY_FILE": "/no/such"}, "did you mean API_KEYS_FILE", id="misspelt"),
    ],
)
def test_file_that_gives_no_secret_stops_the_start(environ: dict[str, str], expected: str) -> None:
    """Rather than leave the service open."""
    with pytest.raises(StartupError, match=expected):
        load_settings(environ)


def test_empty_name_of_a_file_counts_as_not_set() -> None:
    """Compose files pass empty variables along."""
    assert load_settings({"API_KEYS_FILE": " "}) == load_settings({})


@pytest.mark.parametrize(
    ("url", "password"),
    [
        pytest.param("redis://queue:6380/1", "a b/c@d:e", id="odd characters"),
        pytest.param("rediss://worker@queue:6380/1", "hunter2", id="user"),
        pytest.param("unix:///run/redis.sock", "hunter2", id="socket"),
    ],
)
def test_password_of_redis_becomes_part_of_its_address(url: str, password: str) -> None:
    """The client gets it back as it was written, and everything else of the address."""
    made, bare = (
        Redis.from_url(load_settings({"REDIS_URL": url} | environ).jobs.redis_url).get_connection_kwargs()
        for environ in ({"REDIS_PASSWORD": password}, {})
    )

    assert made["password"] == password
    assert [made.get(key) for key in ("username", "host", "port", "db", "path")] == [
        bare.get(key) for key in ("username", "host", "port", "db", "path")
    ]


def test_password_without_an_address_asks_for_no_queue() -> None:
    """REDIS_URL alone says whether there are jobs."""
    assert load_settings({"REDIS_PASSWORD": "hunter2"}).jobs.redis_url == ""


def test_second_password_in_the_address_is_refused_without_being_shown() -> None:
    """It cannot be meant."""
    with pytest.raises(StartupError, match="REDIS_PASSWORD is set as well") as caught:
        load_settings({"REDIS_URL": "redis://:hunter2@queue", "REDIS_PASSWORD": "other"})

    assert "hunter2" not in str(caught.value)
