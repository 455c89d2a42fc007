#!/usr/bin/env bash
# Completion of kvmsim: in bash as it is used, in zsh and fish whether they read it.
set -u
kvmsim=$(realpath "$1")
cd "$TEST_TMPDIR" || exit 1
failures=0

# fail WHAT GOT
fail() {
  echo "FAIL: $1, got: $2"
  failures=$((failures + 1))
}

mkdir -p scenarios
touch scenarios/one.kvmt some.txt 'with blank.kvmt'
"$kvmsim" completion bash >kvmsim.bash || fail "the script for bash" "exit code $?"
# shellcheck source=/dev/null
source ./kvmsim.bash
[[ $(complete -p kvmsim) == *"-F _kvmsim kvmsim" ]] || fail "the completion's name" "$(complete -p)"

# What bash would offer for the last of the words, which are split as bash splits them.
offered() {
  COMP_WORDS=("$kvmsim" "$@")
  COMP_CWORD=$#
  COMPREPLY=()
  _kvmsim
  local IFS=' '
  printf '%s' "${COMPREPLY[*]}"
}

# expect EXPECTED WORD...: exactly this is offered.
expect() {
  local expected=$1 got
  shift
  got=$(offered "$@")
  [[ $got == "$expected" ]] || fail "'$*' to be completed to '$expected'" "$got"
}

# expect_among WORD... WANTED: this among others.
expect_among() {
  local wanted=${*: -1} got
  got=$(offered "${@:1:$#-1}")
  [[ " $got " == *" $wanted "* ]] || fail "'${*:1:$#-1}' to offer '$wanted'" "$got"
}

expect "caps" ca
expect_among '' run
expect_among '' completion
expect "get" caps g
expect "KVM_CAP_GUEST_MEMFD KVM_CAP_GUEST_MEMFD_FLAGS KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES" \
  caps get KVM_CAP_GUEST_MEMFD
expect "X2APIC_API" caps explain X2APIC
expect "--format" caps get 129 --fo
expect "text json csv" caps get 129 --format ''
expect "json" caps get 129 --format = j
expect "text json csv" caps get 129 --format =
expect "riscv" caps get --arch r
expect "linux-6.12 linux-6.18 linux-7.0" caps list --revision linux
expect "HV" caps list --arch powerpc --vm-type H
expect "1 10 11" quiz --lesson 1
expect "x86-snp-host/linux-7.0" caps get --host x86-snp-host/linux-7
expect "x86/rfc-v4/SEV x86/rfc-v4/SEV_ES" caps diff --from x86/rfc-v4/SE
expect "hw.vendor=" caps get 1 --set hw.ven
expect "amd" caps get 1 --set hw.vendor = am
expect "x86,hw.vendor=" caps get 1 --host x86,hw.ven
expect "linux-6.12 linux-6.18 linux-7.0" revisions diff next-20260923 linux-
expect "ktap" run --format k
expect "qemu-snp qemu-tdx qemu" caps require qem
expect "get" help caps g
expect "bash fish zsh" completion ''
expect "--quick" bench --q
expect "ab" bench a

# Rules, and topics of explain: their words one by one, or together behind a quote or a backslash.
expect "CONV-EINVAL" rules show CONV-EINV
expect "CONV-EINVAL" explain CONV-EINV
expect_among explain content 'content mode'
expect "mode" explain content m
expect "content mode" explain "'content "
expect "content mode" explain '"content m'
expect "content mode" explain 'content\ m'
expect 'access\ SIGBUS' explain host 'access\ SIGB'
expect "EAGAIN" explain KVM_SET_MEMORY_ATTRIBUTES2 EAG
expect "KVM_SET_MEMORY_ATTRIBUTES2 EAGAIN" explain "'KVM_SET_MEMORY_ATTRIBUTES2 EA"
expect "KVM_CAP_X2APIC_API" explain KVM_CAP_X2
expect "hw.snp" explain hw.sn
expect_among explain some some.txt

# Options that exclude each other, or were given.
expect "" caps get --host x86 --ar
expect "" caps get --arch x86 --ar
expect "--set" caps get --set a=b --se
[[ $(offered caps get --) == *--revision* ]] || fail "all options" "$(offered caps get --)"

# Files.
expect_among run s scenarios
expect_among run s some.txt
expect "scenarios/one.kvmt" run scenarios/
expect "scenarios/one.kvmt" run some.txt scenarios/o
expect "with blank.kvmt" check with
expect "scenarios" bench --out s
expect "scenarios" bench --out = s
expect "some.txt" run --trace some
expect "some.txt" map --output some
expect "some.txt" trace perfetto --output some
expect "with blank.kvmt" check "'with b"
expect "with blank.kvmt" check 'with\ b'
expect_among caps require s some.txt
expect "" caps get som

# What isn't known is no fault.
expect "" no_such_command x
expect "" caps get --no-such-option=
[[ -z $("$kvmsim" __complete) ]] || fail "no words" "$("$kvmsim" __complete)"
COMP_WORDS=(/no/such/kvmsim ca) COMP_CWORD=1 COMPREPLY=(old)
told=$(_kvmsim 2>&1) || true
[[ -z $told ]] || fail "a kvmsim that isn't there" "$told"

if command -v shellcheck >/dev/null; then
  shellcheck --shell=bash kvmsim.bash || fail "shellcheck" "the above"
fi
for shell in zsh fish; do
  "$kvmsim" completion "$shell" >"kvmsim.$shell" || fail "the script for $shell" "exit code $?"
  grep -q '__complete' "kvmsim.$shell" || fail "what $shell asks" "$(cat "kvmsim.$shell")"
  if command -v "$shell" >/dev/null; then
    told=$("$shell" -n "kvmsim.$shell" 2>&1) || fail "$shell reads it" "$told"
  else
    echo "skipped: $shell is not installed, which would read its script"
  fi
done
if command -v fish >/dev/null; then
  told=$(HOME=$PWD fish -c "source kvmsim.fish; complete -C '$kvmsim caps g'" 2>&1)
  [[ $told == "get"* ]] || fail "fish to complete 'caps g'" "$told"
fi

told=$("$kvmsim" completion tcsh 2>&1)
[[ $? == 2 && $told == *bash* ]] || fail "another shell" "$told"

echo "completion_test: $failures failed"
exit "$((failures > 0))"
