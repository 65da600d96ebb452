#!/usr/bin/env bash
# Git mode, second half: two virtual environments on the network volume, then scripts/entrypoint.sh.
#
# An environment is built anew only when its requirements, the interpreter or the vllm wheel changed. Packages come from
# the wheelhouse on the volume; what it lacks comes from the index, and is kept there. The mark that an environment is
# whole is written last, so that a build that was interrupted is begun again.
#
#   NV_DIR           the network volume (/workspace/nv)
#   VENV_DIR, TILT_VENV_DIR, WHEELHOUSE_DIR   NV_DIR/venv, NV_DIR/venv-tilt, NV_DIR/wheelhouse
#   API_DIR, REQS_FILE   the API and its requirements in the tree (apps/api_gpu, requirements-cpu.txt)
#   PYTHON           the interpreter, 3.11 (python3.11, else python3)
#   MOCK_VLLM        1: no environment for the TILT server; its mock runs in the API's
#   TILT_ENGINE      torch: the TILT server on PyTorch (requirements-torch.txt), which needs no vllm wheel
#   TILT_WHEEL_URL, TILT_WHEEL_SHA256   where the vllm wheel is, if the wheelhouse lacks it
#
# Exit codes: 10 no vllm wheel, 64 wrong setting, 69 no network or no such package, 70 pip failed otherwise, 73 the volume
# cannot be written, 74 it is full, 76 a wheel is not the one that was named; after that, those of scripts/entrypoint.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

NV_DIR="${NV_DIR:-/workspace/nv}"
VENV_DIR="${VENV_DIR:-$NV_DIR/venv}"
TILT_VENV_DIR="${TILT_VENV_DIR:-$NV_DIR/venv-tilt}"
WHEELHOUSE_DIR="${WHEELHOUSE_DIR:-$NV_DIR/wheelhouse}"
API_DIR="${API_DIR:-apps/api_gpu}"
REQS_FILE="${REQS_FILE:-requirements-cpu.txt}"
PYTHON="${PYTHON:-$(command -v python3.11 || command -v python3 || true)}"
TILT_BUILD=0.8.3+tilt
API_GB=4 TILT_GB=16 # What a build takes on the volume: wheels and environment.

export LOG_DIR="${LOG_DIR:-$NV_DIR/logs}"
export HF_HOME="${HF_HOME:-$NV_DIR/cache/hf}"
export XDG_CACHE_HOME="${XDG_CACHE_HOME:-$NV_DIR/cache}"
export PIP_CACHE_DIR="$NV_DIR/cache/pip" PIP_DISABLE_PIP_VERSION_CHECK=1
log="$LOG_DIR/bootstrap.log"

say() { printf 'bootstrap: %s\n' "$*" >&2; }
fail() { # fail CODE SENTENCE
  say "$2"
  exit "$1"
}

check_settings() {
  [[ -f "$API_DIR/main.py" ]] || fail 64 "the tree has no $API_DIR/main.py (API_DIR)."
  [[ -f "$REQS_FILE" ]] || fail 64 "the tree has no $REQS_FILE (REQS_FILE)."
  if ! "${PYTHON:-python3}" -c 'import ensurepip, sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
    fail 64 "Python 3.11 with venv is needed; take an image that has it, or set PYTHON."
  fi
  local said
  said="$(mkdir -p "$LOG_DIR" "$HF_HOME" "$WHEELHOUSE_DIR" 2>&1 && { : >"$log"; } 2>&1)" ||
    fail 73 "$NV_DIR cannot be written (${said##*: }); mount the network volume there, writable, or set NV_DIR."
}

need_space() { # need_space GB
  local free
  free="$(df --output=avail -BG "$NV_DIR" | tail -n 1 | tr -dc 0-9)"
  ((free >= $1)) || fail 74 "$NV_DIR has $free GB free, and $1 GB are needed; make the volume larger or clear it up."
}

explain() { # explain WHAT: ends with a sentence about why the last command failed, after its last words.
  local said
  said="$(tac "$log" | sed '/^== /q' | tac)" # Not what an earlier command said, which may have been no failure.
  tail -n 5 <<<"$said" | sed 's/^/bootstrap:   /' >&2
  case "$said" in
    *'No space left'*) fail 74 "$1 failed: the disk is full; see $log." ;;
    *'DO NOT MATCH THE HASHES'*)
      fail 76 "$1 failed: a package is not the one that was locked, its hash differs; see $log." ;;
    *'--require-hashes'*)
      fail 70 "$1 failed: a requirement has no exact version or no hash, as pip's words above say; see $log." ;;
    *'No matching distribution'* | *NewConnectionError* | *'timed out'*) # pip says the former of a dead network, too.
      fail 69 "$1 failed: the wheelhouse lacks packages and the index cannot be reached or lacks them too; see $log." ;;
    *) fail 70 "$1 failed as its words above say; see $log." ;;
  esac
}

pip_in() { # pip_in DIR ARGUMENTS: each command's words stand behind a line of its own in the log.
  local dir="$1"
  shift
  printf '== pip %s\n' "$*" >>"$log"
  "$dir/bin/python" -m pip "$@" >>"$log" 2>&1
}

lock_options() { # lock_options REQUIREMENTS: a file of hashes lists all there is to install.
  # Resolving it again would only find what it does not pin: pip before 24.0, which Debian 12 and Python 3.11 bring,
  # refuses such a file where one package asks for another's extra, as fastapi-cli does for uvicorn[standard].
  if grep -q -- '--hash=' "$1"; then printf -- '--no-deps'; fi
}

