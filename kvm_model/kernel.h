// Kernel: a booted host. What all its processes share.
//
// Owns the state that no single file has: the gates at which allocations fail and signals arrive on
// request, and the source of random bytes. Everything random comes from `seed`, so that a run can
// be repeated. Thread-safe.
#ifndef KVM_MODEL_KVM_MODEL_KERNEL_H_
#define KVM_MODEL_KVM_MODEL_KERNEL_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <utility>

#include "kvm_model/allocation_gate.h"
#include "kvm_model/countdown.h"
#include "kvm_model/host.h"
#include "kvm_model/invalidation_listener.h"

namespace kvm_model {

class Kernel {
 public:
  explicit Kernel(std::shared_ptr<const Host> host, std::uint64_t seed = 1)
      : host_(std::move(host)), seed_(seed) {}
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  const Host& host() const { return *host_; }
  AllocationGate& allocations() { return allocations_; }
  // Where calls that can be interrupted look for a pending signal (signal_pending()): a hit is one,
  // and the call ends with EINTR or with what it has done so far.
  Countdown& signals() { return signals_; }

  // Who is told what guests lose; null, as at first: nobody. It must outlive the VMs, or be taken
  // off while no call is running.
  void SetInvalidationListener(InvalidationListener* listener) {
    invalidation_listener_.store(listener, std::memory_order_release);
  }
  InvalidationListener* invalidation_listener() const {
    return invalidation_listener_.load(std::memory_order_acquire);
  }

  // The permissions of /dev/kvm, as a file has them.
  std::uint32_t device_mode() const { return device_mode_.load(); }
  void SetDeviceMode(std::uint32_t mode) { device_mode_.store(mode); }

  // Those of the inode that files without a name share.
  std::uint32_t anonymous_mode() const { return anonymous_mode_.load(); }
  void SetAnonymousMode(std::uint32_t mode) { anonymous_mode_.store(mode); }

  // A generator of its own for one object, different for each call and the same in each run.
  std::mt19937_64 NewRandom() {
    return std::mt19937_64(seed_ + 0x9e3779b97f4a7c15u * streams_.fetch_add(1));
  }

 private:
  std::shared_ptr<const Host> host_;
  const std::uint64_t seed_;
  std::atomic<std::uint64_t> streams_{1};
  std::atomic<std::uint32_t> device_mode_{0600};
  std::atomic<std::uint32_t> anonymous_mode_{0600};
  std::atomic<InvalidationListener*> invalidation_listener_{nullptr};
  AllocationGate allocations_;
  Countdown signals_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_KERNEL_H_
