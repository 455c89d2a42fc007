#!/usr/bin/env bash
# kvmsim on a machine with little to spare: few descriptors, little memory.
set -u
kvmsim=$(realpath "$1")
cd "$TEST_TMPDIR" || exit 1
failures=0

# fail WHAT GOT
fail() {
  echo "FAIL: $1, got:"
  head -c 2000 <<<"$2"
  failures=$((failures + 1))
}

# Each guest_memfd that was written to holds a file of kvmsim's: more than the soft limit allows.
cat >many_files.kvmt <<'SCENARIO'
host x86 rfc-v4
kvm = open()
vm  = create_vm(kvm)
repeat 100 {
  gmem = create_guest_memfd(vm, 1p, MMAP|INIT_SHARED)
  map  = mmap(gmem, 0, 1p)
  host_write(map, 0, 'x') -> ok
}
SCENARIO
told=$(ulimit -Sn 64 && "$kvmsim" run many_files.kvmt 2>&1)
[[ $told == "1 passed, 0 failed, 0 skipped" ]] || fail "more files than the soft limit" "$told"

# A call of millions of steps: its memory and what is told of it are bounded.
cat >long_call.kvmt <<'SCENARIO'
host x86 rfc-v4
kvm = open()
vm  = create_vm(kvm)
v   = create_vcpu(vm)
mem = mmap(-1, 0, 1G, flags=PRIVATE|ANONYMOUS)
set_user_memory_region(vm, slot=1, flags=0, gpa=0, size=1G, hva=mem)
pre_fault(v, 0, 1G) -> EAGAIN
SCENARIO
told=$(ulimit -v 400000 && "$kvmsim" run long_call.kvmt 2>&1)
[[ $told == *"steps left out"*"0 passed, 1 failed, 0 skipped" ]] || fail "a long call" "$told"
((${#told} < 1000000)) || fail "the text of a long call has ${#told} bytes" "$told"

# A picture of very many calls, of a file with very many pages: both are bounded.
cat >long_story.kvmt <<'SCENARIO'
host x86 rfc-v4
kvm = open()
vm  = create_vm(kvm)
g   = create_guest_memfd(vm, 1048576p, MMAP|INIT_SHARED)
m   = mmap(g, 0, 1048576p)
fallocate(g, KEEP_SIZE, 0, 1048576p)
repeat 100 {
  repeat 1000 {
    host_write(m, $ip, 'x')
  }
}
SCENARIO
for format in text svg html; do
  told=$(ulimit -v 800000 && "$kvmsim" map long_story.kvmt --format "$format" 2>&1)
  [[ $told == *" drawn"* ]] || fail "a long story as $format" "$told"
  ((${#told} < 20000000)) || fail "a long story as $format has ${#told} bytes" "$told"
done

echo "limits_test: $failures failed"
exit "$((failures > 0))"
