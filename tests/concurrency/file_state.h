// FileState: one guest_memfd of a few pages behind one memslot, as a sequential program would see
// it: each operation is a plain function of the state before it.
//
// Written against the documentation alone, with none of the model's code. The machine is x86, the
// VM software-protected, the file made with MMAP. The attributes are kept by the file, which was
// made with INIT_SHARED; or by the VM, and then the file, where INIT_SHARED is not to be had, is
// private to its process for good.
#ifndef KVM_MODEL_TESTS_CONCURRENCY_FILE_STATE_H_
#define KVM_MODEL_TESTS_CONCURRENCY_FILE_STATE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace kvm_model {

inline constexpr std::size_t kMaxFilePages = 4;

// Whose attributes count.
enum class AttributeStore : std::uint8_t { kGuestMemfd, kVm };

struct Operation {
  enum class Kind : std::uint8_t {
    kConvert,          // [first, last] of the file becomes private or shared; `zero` or PRESERVE
    kSetVmAttributes,  // the gfns of [first, last] become private or shared, asked of the VM
    kGuestRead,        // of page `first`
    kGuestWrite,       // of `value` to page `first`
    kHostRead,
    kHostWrite,
    kPin,            // the process takes a long-term reference on page `first`
    kUnpin,          // and lets go of it; without one nothing happens
    kPunch,          // a hole for [first, last]
    kAllocate,       // no hole in [first, last]
    kPreFault,       // of page `first`
    kGfnIsPrivate,   // of page `first`, asked of the VM
    kAllAttributes,  // of all pages at once: a bit for each private page
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
  // The page that a refused conversion names in its error_offset.
  std::uint64_t error_page = 0;
  friend bool operator==(const Answer&, const Answer&) = default;
};

struct FileState {
  struct Page {
    std::uint8_t value = 0;   // of every byte that is looked at
    bool is_private = false;  // in the store
    bool resident = false;
    bool pinned = false;
    friend bool operator==(const Page&, const Page&) = default;
  };
  AttributeStore store = AttributeStore::kGuestMemfd;
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
