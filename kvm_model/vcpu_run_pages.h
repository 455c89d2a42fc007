// The pages that a vCPU's descriptor maps.
//
// The run structure comes first; each vCPU has its own, and what the architecture puts behind it.
// One page is the VM's, the ring of coalesced MMIO: all of its vCPUs show the same one. Models
// kvm_vcpu_fault() (linux-7.0).
#ifndef KVM_MODEL_KVM_MODEL_VCPU_RUN_PAGES_H_
#define KVM_MODEL_KVM_MODEL_VCPU_RUN_PAGES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "kvm_model/mutex.h"
#include "uapi/structs.h"

namespace kvm_model {

// A VM's page for coalesced MMIO (kvm_coalesced_mmio_init()). Nothing in the model writes to it.
class CoalescedMmioRing {
 public:
  explicit CoalescedMmioRing(std::size_t bytes);
  std::size_t size() const { return size_; }
  // Within the page.
  void Read(std::uint64_t offset, std::span<std::byte> bytes) const;
  void Write(std::uint64_t offset, std::span<const std::byte> bytes);

 private:
  const std::size_t size_;
  mutable Mutex lock_{LockRank::kVcpuRunPages};
  std::vector<std::byte> bytes_ ABSL_GUARDED_BY(lock_);
};

// Shared by the vCPU and its mappings.
class VcpuRunPages {
 public:
  // `ring`, where there is one, stands at the byte `ring_at` of `size`.
  VcpuRunPages(std::size_t size, std::shared_ptr<CoalescedMmioRing> ring, std::uint64_t ring_at);
  std::size_t size() const { return size_; }
  // Of bytes that lie in one page; false past the end.
  bool Read(std::uint64_t offset, std::span<std::byte> bytes) const;
  bool Write(std::uint64_t offset, std::span<const std::byte> bytes);
  uapi::kvm_run Get() const;
  // Changes the run structure; what a program writes to other fields meanwhile stays.
  void Update(absl::FunctionRef<void(uapi::kvm_run&)> change);

 private:
  bool Has(std::uint64_t offset, std::size_t bytes) const {
    return offset <= size_ && bytes <= size_ - offset;
  }
  bool IsInRing(std::uint64_t offset) const {
    return ring_ != nullptr && offset >= ring_at_ && offset - ring_at_ < ring_->size();
  }

  const std::size_t size_;
  const std::shared_ptr<CoalescedMmioRing> ring_;
  const std::uint64_t ring_at_;
  mutable Mutex lock_{LockRank::kVcpuRunPages};
  std::vector<std::byte> bytes_ ABSL_GUARDED_BY(lock_);
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_VCPU_RUN_PAGES_H_
