#!/usr/bin/env bash
# Starts the pod: the TILT server, or its mock with MOCK_VLLM=1, under a watchdog; then, once it answers, the API.
#
# The API takes this process's place (exec), so that signals reach it first: SIGTERM drains it, and when it has ended the
# watchdog ends the TILT server. Exit codes: 2 where a setting is wrong or the API's port is taken, the TILT server's own
# where it cannot start, 70 where it does not answer in time, 73 where the log cannot be written; after that, the API's.
#
#   API_PYTHON, TILT_PYTHON   interpreters of the two environments (/opt/api, /opt/tilt, else python3)
#   LOG_DIR                   where tilt.log goes (/workspace/nv/logs where that volume is, else a temporary folder)
#   HF_HOME                   where models are kept (/workspace/nv/cache/hf where that volume is)
#   RUN_AS                    user to become where this is started as root; its folders are made first
#   TILT_START_TIMEOUT_S      seconds until the TILT server must answer (900: the first start downloads the model)
#   TILT_RESTARTS, TILT_RESTART_WINDOW_S   how often it may be started again while the API serves (3 in 600 s)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
LOG_LIMIT_MB=100 # A longer tilt.log is put aside at the start, as tilt.log.1.

# As process 1 the API would neither reap orphans nor end with a code that says why.
if (($$ == 1)) && command -v tini >/dev/null; then
  exec tini -- bash scripts/entrypoint.sh
fi

say() { printf 'entrypoint: %s\n' "$*" >&2; }

first_there() { # The first of some programs that exists.
  local program
  for program in "$@"; do
    if command -v "$program" >/dev/null 2>&1; then
      printf '%s' "$program"
      return
    fi
  done
}

API_PYTHON="${API_PYTHON:-$(first_there /opt/api/bin/python python3)}"
TILT_PYTHON="${TILT_PYTHON:-$(first_there /opt/tilt/bin/python python3)}"
export API_PORT="${API_PORT:-${PORT_API:-8000}}"
export VLLM_PORT="${VLLM_PORT:-${PORT_VLLM:-8001}}"
export TILT_MODEL="${TILT_MODEL:-${MODEL_NAME:-Snowflake/snowflake-arctic-tilt-v1.3}}"
unset PORT_API PORT_VLLM MODEL_NAME

if [[ -z "${LOG_DIR:-}" ]]; then
  LOG_DIR="$([[ -d /workspace/nv ]] && printf /workspace/nv/logs || printf '%s/ocrlty' "${TMPDIR:-/tmp}")"
fi
if [[ -z "${HF_HOME:-}" && -d /workspace/nv ]]; then
  export HF_HOME=/workspace/nv/cache/hf
fi
log="$LOG_DIR/tilt.log"
if ((EUID == 0)) && [[ -n "${RUN_AS:-}" ]]; then
  for folder in "$LOG_DIR" "${HF_HOME:-}"; do # A fresh volume is root's.
    if [[ -n "$folder" ]] && mkdir -p "$folder" 2>/dev/null && [[ "$(stat -c %U "$folder")" != "$RUN_AS" ]]; then
      chown -R "$RUN_AS" "$folder" 2>/dev/null || true
    fi
  done
  HOME="$(getent passwd "$RUN_AS" | cut -d : -f 6)" LOG_DIR="$LOG_DIR" \
    exec setpriv --reuid "$RUN_AS" --regid "$RUN_AS" --init-groups bash scripts/entrypoint.sh
fi
if ! { mkdir -p "$LOG_DIR" && : >>"$log"; } 2>/dev/null; then
  say "$log cannot be written; mount the volume writable or set LOG_DIR to a folder that is."
  exit 73
fi

if (($(stat -c %s "$log") > LOG_LIMIT_MB << 20)); then
  mv -f "$log" "$log.1"
fi

"$API_PYTHON" -m scripts.preflight # Seconds now rather than minutes later, when the model is loaded.

trap 'exit 143' TERM INT # Where this is process 1, the kernel would not end it.
state="$(mktemp -d)" # For the watchdog: `ready` is made here; tilt.exit is what the TILT server has ended with for good.
if [[ "${MOCK_VLLM:-0}" == 1 ]]; then
  server=("$API_PYTHON" -m uvicorn scripts.mock_vllm:app --host 127.0.0.1 --port "$VLLM_PORT")
else
  server=("$TILT_PYTHON" -m apps.tilt_api)
fi

say "starting ${server[*]}, log in $log"
# Detached, so that it is nobody's zombie when it ends; the API will have this shell's process id.
(setsid bash scripts/tilt_watchdog.sh "$$" "$state" "$log" "${server[@]}" &)

models="http://127.0.0.1:$VLLM_PORT/v1/models"
limit="${TILT_START_TIMEOUT_S:-900}"
stop_if_ended() {
  local code
  [[ -f "$state/tilt.exit" ]] || return 0
  code="$(<"$state/tilt.exit")"
  rm -rf "$state"
  say "the TILT server ended with code $code before it was ready; the end of its log:"
  tail -n 20 "$log" >&2
  exit $((code == 0 ? 70 : code))
}
until "$API_PYTHON" -m scripts.probe --key-from VLLM_API_KEY "$models" 2>/dev/null; do
  stop_if_ended
  if ((SECONDS >= limit)); then
    say "the TILT server did not answer on $models within $limit s (TILT_START_TIMEOUT_S); the end of its log:"
    tail -n 20 "$log" >&2
    exit 70
  fi
  sleep 1
done

touch "$state/ready" # From here on the watchdog starts it again; it may have ended just before.
stop_if_ended
say "the TILT server answers; starting the API on port $API_PORT"
export VLLM_BASE_URL="${VLLM_BASE_URL:-http://127.0.0.1:$VLLM_PORT/v1}"
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
exec "$API_PYTHON" -m uvicorn apps.api_gpu.main:app --host 0.0.0.0 --port "$API_PORT" --workers 1 --http apps.api_gpu.http_protocol:GuardedProtocol --timeout-keep-alive 75 --timeout-graceful-shutdown 4
