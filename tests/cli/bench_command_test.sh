#!/usr/bin/env bash
# kvmsim bench: starts the driver that was built beside kvmsim, and says so where there is none.
set -u
kvmsim=$(realpath "$1")
cd "$TEST_TMPDIR" || exit 1
failures=0

# fail WHAT GOT
fail() {
  echo "FAIL: $1, got: $2"
  failures=$((failures + 1))
}

told=$("$kvmsim" bench --help 2>&1) || fail "--help fails" "$told"
[[ $told == "usage: kvmsim bench "*"compare A.json B.json"* ]] || fail "the driver's help" "$told"
[[ $("$kvmsim" help) == *"bench "*"Measures"* ]] || fail "help lists it" "$("$kvmsim" help)"

told=$("$kvmsim" bench compare --treshold 1 a b 2>&1)
[[ $? == 2 && $told == *"did you mean --threshold?"* ]] || fail "a wrong option" "$told"

# A kvmsim elsewhere, which is found by where it really lies.
mkdir -p elsewhere/tools
cp "$kvmsim" elsewhere/tools/kvmsim
ln -s elsewhere/tools/kvmsim link
told=$(./link bench --quick 2>&1)
[[ $? == 2 && $told == *"bazel build //tools:kvmsim //bench/driver"* ]] || fail "no driver" "$told"

mkdir -p elsewhere/bench/driver
printf '#!/bin/sh\nprintf "<%%s>" "$@"\ncat\nexit 3\n' >elsewhere/bench/driver/driver
told=$(./link bench run 2>&1)
[[ $? == 2 && $told == *"Permission denied"* ]] || fail "a driver that is no program" "$told"

chmod +x elsewhere/bench/driver/driver
told=$(echo from stdin | ./link bench run --filter caps '' -- --version 'a b')
code=$?
[[ $code == 3 ]] || fail "the driver's exit code" "$code"
[[ $told == "<run><--filter><caps><><--><--version><a b>from stdin" ]] || fail "arguments" "$told"

echo "bench_command_test: $failures failed"
exit "$((failures > 0))"