fetch_wheels() { # fetch_wheels DIR REQUIREMENTS: from the index into the wheelhouse, whole files only.
  local incoming="$WHEELHOUSE_DIR/.incoming"
  rm -rf "$incoming"
  mkdir -p "$incoming"
  # What pip holds while it works is gigabytes, too: on the volume rather than in the container's /tmp.
  # shellcheck disable=SC2046 # One option or none.
  TMPDIR="$incoming" pip_in "$1" wheel -q --find-links "$WHEELHOUSE_DIR" --wheel-dir "$incoming" $(lock_options "$2") \
    -r "$2" || explain "fetching the packages of $2"
  mv -f "$incoming"/*.whl "$WHEELHOUSE_DIR"/
  rm -rf "$incoming" "$PIP_CACHE_DIR"
}

install() { # install DIR ARGUMENTS: from the wheelhouse alone.
  local dir="$1"
  shift
  pip_in "$dir" install -q --no-index --find-links "$WHEELHOUSE_DIR" "$@"
}

install_all() { # install_all DIR REQUIREMENTS
  # shellcheck disable=SC2046 # One option or none.
  install "$1" $(lock_options "$2") -r "$2"
}

build() { # build DIR REQUIREMENTS [WHEEL]
  local dir="$1" requirements="$2" headless
  rm -rf "$dir"
  printf '== venv %s\n' "$dir" >>"$log"
  "$PYTHON" -m venv "$dir" >>"$log" 2>&1 || explain "making $dir"
  if ! install_all "$dir" "$requirements"; then
    say "fetching from the index what the wheelhouse lacks"
    fetch_wheels "$dir" "$requirements"
    install_all "$dir" "$requirements" || explain "installing $requirements"
  fi
  # Two OpenCV wheels write one folder, and the headless one must win: it needs no libGL.
  headless="$(grep -o '^opencv-python-headless==[^ ;]*' "$requirements" || true)"
  if [[ -n "$headless" ]] && grep -q '^opencv-contrib-python==' "$requirements"; then
    install "$dir" --no-deps --force-reinstall "$headless" || explain "repairing OpenCV"
  fi
  [[ -z "${3:-}" ]] || install "$dir" --no-deps "$3" || explain "installing vllm"
}

environment() { # environment DIR REQUIREMENTS GB [WHEEL]
  local dir="$1" requirements="$2" gb="$3" wheel="${4:-}" want mark="$1/.complete"
  want="$({
    cat "$requirements"
    "$PYTHON" -VV
    [[ -z "$wheel" ]] || stat -c '%n %s %Y' "$wheel"
  } | sha256sum)"
  if [[ -f "$mark" && "$(<"$mark")" == "$want" ]] && "$dir/bin/python" -c '' 2>/dev/null; then
    say "$dir is up to date"
    return
  fi
  say "building $dir from $requirements"
  need_space "$gb"
  build "$dir" "$requirements" "$wheel"
  printf '%s' "$want" >"$mark.new"
  mv "$mark.new" "$mark"
}

vllm_wheel() { # Prints the wheel's path; fetches it where TILT_WHEEL_URL says, if need be.
  local wheel partial
  wheel="$(find "$WHEELHOUSE_DIR" -maxdepth 1 -name "vllm-$TILT_BUILD-*.whl" | sort | tail -n 1)"
  if [[ -z "$wheel" ]]; then
    [[ -n "${TILT_WHEEL_URL:-}" ]] ||
      fail 10 "$WHEELHOUSE_DIR has no wheel of vllm $TILT_BUILD; put it there, set TILT_WHEEL_URL, or take TILT_ENGINE=torch."
    [[ "${TILT_WHEEL_SHA256:-}" =~ ^[0-9a-f]{64}$ ]] || fail 64 "TILT_WHEEL_SHA256 must be the wheel's SHA-256."
    wheel="$WHEELHOUSE_DIR/vllm-$TILT_BUILD-cp311-cp311-linux_x86_64.whl" partial="$WHEELHOUSE_DIR/.vllm.partial"
    say "fetching the vllm wheel"
    curl -fsSL --retry 3 -C - -o "$partial" "$TILT_WHEEL_URL" >&2 || fail 69 "TILT_WHEEL_URL cannot be fetched."
    if ! sha256sum -c --status <<<"$TILT_WHEEL_SHA256  $partial"; then
      rm -f "$partial"
      fail 76 "what TILT_WHEEL_URL gives has another SHA-256 than TILT_WHEEL_SHA256; it was thrown away."
    fi
    mv "$partial" "$wheel"
  fi
  printf '%s' "$wheel"
}

main() {
  local wheel
  check_settings
  if [[ "${MOCK_VLLM:-0}" != 1 ]]; then
    if [[ "${TILT_ENGINE:-}" == torch ]]; then
      environment "$TILT_VENV_DIR" requirements-torch.txt "$TILT_GB"
    else
      wheel="$(vllm_wheel)" # First: its absence shows at once.
      environment "$TILT_VENV_DIR" requirements-gpu.txt "$TILT_GB" "$wheel"
    fi
    export TILT_PYTHON="$TILT_VENV_DIR/bin/python"
  fi
  environment "$VENV_DIR" "$REQS_FILE" "$API_GB"
  export API_PYTHON="$VENV_DIR/bin/python"
  exec bash scripts/entrypoint.sh
}

main "$@"
