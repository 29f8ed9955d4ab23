# shellcheck shell=bash
# Messages of the scripts: what is going on, and errors that say what to do.
# Sourced, never run. Everything goes to standard error, because the standard
# output of some scripts is data (`eval "$(scripts/engine env)"`).

# The caller's name as the reader typed it, so that a line can be traced.
SCRIPT=scripts/$(basename "$0")

say() {
  printf '%s: %s\n' "$SCRIPT" "$*" >&2
}

# Ends the script: the first argument says what happened and where, each
# further one is a line on what to do about it.
die() {
  printf '%s: error: %s\n' "$SCRIPT" "$1" >&2
  shift
  local hint
  for hint in "$@"; do
    printf '  %s\n' "$hint" >&2
  done
  exit 1
}

has() {
  command -v "$1" >/dev/null 2>&1
}

# Runs a command silently; its output is shown only when it fails, because a
# package manager's hundred lines hide the one that matters.
quietly() {
  local out
  if ! out=$("$@" 2>&1); then
    printf '%s\n' "$out" | tail -n 20 >&2
    return 1
  fi
}
