// One page of memory, and the place of one byte in it.
//
// A byte that was made random is not known until somebody who saw it says what it was.
#ifndef KVM_MODEL_TESTS_TWIN_PAGE_H_
#define KVM_MODEL_TESTS_TWIN_PAGE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

namespace kvm_model::twin {

inline constexpr std::uint64_t kPageSize = 4096;  // In bytes.

// The bytes of a page; nullopt is a byte that nobody knows yet.
using Byte = std::optional<std::uint8_t>;

struct Page {
  // False: allocated, and never used. The first use clears it.
  bool up_to_date = false;
  bool poisoned = false;
  bool assigned = false;  // To an SNP guest, in the hardware's table of all pages.
  int pins = 0;           // Long-term references of the host's.

  Byte background = 0;                            // What the page was last filled with.
  std::map<std::uint64_t, std::uint8_t> written;  // What was written since, by offset.

  Byte At(std::uint64_t offset) const {
    const auto byte = written.find(offset);
    return byte == written.end() ? background : Byte(byte->second);
  }
  void Fill(Byte byte) {
    background = byte;
    written.clear();
  }
};

// Where an access leads: a page, and the offset in it.
struct Place {
  std::shared_ptr<Page> page;
  std::uint64_t offset = 0;

  Byte Read() const { return page->At(offset); }
  void Write(std::uint8_t byte) const { page->written[offset] = byte; }
};

}  // namespace kvm_model::twin

#endif  // KVM_MODEL_TESTS_TWIN_PAGE_H_
