#include "tools/quiz/lesson.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "tools/quiz/dice.h"
#include "tools/quiz/draws.h"

namespace kvm_model::quiz {
namespace {

using Choices = std::vector<std::string>;

constexpr std::string_view kShared = "MMAP|INIT_SHARED";
constexpr std::array<std::string_view, 2> kFlags = {"MMAP", kShared};
constexpr std::array<std::string_view, 6> kVmTypes = {"DEFAULT", "SW_PROTECTED", "SEV",
                                                      "SEV_ES",  "SNP",          "TDX"};
// Per-file attributes as a rule; now and then those of the VM.
constexpr std::array<std::string_view, 3> kX86Hosts = {
    "x86 rfc-v4", "x86 rfc-v4", "x86 rfc-v4 CONFIG_KVM_VM_MEMORY_ATTRIBUTES=y"};
constexpr std::array<std::string_view, 5> kMemoryCapabilities = {
    "KVM_CAP_GUEST_MEMFD", "KVM_CAP_GUEST_MEMFD_FLAGS", "KVM_CAP_MEMORY_ATTRIBUTES",
    "KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES", "KVM_CAP_MEMORY_ATTRIBUTES2_FLAGS"};

// Each once, in alphabetical order.
Choices Sorted(Words words) {
  const std::set<std::string> sorted(words.begin(), words.end());
  return {sorted.begin(), sorted.end()};
}

void Ask(Draft& draft, const Question& question) {
  draft.calls.push_back(question.call);
  draft.choices = Sorted(question.answers);
}

std::string Query(std::string_view whom, std::string_view capability) {
  return absl::StrFormat("check_extension(%s, %s)", whom, capability);
}

// What a value is: a number, bits, or 0 for what nobody knows.
Draft Capability(Dice& dice) {
  constexpr std::array<std::string_view, 8> kCapabilities = {
      "KVM_CAP_GUEST_MEMFD",
      "KVM_CAP_GUEST_MEMFD_FLAGS",
      "KVM_CAP_MEMORY_ATTRIBUTES",
      "KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES",
      "KVM_CAP_MEMORY_ATTRIBUTES2_FLAGS",
      "KVM_CAP_USER_MEMORY2",
      "KVM_CAP_VM_TYPES",
      "1000"};
  Draft draft;
  draft.host = dice.Of(kX86Hosts);
  draft.calls = WorldOf("SW_PROTECTED", "MMAP");
  draft.calls.push_back(Query("kvm", dice.Of(kCapabilities)));
  draft.choices = {"0",
                   "1",
                   "DEFAULT|SW_PROTECTED|SEV|SEV_ES|SNP|TDX",
                   "EINVAL",
                   "MMAP",
                   "MMAP|INIT_SHARED",
                   "PRIVATE",
                   "ZERO|PRESERVE"};
  return draft;
}

// The same question to /dev/kvm and to a VM.
Draft Scope(Dice& dice) {
  Draft draft;
  draft.host = dice.Of(kX86Hosts);
  draft.calls = WorldOf(dice.Of(kVmTypes), "MMAP");
  const std::string_view capability = dice.Of(kMemoryCapabilities);
  draft.calls.push_back(Query("kvm", capability));
  if (!dice.OneIn(3)) draft.calls.push_back(Query("vm", capability));
  draft.choices = {"0",       "1",    "EINVAL",       "MMAP", "MMAP|INIT_SHARED",
                   "PRIVATE", "ZERO", "ZERO|PRESERVE"};
  return draft;
}

// Who reads what in a file that nobody converts.
Draft GuestMemfd(Dice& dice) {
  Draft draft;
  draft.calls = WorldOf("SW_PROTECTED", dice.Of(kFlags));
  for (std::uint64_t i = 0; i < 3; ++i) {
    draft.calls.push_back(dice.OneIn(2) ? HostWrite(dice) : GuestWrite(dice));
  }
  if (dice.OneIn(3)) draft.calls.push_back(Hole(dice).call);
  Ask(draft, Read(dice));
  return draft;
}

// Who reads what after conversions that keep the bytes.
Draft SharedPrivate(Dice& dice) {
  Draft draft;
  draft.calls = WorldOf("SW_PROTECTED", dice.Of(kFlags));
  for (std::uint64_t i = 0; i < 3; ++i) {
    draft.calls.push_back(ConversionIn(dice, "PRESERVE").call);
    draft.calls.push_back(dice.OneIn(2) ? HostWrite(dice) : GuestWrite(dice));
  }
  Ask(draft, Read(dice));
  return draft;
}

// A conversion with an argument that may be wrong.
Draft ConversionSteps(Dice& dice) {
  constexpr std::array<std::string_view, 12> kCalls = {
      "0, 8p, PRIVATE, PRESERVE",
      "2p, 3p, 0, ZERO",
      "7p, 1p, PRIVATE, 0",
      "4p, 0, PRIVATE, PRESERVE",
      "1p+1, 1p, PRIVATE, PRESERVE",
      "1p, 1p+1, 0, PRESERVE",
      "6p, 3p, PRIVATE, PRESERVE",
      "8p, 1p, 0, 0",
      "0, 4p, PRIVATE, ZERO|PRESERVE",
      "0, 4p, PRIVATE, ZERO",
      "3p, 2p, 1, PRESERVE",
      "3p, 2p, PRIVATE, PRESERVE, error_offset=1p"};
  constexpr std::array<std::string_view, 4> kTypes = {"SW_PROTECTED", "SW_PROTECTED", "DEFAULT",
                                                      "TDX"};
  Draft draft;
  draft.host = dice.Of(kX86Hosts);
  draft.calls = WorldOf(dice.Of(kTypes), "MMAP");
  const std::string_view arguments = dice.Of(kCalls);
  Ask(draft, {absl::StrFormat("set_memory_attributes2(gmem, %s)", arguments), ConversionAnswers()});
  return draft;
}

// What a mode does to the bytes, and which type of VM has it.
Draft Modes(Dice& dice) {
  constexpr std::array<std::string_view, 4> kTypes = {"SW_PROTECTED", "SW_PROTECTED", "SNP", "TDX"};
  Draft draft;
  draft.calls = WorldOf(dice.Of(kTypes), kShared);
  for (std::uint64_t i = 0; i < 3; ++i) draft.calls.push_back(HostWrite(dice));
  draft.calls.push_back(Conversion(dice).call);
  draft.calls.push_back(Conversion(dice).call);
  Ask(draft, dice.OneIn(2) ? Conversion(dice) : Read(dice));
  return draft;
}

// A page is pinned, perhaps let go, and something around it is converted.
Draft Pins(Dice& dice) {
  Draft draft;
  draft.calls = WorldOf("SW_PROTECTED", kShared);
  // Not page 0, whose offset is what the caller had put into error_offset.
  const std::uint64_t first = 1 + dice.Below(kPages - 4);
  const std::uint64_t pages = 2 + dice.Below(3);
  draft.calls.push_back(absl::StrFormat("p = pin(map, %s)", PageOf(dice.Below(kPages))));
  draft.calls.push_back(absl::StrFormat("q = pin(map, %s)", PageOf(first + dice.Below(pages))));
  if (dice.OneIn(2)) draft.calls.emplace_back(dice.OneIn(2) ? "unpin(p)" : "unpin(q)");
  const std::string_view attributes = dice.OneIn(5) ? "0" : "PRIVATE";
  draft.calls.push_back(absl::StrFormat("set_memory_attributes2(gmem, %s, %s, %s, PRESERVE)",
                                        PageOf(first), PageOf(pages), attributes));
  draft.choices = {"0", "EBUSY"};
  for (std::uint64_t page = first; page < first + pages; ++page) {
    draft.choices.push_back(absl::StrFormat("EAGAIN error_offset=%#x", page * 4096));
  }
  std::ranges::sort(draft.choices);
  draft.whole_answer = true;
  return draft;
}

// Which runs are left of several conversions.
Draft Ranges(Dice& dice) {
  Draft draft;
  draft.calls = WorldOf("SW_PROTECTED", kShared);
  for (std::uint64_t i = 0; i < 4; ++i) {
    draft.calls.push_back(ConversionIn(dice, "PRESERVE").call);
  }
  draft.calls.emplace_back("attributes(gmem)");
  draft.whole_answer = true;
  return draft;
}

// The same call on another architecture.
Draft Architecture(Dice& dice) {
  constexpr std::array<std::string_view, 9> kArchs = {
      "x86", "x86", "arm64", "arm64", "arm64", "riscv", "s390", "powerpc", "loongarch"};
  constexpr std::array<std::string_view, 4> kConversions = {"0, 0", "0, PRESERVE", "0, ZERO",
                                                            "PRIVATE, PRESERVE"};
  const std::string_view arch = dice.Of(kArchs);
  Draft draft;
  draft.host = absl::StrFormat("%s rfc-v4", arch);
  draft.calls = {"kvm = open()", "vm = create_vm(kvm)"};
  const bool has_files = arch == "x86" || arch == "arm64";
  const bool asks_capability = dice.OneIn(2);
  if (has_files || !asks_capability) {
    draft.calls.emplace_back("gmem = create_guest_memfd(vm, size=8p, flags=MMAP)");
  }
  if (asks_capability) {
    const std::string_view whom = dice.OneIn(2) ? "kvm" : "vm";
    draft.calls.push_back(Query(whom, dice.Of(kMemoryCapabilities)));
  } else if (has_files) {
    draft.calls.push_back(
        absl::StrFormat("set_memory_attributes2(gmem, 2p, 3p, %s)", dice.Of(kConversions)));
  }
  draft.choices = {
      "0", "1", "EINVAL", "ENOTTY", "EOPNOTSUPP", "MMAP|INIT_SHARED", "PRIVATE", "ZERO|PRESERVE",
      "fd"};
  return draft;
}

// The same call on another revision.
Draft Revision(Dice& dice) {
  constexpr std::array<std::string_view, 6> kHosts = {"x86 linux-6.12", "x86 linux-6.18",
                                                      "x86 linux-7.0",  "x86 rfc-v4",
                                                      "x86 rfc-v4",     "x86 next-20260923"};
  constexpr std::array<std::string_view, 9> kCalls = {
      "check_extension(vm, KVM_CAP_MEMORY_ATTRIBUTES)",
      "check_extension(vm, 249)",
      "check_extension(vm, 250)",
      "check_extension(vm, 252)",
      "set_memory_attributes(vm, 4G, 8p, PRIVATE)",
      "set_memory_attributes2(gmem, 0, 4p, 0)",
      "set_memory_attributes2(gmem, 0, 4p, 0, PRESERVE)",
      "set_memory_attributes2(gmem, 0, 4p, 0, ZERO)",
      "set_memory_attributes2(gmem, 0, 4p, PRIVATE, ZERO)"};
  Draft draft;
  draft.host = dice.Of(kHosts);
  draft.calls = {"kvm = open()", "vm = create_vm(kvm, SW_PROTECTED)",
                 "gmem = create_guest_memfd(vm, size=8p)"};
  draft.calls.emplace_back(dice.Of(kCalls));
  draft.choices = {"0", "1", "EINVAL", "ENOTTY", "EOPNOTSUPP", "PRIVATE", "ZERO|PRESERVE"};
  return draft;
}

// A byte to the page, from either side.
Question WriteTo(Dice& dice, std::uint64_t page) {
  static constexpr std::array<std::string_view, 2> kHostAnswers = {"ok", "SIGBUS"};
  static constexpr std::array<std::string_view, 3> kGuestAnswers = {"ok", "MMIO", "MEMORY_FAULT"};
  if (dice.OneIn(2)) return {HostWriteTo(dice, page), kHostAnswers};
  return {GuestWriteTo(dice, page), kGuestAnswers};
}

// Something that becomes of the page.
std::string ChangeOf(Dice& dice, std::uint64_t page) {
  constexpr std::array<std::string_view, 3> kConversions = {"PRIVATE, PRESERVE", "0, PRESERVE",
                                                            "0, ZERO"};
  const std::string where = PageOf(page);
  if (dice.OneIn(4)) {
    return absl::StrFormat("fallocate(gmem, KEEP_SIZE|PUNCH_HOLE, %s, 1p)", where);
  }
  return absl::StrFormat("set_memory_attributes2(gmem, %s, 1p, %s)", where, dice.Of(kConversions));
}

// A test with a mistake: a call in front of the looks is left out, or a line expects something
// else.
Draft ConformanceTest(Dice& dice) {
  Draft draft;
  draft.calls = WorldOf("SW_PROTECTED", dice.Of(kFlags));
  const std::size_t world = draft.calls.size();
  const std::uint64_t page = dice.Below(kPages);
  const Question write = WriteTo(dice, page);
  const std::array<Question, 2> looks = {HostReadOf(page), GuestReadOf(page)};
  draft.calls.push_back(write.call);
  draft.calls.push_back(ChangeOf(dice, page));
  if (dice.OneIn(2)) {
    draft.calls.push_back(dice.OneIn(2) ? WriteTo(dice, page).call : ChangeOf(dice, page));
    draft.mistake = {world + dice.Below(3), ""};
  } else if (dice.OneIn(4)) {
    draft.mistake = {world, std::string(dice.Of(write.answers))};
  } else {
    const std::uint64_t look = dice.Below(looks.size());
    draft.mistake = {draft.calls.size() + look, std::string(dice.Of(looks[look].answers))};
  }
  for (const Question& look : looks) draft.calls.push_back(look.call);
  return draft;
}

std::string Change(Dice& dice) {
  const std::uint64_t page = dice.Below(kPages);
  switch (dice.Below(6)) {
    case 0:
      return HostWriteTo(dice, page);
    case 1:
      return GuestWriteTo(dice, page);
    case 2:
      return absl::StrFormat("pin(map, %s)", PageOf(page));
    case 3:
      return absl::StrFormat("fallocate(gmem, KEEP_SIZE|PUNCH_HOLE, %s, 1p)", PageOf(page));
    default:
      return Conversion(dice).call;
  }
}

Question Anything(Dice& dice) {
  switch (dice.Below(8)) {
    case 0:
    case 1:
      return HostRead(dice);
    case 2:
    case 3:
      return GuestRead(dice);
    case 4:
      return Hole(dice);
    default:
      return Conversion(dice);
  }
}

constexpr std::array<Lesson, 11> kLessons = {{{1, "capability", Capability},
                                              {2, "scope", Scope},
                                              {3, "guest-memfd", GuestMemfd},
                                              {4, "shared-private", SharedPrivate},
                                              {5, "conversion", ConversionSteps},
                                              {6, "modes", Modes},
                                              {7, "pins", Pins},
                                              {8, "ranges", Ranges},
                                              {9, "architecture", Architecture},
                                              {10, "revision", Revision},
                                              {11, "conformance", ConformanceTest}}};

}  // namespace

std::span<const Lesson> Lessons() { return kLessons; }

const Lesson* FindLesson(std::string_view number_or_name) {
  const auto* const found = std::ranges::find_if(kLessons, [&](const Lesson& lesson) {
    return number_or_name == lesson.name || number_or_name == std::to_string(lesson.number);
  });
  return found == kLessons.end() ? nullptr : found;
}

Draft DrawAnything(Dice& dice) {
  constexpr std::array<std::string_view, 4> kTypes = {"SW_PROTECTED", "SW_PROTECTED", "SNP", "TDX"};
  Draft draft;
  const std::string_view type = dice.Of(kTypes);
  draft.calls = WorldOf(type, dice.OneIn(3) ? "MMAP" : kShared);
  const std::uint64_t changes = 3 + dice.Below(4);
  for (std::uint64_t i = 0; i < changes; ++i) draft.calls.push_back(Change(dice));
  Ask(draft, Anything(dice));
  return draft;
}

}  // namespace kvm_model::quiz
