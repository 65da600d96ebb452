"""The files that deploy the service say the same thing, and what they say works."""

import ast
import importlib.metadata
import re
import shlex
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from uvicorn.config import Config
from uvicorn.main import main as uvicorn_command

from apps.tilt_api.fork import REQUIRED_BUILD
from lib.settings import load_settings
from scripts.local_service import OPTIONS
from tests.conftest import ROOT

OURS = {"apps", "lib"}
FROM_THE_WHEEL = {"vllm"}


def imports_of(file: Path) -> Iterator[str]:
    """Dotted names of what a module imports, the names it takes from packages included."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def file_of(name: str) -> Path | None:
    """The file of one of our modules."""
    path = ROOT.joinpath(*name.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def third_party_of_the_tilt_server() -> set[str]:
    """Top-level modules that its process imports, at the start or later."""
    waiting = [f"apps.tilt_api.{file.stem}" for file in (ROOT / "apps" / "tilt_api").glob("*.py")]
    seen: set[str] = set()
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        top = name.partition(".")[0]
        if top not in OURS:
            found.add(top)
        elif name not in seen:
            seen.add(name)
            file = file_of(name)
            waiting += [name.rpartition(".")[0]] * ("." in name) + (list(imports_of(file)) if file else [])
    return found - set(sys.stdlib_module_names)


def pins(requirements: str) -> dict[str, str]:
    """Version of each pinned package."""
    text = (ROOT / requirements).read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==([^ ;\\\n]+)", text, flags=re.MULTILINE))


def test_requirements_of_the_tilt_server_cover_its_imports() -> None:
    """Nothing has to be added by hand on a GPU machine, where an hour costs money."""
    distributions = importlib.metadata.packages_distributions()
    wanted = {
        module: distributions.get(module, [module])[0].lower().replace("_", "-")
        for module in third_party_of_the_tilt_server() - FROM_THE_WHEEL
    }

    assert {"fastapi", "PIL", "yaml", "torch"} <= wanted.keys()
    assert set(wanted.values()) - pins("requirements-gpu.txt").keys() == set()


def test_requirements_of_the_tilt_server_on_pytorch_cover_its_imports() -> None:
    """Without vllm, they are an environment of their own."""
    distributions = importlib.metadata.packages_distributions()
    wanted = {
        distributions.get(module, [module])[0].lower().replace("_", "-")
        for module in third_party_of_the_tilt_server() - FROM_THE_WHEEL
    }

    assert {"torch", "safetensors", "tokenizers", "huggingface-hub"} <= wanted
    assert wanted - pins("requirements-torch.txt").keys() == set()
    assert pins("requirements-torch.txt")["torch"] == "2.13.0"


def test_requirements_of_the_tilt_server_have_no_stock_vllm() -> None:
    """It would run until its first answer."""
    assert "vllm" not in pins("requirements-gpu.txt")


@pytest.mark.parametrize(
    ("package", "version"),
    [
        pytest.param("torch", "2.6.0", id="torch"),
        pytest.param("xformers", "0.0.29.post2", id="xformers"),
        pytest.param("transformers", "4.57.1", id="transformers"),
        pytest.param("tokenizers", "0.22.1", id="tokenizers"),
    ],
)
def test_packages_that_the_fork_is_tied_to_keep_their_version(package: str, version: str) -> None:
    """A newer one compiles, installs and fails on the GPU."""
    assert pins("requirements-gpu.txt")[package] == version


@pytest.mark.parametrize("file", ["Dockerfile", "scripts/runpod_environments.sh"])
def test_build_of_vllm_is_the_same_everywhere(file: str) -> None:
    """The server refuses any other."""
    assert re.findall(r"TILT_BUILD=(\S+)", (ROOT / file).read_text())[0] == REQUIRED_BUILD


def test_variables_of_the_scripts_are_no_misspelt_settings() -> None:
    """A variable that the entrypoint reads is passed on to the API, which must not stumble over it."""
    scripts = [*(ROOT / "scripts").glob("*.sh"), ROOT / "Dockerfile"]
    names = {
        name for script in scripts for name in re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", script.read_text())
    }

    assert {"TILT_START_TIMEOUT_S", "NV_DIR", "TILT_WHEEL_SHA256"} <= names
    load_settings(dict.fromkeys(names, ""))


def test_template_of_the_documentation_is_accepted() -> None:
    """Its environment can be pasted as it is."""
    text = (ROOT / "docs" / "deployment.md").read_text()
    block = text.partition("## RunPod template")[2].partition("```bash\n")[2].partition("```")[0]
    environ = dict(line.split("=", 1) for line in block.splitlines() if not line.startswith("#"))

    settings = load_settings(environ)

    assert len(environ) > 15
    assert settings.tilt.api_key


@pytest.mark.parametrize(
    "file", ["Makefile", "Dockerfile", "Dockerfile.dev", "docker-compose.dev.yml", "scripts/entrypoint.sh"]
)
def test_command_that_starts_the_api_has_the_options_of_the_others(file: str) -> None:
    """What the tests start is what runs in a pod."""
    words = re.split(r'[\s",]+', (ROOT / file).read_text(encoding="utf-8"))
    started = words[words.index("apps.api_gpu.main:app") :]

    assert set(OPTIONS) <= set(started[: started.index(OPTIONS[0]) + len(OPTIONS)])


@pytest.mark.parametrize("script", ["entrypoint.sh", "runpod_bootstrap_git.sh", "runpod_environments.sh", "warmup.py"])
def test_exit_codes_of_a_script_are_documented(script: str) -> None:
    """Every code that a script names at its top is in the table of docs/deployment.md."""
    table = (ROOT / "docs" / "deployment.md").read_text().partition("## When it does not work")[2].partition("\n## ")[0]
    documented = {code for line in table.splitlines() for code in re.findall(r"\| ([\d, ]+) \|", line)}
    known = {int(code) for codes in documented for code in codes.split(", ")}
    head = (
        (ROOT / "scripts" / script)
        .read_text()
        .partition("Exit codes")[2]
        .split("\n\n" if script[-1] == "y" else "\nset ")[0]
    )
    named = {
        int(code) for code in re.findall(r"(?<![\d.])(\d{1,2})(?= (?:wrong|where|no |a |the |it |what|HF_HOME))", head)
    }

    assert named
    assert named - {0} <= known


def compose() -> dict[str, dict[str, object]]:
    """The services of the development set-up."""
    services: dict[str, dict[str, object]] = yaml.safe_load((ROOT / "docker-compose.dev.yml").read_text())["services"]
    return services


@pytest.mark.parametrize("service", ["api", "mock-vllm"])
def test_command_of_a_compose_service_is_one_that_uvicorn_takes(service: str) -> None:
    """Uvicorn refuses, for one, absolute patterns to reload by."""
    words = shlex.split(str(compose()[service]["command"]).replace("/app/", f"{ROOT}/"))
    options = uvicorn_command.make_context("uvicorn", words[1:]).params

    made = Config(
        options["app"],
        host=options["host"],
        port=options["port"],
        reload=options["reload"],
        reload_dirs=list(options["reload_dirs"]) or None,
        reload_includes=list(options["reload_includes"]) or None,
        reload_excludes=list(options["reload_excludes"]) or None,
    )

    assert made.port == int(str(options["port"]))
    assert made.reload == (service == "api")


def ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path out of the images."""
    patterns = [line for line in (ROOT / ".dockerignore").read_text().split() if not line.startswith("#")]
    parts = Path(path).parts
    starts = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    return any(fnmatch(start, pattern.removeprefix("**/")) for pattern in patterns for start in [*starts, *parts])


