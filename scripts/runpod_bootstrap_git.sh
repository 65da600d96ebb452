#!/usr/bin/env bash
# Git mode: brings the repository on the network volume up to date, then hands over to scripts/runpod_environments.sh.
#
# Runs at every start of the pod, from a single file: the start command has fetched nothing else. Local work is not
# lost: a tree with changes, commits that are not pushed, or a branch of its own is started as it is, and that is said.
# So is a tree that cannot be updated because the network or the key fails. Interrupted anywhere, the next run finishes.
#
#   GIT_REPO        git@github.com:owner/repo.git or https://github.com/owner/repo.git, without a token
#   GIT_BRANCH      branch to follow (main)
#   USE_SSH         1: sign in with SSH_KEY_PATH; 0: over HTTPS, with GH_TOKEN if it is set (1 where GH_TOKEN is not set)
#   SSH_KEY_PATH    private key (NV_DIR/.ssh/id_ed25519)
#   GIT_USER_NAME, GIT_USER_EMAIL   who commits from the pod
#   NV_DIR          the network volume (/workspace/nv); SRC_DIR the tree on it (NV_DIR/src)
#
# Exit codes where there is no tree to start: 64 wrong setting, 69 no network or no tool, 73 the volume cannot be
# written, 74 it is full, 77 the key or token is refused. After that, those of scripts/runpod_environments.sh.
set -euo pipefail

NV_DIR="${NV_DIR:-/workspace/nv}"
SRC_DIR="${SRC_DIR:-$NV_DIR/src}"
GIT_BRANCH="${GIT_BRANCH:-main}"
SSH_KEY_PATH="${SSH_KEY_PATH:-$NV_DIR/.ssh/id_ed25519}"
USE_SSH="${USE_SSH:-$([[ -n "${GH_TOKEN:-}" ]] && echo 0 || echo 1)}"
ENVIRONMENTS=scripts/runpod_environments.sh
# shellcheck disable=SC2016 # Expanded by the shell that git starts, not by this one.
TOKEN_HELPER='!f() { [ "$1" = get ] && [ -n "$GH_TOKEN" ] && printf "username=git\npassword=%s\n" "$GH_TOKEN"; }; f'

say() { printf 'bootstrap: %s\n' "$*" >&2; }
fail() { # fail CODE SENTENCE
  say "$2"
  exit "$1"
}
here() { git -C "$SRC_DIR" "$@"; }

run_from_copy() { # The update rewrites this very file, which bash reads while it runs.
  if [[ "${BOOTSTRAP_COPY:-}" == "$$" ]]; then
    rm -f -- "${BASH_SOURCE[0]}"
    unset BOOTSTRAP_COPY
    return
  fi
  local copy
  copy="$(mktemp)" || fail 74 "no temporary file can be made; the container's disk is full or read-only."
  cp -- "${BASH_SOURCE[0]}" "$copy"
  BOOTSTRAP_COPY=$$ exec bash "$copy"
}

prepare_volume() {
  local said
  said="$(mkdir -p "$SRC_DIR" "$NV_DIR/logs" 2>&1 && touch "$NV_DIR/logs/.writable" 2>&1)" ||
    fail 73 "$NV_DIR cannot be written (${said##*: }); mount the network volume there, writable, or set NV_DIR."
  rm -f "$NV_DIR/logs/.writable"
  [[ -d "$SRC_DIR/.git" ]] && return
  if [[ -n "$(find "$SRC_DIR" -type f ! -path "$SRC_DIR/scripts/runpod_bootstrap_git.sh" -print -quit)" ]]; then
    fail 73 "$SRC_DIR has files but is no git repository; move them away, so that nothing of yours is overwritten."
  fi
}

