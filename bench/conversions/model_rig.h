// ModelRig: a VM of the model with a 64 GiB guest_memfd in the state that a workload begins with.
//
// Resident pages are in use (up to date) and hold bytes; the process hasn't faulted them in.
// Setting the state up goes straight to the attribute map and the page cache, which is not what is
// measured.
#ifndef KVM_MODEL_BENCH_CONVERSIONS_MODEL_RIG_H_
#define KVM_MODEL_BENCH_CONVERSIONS_MODEL_RIG_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/conversions/workload.h"
#include "bench/model/guest_memfd_vm.h"
#include "uapi/structs.h"

namespace kvm_model::bench {

class ModelRig {
 public:
  // `mode`: the content mode of the timed conversions. `resident`: whether the workload's resident
  // pages are. Whether the set-up worked: error().
  ModelRig(std::shared_ptr<const Workload> workload, std::uint64_t mode, bool resident);

  // What failed in the set-up or later; empty when nothing did.
  const std::string& error() const { return error_; }

  GuestMemfdVm& guest() { return guest_; }
  const GuestMemfdVm& guest() const { return guest_; }
  // The arguments of the timed conversions, in their order.
  std::vector<uapi::kvm_memory_attributes2>& arguments() { return arguments_; }

  std::uint64_t ResidentPages() const;
  // Gives the resident pages their bytes again, which a conversion in mode ZERO gave back to the
  // machine.
  void RestoreContents();
  // Whether the first page of each resident chunk holds what the mode makes of it.
  bool ContentsAreRight() const;

 private:
  const std::shared_ptr<const Workload> workload_;
  const std::uint64_t mode_;
  GuestMemfdVm guest_;
  std::vector<uapi::kvm_memory_attributes2> arguments_;
  std::string error_;
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_CONVERSIONS_MODEL_RIG_H_
