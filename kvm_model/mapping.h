// Mapping: what stands behind a range of a process's addresses.
//
// Offsets are bytes from the mapping's own start; an access never crosses a page. Mappings are
// shared between the pieces that a partial munmap leaves. Thread-safe.
#ifndef KVM_MODEL_KVM_MODEL_MAPPING_H_
#define KVM_MODEL_KVM_MODEL_MAPPING_H_

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <vector>

#include "kvm_model/page.h"
#include "kvm_model/trail.h"

namespace kvm_model {

class MmuNotifiers;

// The signal that an access to memory dies with.
enum class Signal : std::uint8_t { kSIGBUS, kSIGSEGV };

using Access = std::expected<void, Signal>;

// Records that the access dies with `signal`, and makes the failure to return.
[[nodiscard]] inline std::unexpected<Signal> Raise(Signal signal, const Trail& trail) {
  trail.Effect(signal == Signal::kSIGBUS ? "the access raises SIGBUS"
                                         : "the access raises SIGSEGV");
  return std::unexpected(signal);
}

// A long-term reference on a page, as vmsplice or an IOMMU takes one. Dropped when it is destroyed.
class PagePin {
 public:
  virtual ~PagePin() = default;
};

class Mapping {
 public:
  virtual ~Mapping() = default;

  virtual Access Read(std::uint64_t offset, std::span<std::byte> bytes, const Trail& trail) = 0;
  virtual Access Write(std::uint64_t offset, std::span<const std::byte> bytes,
                       const Trail& trail) = 0;
  // Faults the page in and takes a long-term reference on it.
  virtual std::expected<std::unique_ptr<PagePin>, Signal> Pin(std::uint64_t offset,
                                                              const Trail& trail) = 0;

  // The pages (of the mapping) that have just been unmapped.
  virtual void Unmap(PageRange pages) = 0;
  // madvise(MADV_REMOVE) of memory without a file: its pages are gone for every process that shares
  // it, and each is told. Throws std::bad_alloc before anything changed.
  virtual void Remove(PageRange /*pages*/, const Trail& /*trail*/) {}
  // The pages (of the mapping) that the process has in its page tables, lowest first; none where
  // the model keeps no page table.
  virtual std::vector<PageRange> Mapped() const { return {}; }
  // A process has these pages (of the mapping) at its addresses now; the mapping's first page is,
  // or would be, at `address`. Mappings whose pages others can take away tell `notifiers` when they
  // do. False, with nothing changed, when memory is short.
  [[nodiscard]] virtual bool Place(std::shared_ptr<MmuNotifiers> /*notifiers*/,
                                   std::uint64_t /*address*/, PageRange /*pages*/) {
    return true;
  }
  // It has them no longer. When memory is short they may count as its own all the same: somebody is
  // then told of what no longer matters.
  virtual void Displace(PageRange /*pages*/) {}
  // The same memory in a forked child, with nothing mapped in yet; private memory is copied.
  virtual std::shared_ptr<Mapping> Fork() const = 0;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_MAPPING_H_