install_tools() {
  local tool missing=()
  local -A package=([git]=git [ssh]=openssh-client [tini]=tini [gcc]=gcc)
  for tool in git ssh tini gcc; do # tini reaps orphans, gcc is what Triton compiles with: both only help.
    command -v "$tool" >/dev/null || missing+=("${package[$tool]}")
  done
  ((${#missing[@]})) || return 0
  say "installing ${missing[*]}"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    ca-certificates "${missing[@]}"; } >"$NV_DIR/logs/apt.log" 2>&1 || say "apt-get failed, see $NV_DIR/logs/apt.log"
  command -v git >/dev/null || fail 69 "git is not there and cannot be installed: no network, or not root."
  [[ "$USE_SSH" != 1 ]] || command -v ssh >/dev/null ||
    fail 69 "ssh is not there and cannot be installed; set USE_SSH=0 and GH_TOKEN to use HTTPS."
}

remote_url() { # GIT_REPO in the form that the chosen way of signing in needs; also takes git@host/owner/repo.
  local web='^(https?)://([^/]+)/(.+)$' scp='^([^/@:]+)@([^/:]+)[:/](.+)$'
  if [[ "$GIT_REPO" =~ $web ]]; then
    [[ "${BASH_REMATCH[2]}" != *@* ]] || fail 64 "GIT_REPO carries a key or a password; take it out and set GH_TOKEN."
    [[ "$USE_SSH" != 1 ]] && printf '%s' "$GIT_REPO" || printf 'git@%s:%s' "${BASH_REMATCH[@]:2:2}"
  elif [[ "$GIT_REPO" =~ $scp ]]; then
    if [[ "$USE_SSH" == 1 ]]; then
      printf '%s@%s:%s' "${BASH_REMATCH[@]:1:3}"
    else
      printf 'https://%s/%s' "${BASH_REMATCH[@]:2:2}"
    fi
  else
    printf '%s' "$GIT_REPO"
  fi
}

configure() { # configure URL: the repository's own settings; none of them holds a secret.
  local url="$1" origin
  export HOME="${HOME:-/root}" GIT_TERMINAL_PROMPT=0
  if ! git config --global --get-all safe.directory 2>/dev/null | grep -qxF "$SRC_DIR"; then
    git config --global --add safe.directory "$SRC_DIR"
  fi
  # A pod has one bootstrap at a time: what is locked now was left by one that was ended.
  [[ ! -d "$SRC_DIR/.git" ]] || find "$SRC_DIR/.git" -name '*.lock' -delete
  here init -q
  here config core.fileMode false # Network volumes may not keep modes.
  here config remote.origin.url "$url"
  here config --replace-all remote.origin.fetch '+refs/heads/*:refs/remotes/origin/*'
  [[ -z "${GIT_USER_NAME:-}" ]] || here config user.name "$GIT_USER_NAME"
  [[ -z "${GIT_USER_EMAIL:-}" ]] || here config user.email "$GIT_USER_EMAIL"
  if [[ "$url" =~ ^https?://[^/]+ ]]; then
    origin="${BASH_REMATCH[0]}"
    # Reads the token from the environment when git asks, for this host alone; the empty one shuts off all others.
    here config --replace-all "credential.$origin.helper" ''
    here config --add "credential.$origin.helper" "$TOKEN_HELPER"
  fi
}

use_key() { # use_key URL: over SSH, only with the given key.
  local key="$SSH_KEY_PATH" known="$NV_DIR/.ssh/known_hosts"
  [[ "$1" == ssh://* || "$1" =~ ^[^/]+@[^/]+: ]] || return 0
  [[ -r "$key" ]] || fail 77 "there is no SSH key at $key; put a deploy key there, or set SSH_KEY_PATH."
  mkdir -p "$NV_DIR/.ssh"
  chmod 600 "$key" 2>/dev/null || true
  if [[ "$(stat -c %a "$key")" != [46]00 ]]; then # ssh refuses a key that others may read.
    key="$(mktemp)"
    cp -- "$SSH_KEY_PATH" "$key"
  fi
  GIT_SSH_COMMAND="$(printf 'ssh -i %q -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=20' "$key")"
  GIT_SSH_COMMAND+="$(printf ' -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile=%q' "$known")"
  export GIT_SSH_COMMAND
  here config core.sshCommand "$GIT_SSH_COMMAND"
}

fetch() { # Sets `reason` and `code` where it fails.
  local said
  said="$(here -c http.lowSpeedLimit=1000 -c http.lowSpeedTime=30 fetch --quiet --prune origin 2>&1)" && return
  case "$said" in
    *"No space left"*) code=74 reason="the volume is full" ;;
    *"Permission denied"* | *"uthentication failed"* | *"could not read Username"* | *"error: 403"* | *"not found"*)
      code=77 reason="the repository refuses the key or token, or is not there" ;;
    *) code=69 reason="the repository cannot be reached" ;;
  esac
  printf '%s\n' "$said" | sed 's|//[^/@]*@|//|g; s/^/bootstrap:   /' >&2
  return 1
}

unpushed() { # Commits of the local GIT_BRANCH that the repository's lacks.
  here rev-list -n 1 "origin/$GIT_BRANCH..refs/heads/$GIT_BRANCH" -- 2>/dev/null || true
}

local_work() { # Prints what an update would lose or take away; nothing where there is nothing.
  local branch
  branch="$(here symbolic-ref -q --short HEAD || echo 'no branch')"
  if [[ -n "$(here status --porcelain --untracked-files=no)" ]]; then
    echo "it has changes that are not committed"
  elif [[ "$branch" != "$GIT_BRANCH" && "$branch" != "$(here config ocrlty.branch)" ]]; then
    echo "it is on $branch, not on $GIT_BRANCH"
  elif [[ -z "$(here branch -r --contains HEAD)" || -n "$(unpushed)" ]]; then
    echo "it has commits that are not in the repository"
  fi
}

check_out() { # check_out [-f]
  local said
  said="$(here checkout -q "$@" -B "$GIT_BRANCH" --track "origin/$GIT_BRANCH" 2>&1)" && return
  printf '%s\n' "$said" | sed 's/^/bootstrap:   /' >&2
  return 1
}

update() { # Where there was a tree: all of the new one or all of the old one.
  local begun="$SRC_DIR/.git/ocrlty-update" work
  if [[ -s "$begun" ]]; then # An update was ended half way; the tree was clean when it began.
    say "finishing the update that was interrupted"
    here reset -q --hard "$(<"$begun")"
    rm -f "$begun"
  fi
  work="$(local_work)"
  if [[ -n "$work" ]]; then
    say "the tree in $SRC_DIR is not updated, because $work; starting it as it is."
    return
  fi
  here rev-parse "origin/$GIT_BRANCH" >"$begun"
  if ! check_out; then
    [[ -z "$(here status --porcelain --untracked-files=no)" ]] ||
      fail 74 "the update of $SRC_DIR stopped half way; is the volume full? The next start finishes it."
    say "the tree in $SRC_DIR is not updated, because files stand in the way; starting it as it is."
  fi
  rm -f "$begun"
  here config ocrlty.branch "$GIT_BRANCH"
}

main() {
  local url code=0 reason=""
  [[ -n "${GIT_REPO:-}" ]] || fail 64 "GIT_REPO is not set; name the repository, git@github.com:owner/repo.git."
  run_from_copy
  prepare_volume
  install_tools
  url="$(remote_url)"
  configure "$url"
  use_key "$url"
  if fetch && ! here rev-parse -q --verify "origin/$GIT_BRANCH" >/dev/null; then
    code=64 reason="the repository has no branch $GIT_BRANCH (GIT_BRANCH)"
  fi
  if ! here rev-parse -q --verify HEAD >/dev/null; then
    [[ -z "$reason" ]] || fail "$code" "$reason, and there is no local tree to start."
    # By force: what is in the way is this script, or the rest of a first checkout that was interrupted.
    check_out -f || fail 74 "the tree cannot be written to $SRC_DIR; is the volume full?"
    here config ocrlty.branch "$GIT_BRANCH"
  elif [[ -n "$reason" ]]; then
    say "$reason; starting the tree in $SRC_DIR as it is."
  else
    update
  fi
  [[ -f "$SRC_DIR/$ENVIRONMENTS" ]] || fail 64 "the tree in $SRC_DIR has no $ENVIRONMENTS; is GIT_REPO the right one?"
  say "starting $(here log -1 --format='%h of %cs' 2>/dev/null)"
  unset GH_TOKEN GIT_SSH_COMMAND GIT_TERMINAL_PROMPT
  cd "$SRC_DIR"
  NV_DIR="$NV_DIR" exec bash "$ENVIRONMENTS"
}

main "$@"
