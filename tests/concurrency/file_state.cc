#include "tests/concurrency/file_state.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"

namespace kvm_model {
namespace {

using Kind = Operation::Kind;
using Outcome = Answer::Outcome;

Answer Convert(FileState& state, const Operation& operation) {
  if (operation.zero && operation.to_private) return {Outcome::kErrno, EOPNOTSUPP};
  for (std::size_t i = operation.first; i <= operation.last; ++i) {
    state.pages[i].is_private = operation.to_private;
    if (operation.zero) state.pages[i].value = 0;
  }
  return {};
}

Answer GuestAccess(FileState& state, const Operation& operation) {
  FileState::Page& page = state.pages[operation.first];
  const bool gfn_is_private = state.slot && page.is_private;
  const bool is_private = operation.addressing == Operation::Addressing::kAuto
                              ? gfn_is_private
                              : operation.addressing == Operation::Addressing::kPrivate;
  if (is_private != gfn_is_private) return {Outcome::kMemoryFault, is_private ? 1u : 0u};
  if (!state.slot) return {Outcome::kMmio, 0};
  page.resident = true;
  if (operation.kind == Kind::kGuestWrite) page.value = operation.value;
  return {Outcome::kDone, page.value};
}

Answer HostAccess(FileState& state, const Operation& operation) {
  FileState::Page& page = state.pages[operation.first];
  if (page.is_private) return {Outcome::kSigbus, 0};
  page.resident = true;
  if (operation.kind == Kind::kHostWrite) page.value = operation.value;
  return {Outcome::kDone, page.value};
}

}  // namespace

Answer FileState::Apply(const Operation& operation) {
  switch (operation.kind) {
    case Kind::kConvert:
      return Convert(*this, operation);
    case Kind::kGuestRead:
    case Kind::kGuestWrite:
      return GuestAccess(*this, operation);
    case Kind::kHostRead:
    case Kind::kHostWrite:
      return HostAccess(*this, operation);
    case Kind::kPunch:
      for (std::size_t i = operation.first; i <= operation.last; ++i) {
        pages[i].value = 0;
        pages[i].resident = false;
      }
      return {};
    case Kind::kPreFault:
      if (!slot) return {Outcome::kErrno, ENOENT};
      pages[operation.first].resident = true;
      return {};
    case Kind::kGfnIsPrivate:
      return {Outcome::kDone, slot && pages[operation.first].is_private ? 1u : 0u};
    case Kind::kFileAttributes: {
      std::uint64_t bits = 0;
      for (std::size_t i = 0; i < size; ++i) bits |= std::uint64_t{pages[i].is_private} << i;
      return {Outcome::kDone, bits};
    }
    case Kind::kDeleteSlot:
      if (!slot) return {Outcome::kErrno, EINVAL};
      slot = false;
      return {};
    case Kind::kCreateSlot:
      if (slot) return {Outcome::kErrno, EINVAL};
      slot = true;
      return {};
  }
  return {};
}

std::uint64_t FileState::Encoded() const {
  std::uint64_t code = slot ? 1 : 0;
  for (const Page& page : pages) {
    code = code << 10 | std::uint64_t{page.value} << 2 | std::uint64_t{page.is_private} << 1 |
           std::uint64_t{page.resident};
  }
  return code;
}

std::string ToText(const Operation& operation) {
  constexpr std::array<std::string_view, 11> kNames = {
      "convert",   "guest read", "guest write",    "host read",       "host write",     "punch",
      "pre-fault", "is private", "all attributes", "delete the slot", "create the slot"};
  constexpr std::array<std::string_view, 3> kAddressings = {"", " as shared", " as private"};
  std::string text = absl::StrFormat(
      "%s [%d..%d]%s", kNames[static_cast<std::size_t>(operation.kind)], operation.first,
      operation.last, kAddressings[static_cast<std::size_t>(operation.addressing)]);
  if (operation.kind == Kind::kConvert) {
    absl::StrAppendFormat(&text, " to %s, %s", operation.to_private ? "private" : "shared",
                          operation.zero ? "ZERO" : "PRESERVE");
  }
  if (operation.kind == Kind::kGuestWrite || operation.kind == Kind::kHostWrite) {
    absl::StrAppendFormat(&text, " of %d", operation.value);
  }
  return text;
}

std::string ToText(const Answer& answer) {
  constexpr std::array<std::string_view, 5> kOutcomes = {"done", "errno", "SIGBUS", "MMIO exit",
                                                         "memory fault"};
  return absl::StrFormat("%s %d", kOutcomes[static_cast<std::size_t>(answer.outcome)],
                         answer.number);
}

std::string ToText(const FileState& state) {
  std::string text = state.slot ? "slot" : "no slot";
  for (std::size_t i = 0; i < state.size; ++i) {
    const FileState::Page& page = state.pages[i];
    absl::StrAppendFormat(&text, "; page %d: %d %s%s", i, page.value,
                          page.is_private ? "private" : "shared", page.resident ? "" : ", a hole");
  }
  return text;
}

}  // namespace kvm_model
