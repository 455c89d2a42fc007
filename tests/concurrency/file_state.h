// FileState: one guest_memfd of a few pages behind one memslot, as a sequential program would see
// it: each operation is a plain function of the state before it.
//
// Written against the documentation alone, with none of the model's code. The machine is x86 with
// attributes kept by guest_memfds, the VM software-protected, the file made with MMAP; no page has
// references of other users.
#ifndef KVM_MODEL_TESTS_CONCURRENCY_FILE_STATE_H_
#define KVM_MODEL_TESTS_CONCURRENCY_FILE_STATE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace kvm_model {

inline constexpr std::size_t kMaxFilePages = 4;

struct Operation {
  enum class Kind : std::uint8_t {
    kConvert,     // [first, last] becomes private or shared; `zero` or PRESERVE
    kGuestRead,   // of page `first`
    kGuestWrite,  // of `value` to page `first`
    kHostRead,
    kHostWrite,
    kPunch,           // a hole for [first, last]
    kPreFault,        // of page `first`
    kGfnIsPrivate,    // of page `first`, asked of the VM
    kFileAttributes,  // of the whole file at once: a bit for each private page
    kDeleteSlot,
    kCreateSlot,
  };
  enum class Addressing : std::uint8_t { kAuto, kShared, kPrivate };

  Kind kind = Kind::kGuestRead;
  std::size_t first = 0;
  std::size_t last = 0;  // inclusive
  bool to_private = false;
  bool zero = false;
  Addressing addressing = Addressing::kAuto;
  std::uint8_t value = 0;
};

struct Answer {
  enum class Outcome : std::uint8_t { kDone, kErrno, kSigbus, kMmio, kMemoryFault };
  Outcome outcome = Outcome::kDone;
  // What was read, the errno, or whether the fault's access was private.
  std::uint64_t number = 0;
  friend bool operator==(const Answer&, const Answer&) = default;
};

struct FileState {
  struct Page {
    std::uint8_t value = 0;  // of every byte that is looked at
    bool is_private = false;
    bool resident = false;
    friend bool operator==(const Page&, const Page&) = default;
  };
  std::size_t size = 0;  // pages in use
  std::array<Page, kMaxFilePages> pages = {};
  bool slot = true;

  Answer Apply(const Operation& operation);
  // Different for different states.
  std::uint64_t Encoded() const;
  friend bool operator==(const FileState&, const FileState&) = default;
};

std::string ToText(const Operation& operation);
std::string ToText(const Answer& answer);
std::string ToText(const FileState& state);

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_CONCURRENCY_FILE_STATE_H_
