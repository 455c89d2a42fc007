// StressWorld: a machine that several threads use at once, each making calls of all kinds at
// random.
//
// The attributes are kept by guest_memfds, or by the VM. There is one VM with one file of kPages
// pages that lives as long as the world, bound to slot 0 and mapped by the process; every thread
// besides makes files, slots, mappings and children of its own, at numbers that threads share.
#ifndef KVM_MODEL_TESTS_CONCURRENCY_STRESS_WORLD_H_
#define KVM_MODEL_TESTS_CONCURRENCY_STRESS_WORLD_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <random>

#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/page.h"
#include "kvm_model/vm.h"
#include "tests/kvm_model/machine.h"

namespace kvm_model {

class StressWorld {
 public:
  static constexpr std::uint64_t kPages = 8;
  static constexpr PageIndex kFirstGfn = 16;

  // Whose attributes count.
  enum class Store : std::uint8_t { kGuestMemfd, kVm };

  explicit StressWorld(Store store);
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

  void Require(bool holds) { surprises_ += holds ? 0 : 1; }
  std::uint64_t AddressOf(PageIndex page) const { return address_ + page * machine_.page_size(); }

  const Store store_;
  Machine machine_;
  const int vm_fd_;
  const int file_fd_;
  const std::shared_ptr<Vm> vm_;
  GuestMemfdInode& inode_;
  const std::uint64_t address_;
  // Memory of the process behind slots without a file.
  const std::uint64_t own_memory_;
  std::atomic<int> surprises_ = 0;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_CONCURRENCY_STRESS_WORLD_H_