@pytest.mark.parametrize(
    "path", [".git/config", ".venv/bin/python", "tests/samples/a.pdf", ".env", "secrets/api_keys", "lib/__pycache__/a"]
)
def test_images_have_no(path: str) -> None:
    """What is large, secret or only for tests."""
    assert ignored(path)


@pytest.mark.parametrize("file", ["Dockerfile", "Dockerfile.dev"])
def test_images_have_what_they_copy(file: str) -> None:
    """Every source of COPY is there and not ignored."""
    copies = re.findall(r"^COPY (?!--from)(?:--\S+ )*(.+) \S+$", (ROOT / file).read_text(), flags=re.MULTILINE)
    sources = [source for copy in copies for source in copy.split()]

    assert sources
    assert [source for source in sources if not (ROOT / source).exists() or ignored(source)] == []


def test_workers_of_compose_share_queue_and_uploads_with_the_api() -> None:
    """What one of them puts away, the others find."""
    services = compose()
    api, worker = services["api"], services["worker"]

    assert worker["command"] == "python -m apps.worker"
    assert worker["volumes"] == api["volumes"]
    for name in ("JOB_UPLOAD_DIR", "VLLM_BASE_URL"):
        assert worker["environment"][name] == api["environment"][name]  # type: ignore[index]
    assert services["redis"]["profiles"] == worker["profiles"] == ["queue"]
    assert "--appendonly yes" in str(services["redis"]["command"])
