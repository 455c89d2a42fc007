// StressWorld: a machine that several threads use at once, each making calls of all kinds at
// random.
//
// There is one VM with a vCPU, a file of kPages pages bound to slot 0, and two slots of ordinary
// memory, one whose writes are logged now and then and one that is read-only. They live as long as
// the world (slot 0 is gone for moments); the process maps the file and the vCPU. Every thread
// besides makes VMs, vCPUs, files, slots, mappings and children of its own, at numbers that threads
// share.
#ifndef KVM_MODEL_TESTS_CONCURRENCY_STRESS_WORLD_H_
#define KVM_MODEL_TESTS_CONCURRENCY_STRESS_WORLD_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <source_location>

#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/vcpu.h"
#include "kvm_model/vm.h"
#include "tests/concurrency/yielding_listener.h"
#include "tests/kvm_model/machine.h"
#include "uapi/errno.h"

namespace kvm_model {

class StressWorld {
 public:
  static constexpr std::uint64_t kPages = 8;
  static constexpr PageIndex kFirstGfn = 16;

  // The machine and its VM: x86 with a software-protected VM, whose attributes are kept by
  // guest_memfds or by the VM; x86 with an SNP VM, which has a launch flow; arm64, which has
  // devices and no private memory.
  enum class Kind : std::uint8_t { kGuestMemfd, kVm, kSnp, kArm64 };

  explicit StressWorld(Kind kind);
  ~StressWorld();
  StressWorld(const StressWorld&) = delete;
  StressWorld& operator=(const StressWorld&) = delete;

  // One call, or a few that belong together, drawn from the generator.
  void MakeACall(std::mt19937_64& random);
  // Calls that failed as they never may.
  int surprises() const { return surprises_; }
  // Expects that what is left is in order; no call may be running.
  void ExpectOrder();

 private:
  // Slots of ordinary memory that live as long as the world, four gfns each.
  static constexpr std::uint32_t kLoggedSlot = 5;
  static constexpr std::uint32_t kReadOnlySlot = 6;
  static constexpr PageIndex kLoggedGfn = 0;
  static constexpr PageIndex kReadOnlyGfn = 8;
  static constexpr std::uint64_t kOrdinaryPages = 4;
  static constexpr std::byte kConstant{42};

  void Convert(std::mt19937_64& random);
  void TouchAsHost(std::mt19937_64& random);
  void TouchAsGuest(std::mt19937_64& random);
  void Pin(std::mt19937_64& random);
  void PreFault(std::mt19937_64& random);
  void Ask(std::mt19937_64& random);
  void ComeAndGoWithAFile(std::mt19937_64& random);
  void ChangeASlot(std::mt19937_64& random);
  void PunchOrAllocate(std::mt19937_64& random);
  void MapForAMoment(std::mt19937_64& random);
  void ForkAndTouch(std::mt19937_64& random);
  void CopyADescriptor(std::mt19937_64& random);
  void OpenTheDevice(std::mt19937_64& random);
  void ComeAndGoWithAVm(std::mt19937_64& random);
  void MakeAVcpu(std::mt19937_64& random);
  void UseTheVcpu(std::mt19937_64& random);
  void EnableACapability(std::mt19937_64& random);
  void MakeADevice(std::mt19937_64& random);
  void LogDirtyPages(std::mt19937_64& random);
  void TouchReadOnlyMemory(std::mt19937_64& random);
  void Advise(std::mt19937_64& random);
  void Poison(std::mt19937_64& random);
  void PopulatePages(std::mt19937_64& random);

  static std::uint64_t VmTypeFor(Kind kind);

  // Counts what may not be, and tells of the first one.
  void Require(bool holds, std::source_location where = std::source_location::current());
  template <typename T>
  void RequireFails(const Result<T>& result, uapi::Errno error,
                    std::source_location where = std::source_location::current()) {
    Require(!result.has_value() && result.error() == error, where);
  }
  template <typename T>
  void RequireDoneOr(const Result<T>& result, uapi::Errno error,
                     std::source_location where = std::source_location::current()) {
    Require(result.has_value() || result.error() == error, where);
  }
  std::uint64_t AddressOf(PageIndex page) const { return address_ + page * machine_.page_size(); }

  // Memory of the process's own, as many pages as the file has.
  std::uint64_t MapOwnMemory();

  const Kind kind_;
  YieldingListener listener_;
  Machine machine_;
  const int vm_fd_;
  const int file_fd_;
  const std::shared_ptr<Vm> vm_;
  GuestMemfdInode& inode_;
  const std::uint64_t address_;
  const int vcpu_fd_;
  const std::shared_ptr<Vcpu> vcpu_;
  const std::uint64_t run_address_;  // of the vCPU's run structure
  // Memory of the process behind slots without a file, and behind the read-only one.
  const std::uint64_t own_memory_;
  const std::uint64_t constant_memory_;
  std::atomic<std::size_t> made_vcpus_ = 1;
  std::atomic<int> surprises_ = 0;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_CONCURRENCY_STRESS_WORLD_H_
