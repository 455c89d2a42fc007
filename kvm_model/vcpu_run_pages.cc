#include "kvm_model/vcpu_run_pages.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "absl/functional/function_ref.h"
#include "kvm_model/mutex.h"
#include "uapi/structs.h"

namespace kvm_model {

CoalescedMmioRing::CoalescedMmioRing(std::size_t bytes) : size_(bytes) {
  MutexLock lock(lock_);
  bytes_.resize(bytes);
}

void CoalescedMmioRing::Read(std::uint64_t offset, std::span<std::byte> bytes) const {
  MutexLock lock(lock_);
  std::memcpy(bytes.data(), bytes_.data() + offset, bytes.size());
}

void CoalescedMmioRing::Write(std::uint64_t offset, std::span<const std::byte> bytes) {
  MutexLock lock(lock_);
  std::memcpy(bytes_.data() + offset, bytes.data(), bytes.size());
}

VcpuRunPages::VcpuRunPages(std::size_t size, std::shared_ptr<CoalescedMmioRing> ring,
                           std::uint64_t ring_at)
    : size_(size), ring_(std::move(ring)), ring_at_(ring_at) {
  MutexLock lock(lock_);
  bytes_.resize(size);
}

bool VcpuRunPages::Read(std::uint64_t offset, std::span<std::byte> bytes) const {
  if (!Has(offset, bytes.size())) return false;
  if (IsInRing(offset)) {
    ring_->Read(offset - ring_at_, bytes);
    return true;
  }
  MutexLock lock(lock_);
  std::memcpy(bytes.data(), bytes_.data() + offset, bytes.size());
  return true;
}

bool VcpuRunPages::Write(std::uint64_t offset, std::span<const std::byte> bytes) {
  if (!Has(offset, bytes.size())) return false;
  if (IsInRing(offset)) {
    ring_->Write(offset - ring_at_, bytes);
    return true;
  }
  MutexLock lock(lock_);
  std::memcpy(bytes_.data() + offset, bytes.data(), bytes.size());
  return true;
}

uapi::kvm_run VcpuRunPages::Get() const {
  uapi::kvm_run run{};
  Read(0, std::as_writable_bytes(std::span(&run, 1)));
  return run;
}

void VcpuRunPages::Update(absl::FunctionRef<void(uapi::kvm_run&)> change) {
  MutexLock lock(lock_);
  uapi::kvm_run run{};
  std::memcpy(&run, bytes_.data(), sizeof(run));
  change(run);
  std::memcpy(bytes_.data(), &run, sizeof(run));
}

}  // namespace kvm_model
