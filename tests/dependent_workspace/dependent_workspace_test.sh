#!/usr/bin/env bash
# Builds the example workspace, which depends on this one, with a Bazel of its own: where
# KVM_MODEL_WHOLE_DEPENDENT is set, all of it, and runs it; else the example's own file.
set -euo pipefail

fail() {
  echo "dependent_workspace_test: $*" >&2
  exit 1
}

root=$(dirname "$(realpath "$TEST_SRCDIR/$TEST_WORKSPACE/WORKSPACE")")
cd "$root/tests/dependent_workspace/example"

# The inner output lies inside the outer one: the second run is fast, and `bazel clean --expunge`
# removes both.
outer=${TEST_SRCDIR%%/execroot/*}
[[ $outer != "$TEST_SRCDIR" ]] || fail "no output base above $TEST_SRCDIR"
export HOME=${HOME:-$TEST_TMPDIR}
export USER=${USER:-nobody}
folder=$outer/dependent_workspace
inner=(bazel --batch --output_user_root="$folder" --output_base="$folder/base")

inner_build() {
  "${inner[@]}" build --noshow_progress --symlink_prefix=/ "$@" </dev/null ||
    fail "the example does not build"
}

# The whole library is compiled once more for it. The short form loads and analyses all of it too,
# and compiles the example's own file against the headers.
if [[ -z ${KVM_MODEL_WHOLE_DEPENDENT:-} ]]; then
  inner_build --output_groups=compilation_outputs //:example
  exit 0
fi
inner_build //:example
bin=$("${inner[@]}" info --noshow_progress bazel-bin </dev/null 2>/dev/null)

actual=$("$bin/example")
expected=$(cat expected.txt)
[[ $actual == "$expected" ]] || fail "the example printed '$actual', expected '$expected'"
