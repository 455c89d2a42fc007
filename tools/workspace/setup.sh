# shellcheck shell=bash
# What ./run, ./test, .ci/run and the commands beside this file share: sourced, never run. It gives
# WORKSPACE_ROOT, makes an empty environment usable, and installs missing packages.

WORKSPACE_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
readonly WORKSPACE_ROOT

# Bazel wants both; an empty environment (env -i) has neither.
export PATH="${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}"
if [[ -z ${HOME:-} ]]; then
  HOME=$(getent passwd "$(id -u)" | cut -d: -f6) || HOME=${TMPDIR:-/tmp}
  export HOME
fi

# Prints the packages of the given groups, one a line.
packages_of() {
  awk -v groups=" $* " '!/^#/ && index(groups, " " $1 " ") { print $2 }' \
    "$WORKSPACE_ROOT/tools/workspace/packages.tsv"
}

# Prints those of the given packages that are not installed. One process, whatever their number.
missing_of() {
  {
    dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true
    printf 'wanted %s\n' "$@"
  } | awk '$1 == "installed" { have[$2] = 1 } $1 == "wanted" && !have[$2] { print $2 }'
}

# Says what the given group lacks, after the given sentence, and installs nothing: for what can be
# done without.
advise_packages() {
  local packages missing
  mapfile -t packages < <(packages_of "$1")
  if ! command -v dpkg-query >/dev/null; then return; fi
  mapfile -t missing < <(missing_of "${packages[@]}")
  if ((${#missing[@]} == 0)); then return; fi
  printf '%s\n  apt-get install %s\n' "$2" "${missing[*]}" >&2
}

# Installs what the given groups lack. Exits with 2, and says what to install, where it can't do
# that itself. stdout stays empty.
require_packages() {
  local packages missing
  mapfile -t packages < <(packages_of "$@")
  # Elsewhere than on Debian there is nothing to ask: a Bazel that someone installed brings the rest
  # by MODULE.bazel.
  if ! command -v dpkg-query >/dev/null && command -v bazel >/dev/null; then return; fi
  mapfile -t missing < <(missing_of "${packages[@]}")
  if ((${#missing[@]} == 0)); then return; fi
  if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
    echo "These packages of Debian 12 are missing; install them as root, then try again:" >&2
    echo "  apt-get install ${missing[*]}" >&2
    exit 2
  fi
  echo "Installing ${missing[*]}" >&2
  local log
  log=$(mktemp)
  if ! { apt-get -q update && DEBIAN_FRONTEND=noninteractive \
    apt-get -qy --no-install-recommends install "${missing[@]}"; } </dev/null >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    echo "Installing failed; try it by hand:" >&2
    echo "  apt-get install ${missing[*]}" >&2
    exit 2
  fi
  rm -f "$log"
}

# Bazel in the workspace, whatever the caller's directory: quiet where nobody watches, everything on
# stderr, stdin left alone.
bazel_quietly() {
  local command=$1
  shift
  local progress=()
  if [[ ! -t 2 ]]; then progress=(--noshow_progress); fi
  (cd "$WORKSPACE_ROOT" && bazel "$command" "${progress[@]}" --show_result=0 "$@") </dev/null >&2
}

# What `bazel info` says.
bazel_info() {
  (cd "$WORKSPACE_ROOT" && bazel info --noshow_progress "$@") </dev/null 2>/dev/null
}
