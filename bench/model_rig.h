// ModelRig: a VM of the model with a 64 GiB guest_memfd in the state that a workload begins with.
//
// The VM is software-protected, on an x86 host of the default revision. The whole file is bound to
// a memslot and mapped by its process. Resident pages are in use (up to date) and hold bytes; the
// process hasn't faulted them in. Setting the state up goes straight to the attribute map and the
// page cache, which is not what is measured.
#ifndef KVM_MODEL_BENCH_MODEL_RIG_H_
#define KVM_MODEL_BENCH_MODEL_RIG_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/workload.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/page.h"
#include "kvm_model/task.h"
#include "kvm_model/user_memory.h"
#include "uapi/structs.h"

namespace kvm_model::bench {

class ModelRig {
 public:
  // `mode`: the content mode of the timed conversions. `resident`: whether the workload's resident
  // pages are. `workload` must outlive the rig. Whether the set-up worked: error().
  ModelRig(const Workload& workload, std::uint64_t mode, bool resident);

  // What failed in the set-up; empty when nothing did.
  const std::string& error() const { return error_; }

  Task& task() { return task_; }
  int fd() const { return fd_; }
  GuestMemfd& guest_memfd() { return *guest_memfd_; }
  // The arguments of the timed conversions, in their order.
  std::vector<uapi::kvm_memory_attributes2>& arguments() { return arguments_; }

  void Set(PageRange range, Attributes attributes);
  bool RangeHas(PageRange range, Attributes attributes) const;
  std::vector<AttributeRun> Runs() const;
  bool CheckInvariants() const;
  std::uint64_t ResidentPages() const;

  // Gives the resident pages their bytes again, which a conversion in mode ZERO gave back to the
  // machine.
  void RestoreContents();
  // Whether the first page of each resident chunk holds what the mode makes of it.
  bool ContentsAreRight() const;

 private:
  std::string SetUp(const Workload& workload);

  const Workload& workload_;
  const std::uint64_t mode_;
  const bool resident_;
  OwnProcessMemory memory_;
  Task task_;
  int fd_ = -1;
  std::shared_ptr<GuestMemfd> guest_memfd_;
  std::vector<uapi::kvm_memory_attributes2> arguments_;
  std::string error_;
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_MODEL_RIG_H_
