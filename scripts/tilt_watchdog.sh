#!/usr/bin/env bash
# Keeps the TILT server alive for as long as the API lives: tilt_watchdog.sh API_PID STATE_DIR LOG COMMAND...
#
# Before the API is there, a server that ends is not started again: the entrypoint says why and ends. Afterwards it is
# started again with growing pauses, TILT_RESTARTS times (3) within TILT_RESTART_WINDOW_S (600); then, or where starting
# again cannot help, the API is sent TERM, so that the container ends and the platform starts it anew.
# When the API is gone, the server is ended, by force after 20 s. Exit codes say nothing; nobody waits.
set -uo pipefail

api="$1" state="$2" log="$3"
shift 3
restarts="${TILT_RESTARTS:-3}"
window="${TILT_RESTART_WINDOW_S:-600}"
HOPELESS="2 10 11 12" # Exit codes of apps.tilt_api: wrong setting, no vllm, wrong build, no usable GPU.

say() { printf 'watchdog: %s\n' "$*" | tee -a "$log" >&2; }

# A process id may be given to another process: the same id with another start time is not the API.
started() { cut -d ' ' -f 22 "/proc/$1/stat" 2>/dev/null; }
birth="$(started "$api")"
api_lives() { [[ -n "$birth" && "$(started "$api")" == "$birth" ]] && ! grep -q '^State:.Z' "/proc/$api/status"; }
api_serves() { [[ -f "$state/ready" ]]; }

start() { # In a session of its own, so that whatever it starts can be ended with it.
  setsid "$@" > >(exec tee -a "$log" | sed -u 's/^/[tilt] /') 2>&1 &
  server=$!
}

sweep() { kill -KILL -- "-$server" 2>/dev/null; } # Children of the engine would keep the GPU's memory.

stop() {
  kill -TERM "$server" 2>/dev/null
  for _ in {1..100}; do
    kill -0 "$server" 2>/dev/null || break
    sleep 0.2
  done
  kill -0 "$server" 2>/dev/null && say "the TILT server does not end; killing it"
  sweep
}

end_api() { # The API drains first, within DRAIN_S; it has its own way to end sooner.
  say "$1; ending the API, so that the platform starts the container anew"
  kill -TERM "$api"
  for ((waited = 0; waited < ${DRAIN_S:-30} + 30; waited++)); do
    api_lives || break
    sleep 1
  done
  api_lives && kill -KILL "$api"
  rm -rf "$state"
  exit 0
}

times=()
pause=1
start "$@"
while true; do
  if ! api_lives; then
    stop
    rm -rf "$state"
    exit 0
  fi
  if kill -0 "$server" 2>/dev/null; then
    sleep 0.5
    continue
  fi
  wait "$server"
  code=$?
  sweep
  if ! api_serves; then
    printf '%s' "$code" >"$state/tilt.exit.new" 2>/dev/null && mv "$state/tilt.exit.new" "$state/tilt.exit"
    api_serves || exit 0
    rm -f "$state/tilt.exit" # It became ready and ended in the same moment.
  fi
  [[ " $HOPELESS " == *" $code "* ]] && end_api "the TILT server ended with code $code, which no restart mends"
  now=$SECONDS recent=()
  for time in ${times[@]+"${times[@]}"}; do
    ((now - time < window)) && recent+=("$time")
  done
  ((${#recent[@]} == 0)) && pause=1
  ((${#recent[@]} >= restarts)) && end_api "the TILT server ended again, after $restarts restarts within $window s"
  times=(${recent[@]+"${recent[@]}"} "$now")
  say "the TILT server ended with code $code; starting it again in $pause s"
  sleep "$pause"
  pause=$((pause < 30 ? pause * 2 : 30))
  start "$@"
done
