// GuestMemfdVm: a VM of the model with one guest_memfd, for benchmarks.
//
// The VM is software-protected, on an x86 host of the default revision. The file begins shared, and
// the whole of it is bound to a memslot that starts at guest physical address 0 and mapped by the
// VM's process. Nothing is resident.
//
// Setting attributes goes straight to the file's map of them: for states that a measurement begins
// with, not for what is measured.
#ifndef KVM_MODEL_BENCH_MODEL_GUEST_MEMFD_VM_H_
#define KVM_MODEL_BENCH_MODEL_GUEST_MEMFD_VM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kvm_model/attribute_map.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/page.h"
#include "kvm_model/task.h"
#include "kvm_model/user_memory.h"
#include "kvm_model/vm.h"

namespace kvm_model::bench {

class GuestMemfdVm {
 public:
  static constexpr unsigned kPageShift = 12;
  static constexpr std::uint64_t kPageBytes = std::uint64_t{1} << kPageShift;

  // The file has `pages` pages; what is random in the VM follows from `seed`. Whether it worked:
  // error().
  GuestMemfdVm(std::uint64_t pages, std::uint64_t seed);

  // What failed in the set-up; empty when nothing did.
  const std::string& error() const { return error_; }

  Task& task() { return task_; }
  Vm& vm() { return guest_memfd_->vm(); }
  int fd() const { return fd_; }
  GuestMemfd& guest_memfd() { return *guest_memfd_; }
  const GuestMemfd& guest_memfd() const { return *guest_memfd_; }
  // The process's address of a page of the file, and the guest's.
  std::uint64_t HostAddress(PageIndex page) const { return address_ + (page << kPageShift); }
  std::uint64_t GuestAddress(PageIndex page) const { return page << kPageShift; }

  void Set(PageRange range, Attributes attributes);
  bool RangeHas(PageRange range, Attributes attributes) const;
  std::vector<AttributeRun> Runs() const;
  bool CheckInvariants() const;

 private:
  std::string SetUp(std::uint64_t bytes);

  OwnProcessMemory memory_;
  Task task_;
  int fd_ = -1;
  std::shared_ptr<GuestMemfd> guest_memfd_;
  std::uint64_t address_ = 0;
  std::string error_;
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_MODEL_GUEST_MEMFD_VM_H_
