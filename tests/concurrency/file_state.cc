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

// What the guest's view of a page is: the VM remembers its gfns, a file is asked through the slot.
bool GfnIsPrivate(const FileState& state, std::size_t page) {
  return state.pages[page].is_private && (state.slot || state.store == AttributeStore::kVm);
}

Answer Convert(FileState& state, const Operation& operation) {
  if (state.store == AttributeStore::kVm) return {Outcome::kErrno, ENOTTY};
  if (operation.zero && operation.to_private) {
    return {Outcome::kErrno, EOPNOTSUPP, operation.first};
  }
  for (std::size_t i = operation.first; operation.to_private && i <= operation.last; ++i) {
    if (state.pages[i].pinned) return {Outcome::kErrno, EAGAIN, i};
  }
  for (std::size_t i = operation.first; i <= operation.last; ++i) {
    state.pages[i].is_private = operation.to_private;
    if (operation.zero) state.pages[i].value = 0;
  }
  return {};
}

// Nobody looks for pages in use, and contents stay.
Answer SetVmAttributes(FileState& state, const Operation& operation) {
  if (state.store == AttributeStore::kGuestMemfd) return {Outcome::kErrno, ENOTTY};
  for (std::size_t i = operation.first; i <= operation.last; ++i) {
    state.pages[i].is_private = operation.to_private;
  }
  return {};
}

Answer GuestAccess(FileState& state, const Operation& operation) {
  FileState::Page& page = state.pages[operation.first];
  const bool gfn_is_private = GfnIsPrivate(state, operation.first);
  const bool is_private = operation.addressing == Operation::Addressing::kAuto
                              ? gfn_is_private
                              : operation.addressing == Operation::Addressing::kPrivate;
  if (is_private != gfn_is_private) return {Outcome::kMemoryFault, is_private ? 1u : 0u};
  if (!state.slot) {
    return is_private ? Answer{Outcome::kMemoryFault, 1} : Answer{Outcome::kMmio, 0};
  }
  page.resident = true;
  if (operation.kind == Kind::kGuestWrite) page.value = operation.value;
  return {Outcome::kDone, page.value};
}

Answer HostAccess(FileState& state, const Operation& operation) {
  FileState::Page& page = state.pages[operation.first];
  const bool file_page_is_private = page.is_private || state.store == AttributeStore::kVm;
  if (file_page_is_private) return {Outcome::kSigbus, 0};
  page.resident = true;
  if (operation.kind == Kind::kPin) {
    page.pinned = true;
    return {};
  }
  if (operation.kind == Kind::kHostWrite) page.value = operation.value;
  return {Outcome::kDone, page.value};
}

Answer PreFault(FileState& state, std::size_t page) {
  if (!state.slot) {
    return {Outcome::kErrno, GfnIsPrivate(state, page) ? std::uint64_t{EFAULT} : ENOENT};
  }
  state.pages[page].resident = true;
  return {};
}

}  // namespace

Answer FileState::Apply(const Operation& operation) {
  switch (operation.kind) {
    case Kind::kConvert:
      return Convert(*this, operation);
    case Kind::kSetVmAttributes:
      return SetVmAttributes(*this, operation);
    case Kind::kGuestRead:
    case Kind::kGuestWrite:
      return GuestAccess(*this, operation);
    case Kind::kHostRead:
    case Kind::kHostWrite:
    case Kind::kPin:
      return HostAccess(*this, operation);
    case Kind::kUnpin:
      pages[operation.first].pinned = false;
      return {};
    case Kind::kPunch:
      // A reference may well outlive this: it is on a page that the file no longer has.
      for (std::size_t i = operation.first; i <= operation.last; ++i) {
        pages[i].value = 0;
        pages[i].resident = false;
        pages[i].pinned = false;
      }
      return {};
    case Kind::kAllocate:
      for (std::size_t i = operation.first; i <= operation.last; ++i) pages[i].resident = true;
      return {};
    case Kind::kPreFault:
      return PreFault(*this, operation.first);
    case Kind::kGfnIsPrivate:
      return {Outcome::kDone, GfnIsPrivate(*this, operation.first) ? 1u : 0u};
    case Kind::kAllAttributes: {
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
    code = code << 11 | std::uint64_t{page.value} << 3 | std::uint64_t{page.is_private} << 2 |
           std::uint64_t{page.resident} << 1 | std::uint64_t{page.pinned};
  }
  return code;
}

std::string ToText(const Operation& operation) {
  constexpr std::array<std::string_view, 15> kNames = {"convert",
                                                       "set the VM's attributes",
                                                       "guest read",
                                                       "guest write",
                                                       "host read",
                                                       "host write",
                                                       "pin",
                                                       "unpin",
                                                       "punch",
                                                       "allocate",
                                                       "pre-fault",
                                                       "is private",
                                                       "all attributes",
                                                       "delete the slot",
                                                       "create the slot"};
  constexpr std::array<std::string_view, 3> kAddressings = {"", " as shared", " as private"};
  std::string text = absl::StrFormat(
      "%s [%d..%d]%s", kNames[static_cast<std::size_t>(operation.kind)], operation.first,
      operation.last, kAddressings[static_cast<std::size_t>(operation.addressing)]);
  if (operation.kind == Kind::kConvert) {
    absl::StrAppendFormat(&text, " to %s, %s", operation.to_private ? "private" : "shared",
                          operation.zero ? "ZERO" : "PRESERVE");
  }
  if (operation.kind == Kind::kSetVmAttributes) {
    text += operation.to_private ? " to private" : " to shared";
  }
  if (operation.kind == Kind::kGuestWrite || operation.kind == Kind::kHostWrite) {
    absl::StrAppendFormat(&text, " of %d", operation.value);
  }
  return text;
}

std::string ToText(const Answer& answer) {
  constexpr std::array<std::string_view, 5> kOutcomes = {"done", "errno", "SIGBUS", "MMIO exit",
                                                         "memory fault"};
  std::string text =
      absl::StrFormat("%s %d", kOutcomes[static_cast<std::size_t>(answer.outcome)], answer.number);
  if (answer.outcome == Outcome::kErrno) {
    absl::StrAppendFormat(&text, " at page %d", answer.error_page);
  }
  return text;
}

std::string ToText(const FileState& state) {
  std::string text = state.store == AttributeStore::kVm ? "attributes of the VM, " : "";
  text += state.slot ? "slot" : "no slot";
  for (std::size_t i = 0; i < state.size; ++i) {
    const FileState::Page& page = state.pages[i];
    absl::StrAppendFormat(&text, "; page %d: %d %s%s%s", i, page.value,
                          page.is_private ? "private" : "shared", page.resident ? "" : ", a hole",
                          page.pinned ? ", pinned" : "");
  }
  return text;
}

}  // namespace kvm_model
