#include "tests/lockstep/worlds.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <expected>
#include <iostream>
#include <memory>
#include <ostream>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_format.h"
#include "tools/backends/model_backend.h"
#include "tools/lockstep/alphabet.h"
#include "tools/lockstep/lockstep.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/parser.h"

namespace kvm_model::lockstep {
namespace {

constexpr auto kHosts = std::to_array<TwinHost>({
    {"SwProtected", "host x86 rfc-v4", "SW_PROTECTED", "MMAP|INIT_SHARED"},
    {"SwProtectedPerVm", "host x86 rfc-v4 CONFIG_KVM_VM_MEMORY_ATTRIBUTES=y", "SW_PROTECTED",
     "MMAP"},
    {"Default", "host x86 rfc-v4", "DEFAULT", "MMAP|INIT_SHARED"},
    {"Snp", "host x86 rfc-v4", "SNP", "MMAP|INIT_SHARED"},
    {"SnpPerVm", "host x86 rfc-v4 CONFIG_KVM_VM_MEMORY_ATTRIBUTES=y", "SNP", "MMAP"},
    {"Linux70", "host x86 linux-7.0", "SW_PROTECTED", "MMAP"},
    {"Tdx", "host x86 rfc-v4", "TDX", "MMAP|INIT_SHARED"},
    {"Linux618", "host x86 linux-6.18", "DEFAULT", "MMAP|INIT_SHARED"},
    {"Linux612", "host x86 linux-6.12", "SW_PROTECTED", "0"},
    {"Linux618Pvm", "host x86 linux-6.18 hw.vendor=pvm", "DEFAULT", "MMAP|INIT_SHARED"},
    {"Merged", "host x86 next-20260923", "SW_PROTECTED", "MMAP|INIT_SHARED"},
    {"MergedDefault", "host x86 next-20260923", "DEFAULT", "MMAP|INIT_SHARED"},
    {"MergedTdx", "host x86 next-20260923", "TDX", "MMAP|INIT_SHARED"},
    {"MergedPerVm", "host x86 next-20260923 CONFIG_KVM_VM_MEMORY_ATTRIBUTES=y", "TDX", "MMAP"},
    {"MergedInPlace",
     "host x86 next-20260923 CONFIG_KVM_VM_MEMORY_ATTRIBUTES=y kvm.gmem_in_place_conversion=1",
     "SNP", "MMAP|INIT_SHARED"},
    {"MergedPlain",
     "host x86 next-20260923 CONFIG_KVM_SW_PROTECTED_VM=n CONFIG_KVM_INTEL_TDX=n"
     " CONFIG_KVM_AMD_SEV=n",
     "DEFAULT", "MMAP|INIT_SHARED"},
    {"MergedArm64", "host arm64 next-20260923", "DEFAULT", "MMAP|INIT_SHARED"},
});

// Two VMs, the second of type DEFAULT; a file of six pages, bound at gfn 0 as far as four pages and
// mapped; a slot of ordinary memory with a dirty log.
constexpr char kBeginning[] =
    "kvm = open()\n"
    "vm0 = create_vm(kvm, type=%s)\n"
    "vm1 = create_vm(kvm)\n"
    "gm0 = create_guest_memfd(vm0, size=6p, flags=%s)\n"
    "gm1 = create_guest_memfd(vm0, size=4p)\n"
    "map0 = mmap(%s)\n"
    "map1 = mmap(-1, 0, 16p, flags=PRIVATE|ANONYMOUS)\n"
    "set_user_memory_region2(vm0, slot=0, flags=GUEST_MEMFD, gpa=0, size=4p, hva=map1, "
    "guest_memfd=gm0, offset=0)\n"
    "set_user_memory_region2(vm0, slot=1, flags=GUEST_MEMFD, gpa=16p, size=4p, hva=map1+8p, "
    "guest_memfd=gm1, offset=0)\n"
    "set_user_memory_region(vm0, slot=2, flags=LOG_DIRTY_PAGES, gpa=32p, size=2p, hva=map1+4p)\n"
    "vcpu0 = create_vcpu(vm0)\n"
    "host_write(map0, 1p, 'A')\n"
    "guest_write(vm0, 2p, 'B')\n";

constexpr auto kRandomRows = std::to_array<AlphabetRow>({
    // ---- Files ----
    {2,
     "{gm0;gm1;gm2} = create_guest_memfd({vm0;vm0;vm1;-1}, size={6p;4p;1p;8p;0;1;-1p;1T},"
     " flags={MMAP|INIT_SHARED;MMAP;0;INIT_SHARED;4}, reserved={0;0;-1})"},
    {1, "{gm2;gm1;vm1} = dup({gm0;gm1;vm0;vcpu0;-1})"},
    {2, "close({gm0;gm1;gm2;vm1;vcpu0;vm0;kvm;-1})"},
    {5,
     "fallocate({gm0;gm1;gm2;vm0}, mode={KEEP_SIZE;KEEP_SIZE|PUNCH_HOLE;KEEP_SIZE|PUNCH_HOLE;0;"
     "PUNCH_HOLE}, offset={0;1p;2p;4p;1;-1p}, len={1p;2p;6p;0;1;-1})"},
    // ---- Mappings ----
    {3,
     "{map2;map0;map3} = mmap({gm0;gm1;gm2;-1;vm0}, offset={0;1p;4p;1}, size={6p;2p;1p;0;-1},"
     " prot={rw;r;none;rwx}, flags={SHARED;SHARED;PRIVATE;0})"},
    {1,
     "{map1;map3} = mmap(-1, 0, size={16p;4p}, prot={rw;r}, flags={PRIVATE|ANONYMOUS;"
     "SHARED|ANONYMOUS})"},
    {1, "munmap({map0;map2;map3;map1})"},
    {1, "madvise({map0;map2;map1}, {0;1p}, size={1p;2p;0;1}, advice={DONTNEED;REMOVE;HUGEPAGE})"},
    {5, "host_read({map0;map2;map1;map3}, {0;1p;2p;3p;5p;1p+4095;6p})"},
    {6, "host_write({map0;map2;map1;map3}, {0;1p;2p;3p;5p;1p+4095;6p}, {'A';'B';'C';0})"},
    {2, "{pin0;pin1} = pin({map0;map2;map1}, {0;1p;3p})"},
    {1, "unpin({pin0;pin1;77})"},
    {1, "poison({gm0;gm1;gm2}, {0;1p;2p;4p})"},
    // ---- Attributes ----
    {12,
     "set_memory_attributes2({gm0;gm0;gm1;gm2;vm0;-1}, offset={0;1p;2p;4p;1;8p;-1p}, size={1p;"
     "2p;4p;6p;0;1;-1p}, attributes={PRIVATE;0;PRIVATE;0;1}, flags={PRESERVE;0;0;ZERO;3;4},"
     " error_offset={0;0;0;0;0;0;0;1}, reserved={0;0;0;0;0;0;0;1})"},
    {6,
     "set_memory_attributes({vm0;vm0;vm1}, address={0;1p;2p;16p;1;-1p}, size={1p;2p;4p;0;1;-1p},"
     " attributes={PRIVATE;0;PRIVATE;0;1}, flags={0;0;0;1})"},
    // ---- Guests ----
    {8,
     "guest_read({vm0;vm0;vm1}, {0;1p;2p;3p;16p;17p;32p;4p;1p+4095}, {auto;auto;shared;private})"},
    {8,
     "guest_write({vm0;vm0;vm1}, {0;1p;2p;3p;16p;17p;32p;4p;1p+4095}, {'D';'E'}, {auto;auto;"
     "shared;private})"},
    {3,
     "pre_fault({vcpu0;vm0}, gpa={0;1p;16p;32p;4p;1}, size={1p;4p;8p;0;1;-1p}, flags={0;0;0;1})"},
    {2, "populate({vm0;vm1}, {0;1p;16p;32p;1}, {'P';'P';NULL}, {1;4;0;-1})"},
    {1, "interrupt({1;2;0})"},
    // ---- Memory regions and dirty logs ----
    {4,
     "set_user_memory_region({vm0;vm0;vm1}, slot={2;3;4;0;32764;0x10002}, flags={0;"
     "LOG_DIRTY_PAGES;READONLY;8}, gpa={32p;40p;0;48p;1}, size={2p;2p;0;4p;1}, hva={map1+4p;map1;"
     "map0;1})"},
    {6,
     "set_user_memory_region2({vm0;vm0;vm1}, slot={0;1;3;4}, flags={GUEST_MEMFD;GUEST_MEMFD;0;"
     "GUEST_MEMFD|LOG_DIRTY_PAGES}, gpa={0;16p;48p;4p;1}, size={4p;2p;0;6p;1}, hva={map1;"
     "map1+8p;0;1}, guest_memfd={gm0;gm1;gm2;vm0;-1}, offset={0;4p;1p;1;-1p;0x7ffffffffffff000})"},
    {2, "set_user_memory_region({vm0;vm0;vm1}, slot={0;1;2;3}, gpa=0, size=0, hva=0)"},
    {1, "enable_cap({vm0;vm1}, cap=168, flags={0;0;1}, args=[{1;3;0;2}])"},
    {2, "get_dirty_log({vm0;vm1}, slot={2;3;0;0x10000}, pages={64})"},
    {2,
     "clear_dirty_log({vm0;vm1}, slot={2;3;0}, first={0;64;1}, pages={2;64;1;4;0}, mask={-1;1;"
     "2})"},
    // ---- Others ----
    {1, "{vm1;vm2} = create_vm({kvm;vm0;-1}, type={0;1;4;99})"},
    {1, "{vcpu0} = create_vcpu({vm0;vm1}, id={0;1})"},
    {1, "{c0;c1} = fork()"},
    {1,
     "ioctl({vm0;gm0;vcpu0;kvm;-1}, {KVM_SET_USER_MEMORY_REGION2;KVM_CREATE_GUEST_MEMFD;"
     "KVM_SET_MEMORY_ATTRIBUTES;KVM_SET_MEMORY_ATTRIBUTES2;KVM_GET_DIRTY_LOG;"
     "KVM_CLEAR_DIRTY_LOG;KVM_PRE_FAULT_MEMORY}, {BAD;NULL})"},
    {2, "check_extension({vm0;kvm;vm1;gm0;vcpu0;-1}, {233;234;244;248;249;250;251;252})"},
});

constexpr auto kCompleteRows = std::to_array<AlphabetRow>({
    // ---- Attributes ----
    {1,
     "set_memory_attributes2(gm0, offset={0;1p}, size={1p;2p}, attributes={PRIVATE;0},"
     " flags={PRESERVE;0;ZERO})"},
    {1,
     "set_memory_attributes2(gm0, offset=4p, size=2p, attributes={PRIVATE;0}, flags={PRESERVE;"
     "0;ZERO})"},
    {1, "set_memory_attributes2(gm1, offset=0, size=4p, attributes={0;PRIVATE}, flags={0;ZERO})"},
    {1, "set_memory_attributes2(gm2, offset=0, size=1p, attributes={PRIVATE;0}, flags=0)"},
    {1, "set_memory_attributes2(vm0, offset=0, size=4p, attributes=PRIVATE, flags=0)"},
    {1, "set_memory_attributes(vm0, address={1p;16p}, size={1p;4p}, attributes={PRIVATE;0})"},
    {1, "set_memory_attributes(vm1, address=0, size=2p, attributes=PRIVATE)"},
    // ---- The process's own accesses ----
    {1, "host_read(map0, {0;1p;4p})"},
    {1, "host_write(map0, {0;1p;5p}, 'C')"},
    {1, "host_read(map1, {4p;8p})"},
    {1, "host_write(map1, {4p;8p}, 'm')"},
    {1, "host_read(map2, 0)"},
    {1, "host_write(map2, 0, 'g')"},
    {1, "{pin0} = pin(map0, {1p;2p})"},
    {1, "{pin0} = pin(map1, 4p)"},
    {1, "unpin(pin0)"},
    // ---- Guests ----
    {1, "guest_read(vm0, {0;1p;16p;32p;48p}, auto)"},
    {1, "guest_write(vm0, {1p;2p;16p;32p;48p}, 'D', auto)"},
    {1, "guest_write(vm0, {1p;16p}, 'E', {shared;private})"},
    {1, "guest_read(vm1, 1p, auto)"},
    {1, "guest_write(vm1, {0;1p}, 'F', auto)"},
    {1, "pre_fault(vcpu0, gpa={0;16p;32p}, size=4p)"},
    {1, "populate(vm0, {1p;16p}, {'P';NULL}, 4)"},
    {1, "interrupt({1;2})"},
    // ---- Memory regions and dirty logs ----
    {1, "set_user_memory_region(vm0, slot={0;1;2}, gpa=0, size=0, hva=0)"},
    {1, "set_user_memory_region(vm1, slot=0, gpa=0, size=0, hva=0)"},
    {1,
     "set_user_memory_region2(vm0, slot=3, flags=GUEST_MEMFD, gpa={0;48p}, size=2p, hva=map1,"
     " guest_memfd={gm0;gm1}, offset={0;4p})"},
    {1,
     "set_user_memory_region2(vm0, slot={3;0}, flags=GUEST_MEMFD, gpa=48p, size=2p, hva=map1,"
     " guest_memfd=gm2, offset=0)"},
    {1,
     "set_user_memory_region2(vm1, slot=0, flags=GUEST_MEMFD, gpa=0, size=2p, hva=map1,"
     " guest_memfd=gm2, offset=0)"},
    {1,
     "set_user_memory_region(vm0, slot=2, flags={0;LOG_DIRTY_PAGES}, gpa={32p;40p}, size=2p,"
     " hva=map1+4p)"},
    {1, "set_user_memory_region(vm0, slot=3, flags=READONLY, gpa=48p, size=2p, hva=map0)"},
    {1,
     "set_user_memory_region(vm1, slot=0, flags={0;READONLY}, gpa=0, size=2p, hva={map0;map1+4p})"},
    {1, "set_user_memory_region(vm1, slot=0x10000, gpa=0, size=2p, hva=map1)"},
    {1, "enable_cap(vm0, cap=168, args=[{1;3}])"},
    {1, "get_dirty_log(vm0, slot=2)"},
    {1, "clear_dirty_log(vm0, slot=2, first=0, pages=2, mask={-1;1})"},
    // ---- Files and mappings ----
    {1, "fallocate(gm0, mode={KEEP_SIZE;KEEP_SIZE|PUNCH_HOLE}, offset=1p, len={1p;6p})"},
    {1, "fallocate({gm0;gm1}, mode=KEEP_SIZE|PUNCH_HOLE, offset=0, len=4p)"},
    {1, "fallocate(gm2, mode=KEEP_SIZE, offset=0, len=2p)"},
    {1, "poison(gm0, {1p;2p})"},
    {1, "munmap({map0;map1})"},
    {1, "madvise(map0, 1p, size=1p, advice={DONTNEED;REMOVE})"},
    {1, "madvise(map1, 4p, size=2p, advice={DONTNEED;REMOVE})"},
    {1, "{map0} = mmap({gm0;gm1}, offset=1p, size=4p)"},
    {1, "{map2} = mmap({gm2;gm0}, offset=0, size=2p)"},
    {1, "{map1} = mmap(-1, 0, size=16p, flags=PRIVATE|ANONYMOUS)"},
    {1, "{gm2} = create_guest_memfd({vm0;vm1}, size=2p, flags={MMAP|INIT_SHARED;MMAP})"},
    // ---- Descriptors ----
    {1, "{gm2} = dup(gm0)"},
    {1, "{vm1} = dup(vm0)"},
    {1, "{vm1} = create_vm(kvm)"},
    {1, "{vcpu0} = create_vcpu(vm0, id={0;1})"},
    {1, "{vcpu0} = create_vcpu(vm1, id=0)"},
    {1, "close({gm0;gm1;gm2;vm0;vm1;vcpu0})"},
    {1, "ioctl({vm0;gm0}, KVM_SET_MEMORY_ATTRIBUTES2, BAD)"},
    {1, "ioctl(vm0, KVM_CREATE_GUEST_MEMFD, NULL)"},
    // ---- A child's ----
    {1, "{c0} = fork()"},
    {1, "c0: host_read({map0;map1}, 5p)"},
    {1, "c0: host_write({map0;map1}, 5p, 'c')"},
    {1, "c0: madvise(map0, 0, size=6p, advice=DONTNEED)"},
    {1, "c0: munmap(map0)"},
    {1, "c0: close(gm0)"},
    {1, "c0: ioctl(vm0, KVM_SET_USER_MEMORY_REGION2, BAD)"},
    {1,
     "c0: set_memory_attributes2(gm0, offset=2p, size=1p, attributes=PRIVATE, flags={PRESERVE;"
     "0})"},
});

// The bytes that operations read and write.
constexpr std::string_view kPeeks[] = {"0", "1p", "2p", "3p", "4p", "5p", "1p+4095"};

// The mapping that both alphabets make of ordinary memory alone: reading it changes nothing that
// anybody could see. Of the bytes, those that slots have and those that operations write.
constexpr std::string_view kOrdinaryMemory = "map1";
constexpr std::string_view kReads[] = {"0", "1p", "4p", "5p", "8p", "9p"};

std::string LooksAtText(const std::string& name) {
  std::string text;
  const auto add = [&text, &name](std::string_view call) {
    text += absl::StrFormat("%s(%s)\n", call, name);
  };
  if (name.starts_with("gm")) {
    add("attributes");
    add("resident");
    for (const std::string_view offset : kPeeks) {
      text += absl::StrFormat("peek(%s, %s)\n", name, offset);
    }
  } else if (name.starts_with("map")) {
    add("mapped");
    if (name != kOrdinaryMemory) return text;
    for (const std::string_view offset : kReads) {
      text += absl::StrFormat("host_read(%s, %s)\n", name, offset);
    }
  } else if (name.starts_with("vm")) {
    add("attributes");
    add("guest_mapped");
  }
  return text;
}

template <typename Value, typename Error>
Value OrEnd(std::expected<Value, Error> value, std::string_view what) {
  if (value.has_value()) return *std::move(value);
  std::cerr << "the test's own text can't be read: " << what << "\n";
  std::exit(1);
}

}  // namespace

void PrintTo(const TwinHost& host, std::ostream* out) { *out << host.name; }
std::span<const TwinHost> TwinHosts() { return kHosts; }
std::span<const AlphabetRow> RandomAlphabet() { return kRandomRows; }
std::span<const AlphabetRow> CompleteAlphabet() { return kCompleteRows; }

const std::vector<scenario::Call>& Looker::LooksAt(const std::string& process,
                                                   const std::string& name) {
  const auto [found, is_new] = looks_.try_emplace({process, name});
  std::vector<scenario::Call>& looks = found->second;
  if (!is_new) return looks;
  const std::string text = absl::StrFormat("host %s %s\n%s = open()\n%s", host_.arch,
                                           host_.revision, name, LooksAtText(name));
  const auto parsed = OrEnd(scenario::Parse("looks", text), text);
  for (std::size_t i = 1; i < parsed.statements.size(); ++i) {
    looks.push_back(std::get<scenario::Call>(parsed.statements[i].what));
    looks.back().process = process;
  }
  return looks;
}

void Looker::Look(const Names& names, absl::FunctionRef<bool(const scenario::Call&)> look) {
  const auto look_at = [&](const std::string& process, const std::string& name) {
    return std::ranges::all_of(LooksAt(process, name), look);
  };
  for (const std::string& name : names.all()) {
    if (!look_at("", name)) return;
  }
  // What a child has of its own, files and VMs among it.
  for (const std::string& child :
       std::set<std::string>(names.processes().begin(), names.processes().end())) {
    for (const std::string& name : names.all()) {
      if (!look_at(child, name)) return;
    }
  }
}

bool SameAsTwin(twin::TwinBackend& twin, const scenario::CallRequest& call,
                const scenario::Answer& right, const scenario::Answer& model) {
  const auto* byte = std::get_if<scenario::answer::Byte>(&model);
  if (byte == nullptr || !twin.byte_is_unknown()) return SameByDefault(call, right, model);
  twin.Learn(byte->value);
  return std::holds_alternative<scenario::answer::Byte>(right);
}

TwinLockstep::TwinLockstep(const TwinHost& host, std::span<const AlphabetRow> alphabet,
                           scenario::ModelBackend::Record record)
    : model_(1, record) {
  // What can't be mapped leaves its name to ordinary memory.
  const std::string_view mapped =
      host.file_flags == "0" ? "-1, 0, 6p, flags=PRIVATE|ANONYMOUS" : "gm0, 0, 6p";
  const std::string text = std::string(host.line) + "\n" +
                           absl::StrFormat(kBeginning, host.vm_type, host.file_flags, mapped);
  scenario::Scenario beginning = OrEnd(scenario::Parse("beginning", text), text);
  auto parsed = Alphabet::Parse(alphabet, beginning.host);
  if (!parsed) std::cerr << parsed.error() << "\n";
  alphabet_ = OrEnd(std::move(parsed), "the alphabet");
  looker_ = std::make_unique<Looker>(beginning.host);
  world_.alphabet = &alphabet_;
  world_.beginning = std::move(beginning);
  world_.reference = &twin_;
  world_.model = &model_;
  world_.same = [this](const scenario::CallRequest& call, const scenario::Answer& twin,
                       const scenario::Answer& model) {
    return SameAsTwin(twin_, call, twin, model);
  };
  world_.looks = [this](const Names& names, absl::FunctionRef<bool(const scenario::Call&)> look) {
    looker_->Look(names, look);
  };
}

std::string TwinLockstep::Differences(std::span<const Operation> operations, Counts* counts) const {
  Outcome seen = MakeAll(world_, operations);
  if (counts != nullptr) *counts += seen.counts;
  if (seen.given_up.has_value()) return "the twin can't go on: " + *seen.given_up;
  if (!seen.difference.has_value()) {
    if (seen.counts.looks >= kLeastLooks * seen.counts.operations) return {};
    return absl::StrFormat("after %d operations only %d looks were compared",
                           seen.counts.operations, seen.counts.looks);
  }
  const Outcome shortest =
      Shortest(world_, {operations.begin(), operations.end()}, std::move(seen));
  const Difference& difference = *shortest.difference;
  return absl::StrFormat(
      "%s\n  the twin:  %s\n  the model: %s\n%s\nA scenario that shows it:\n\n%s", difference.call,
      difference.reference, difference.model, difference.trail, shortest.scenario);
}

}  // namespace kvm_model::lockstep
