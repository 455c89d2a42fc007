// What powerpc keeps about one VM.
#ifndef KVM_MODEL_ARCH_POWERPC_VM_H_
#define KVM_MODEL_ARCH_POWERPC_VM_H_

#include <atomic>
#include <cstdint>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_format.h"
#include "kvm_model/arch.h"
#include "kvm_model/mutex.h"
#include "kvm_model/vm.h"

namespace kvm_model::powerpc {

// Threads of a virtual core, as KVM_CAP_PPC_SMT answers them. `emulated` counts when it is more
// than 1.
struct SmtMode {
  std::uint32_t mode = 0;
  std::uint32_t emulated = 0;
};

class VmState final : public ArchVm {
 public:
  VmState(bool hv, SmtMode smt) : hv_(hv), smt_(smt) {}

  std::string ToText() const override {
    std::string text = absl::StrFormat("smt=%d,%d papr=", smt().mode, smt().emulated);
    MutexLock lock(papr_lock_);
    for (const std::uint64_t id : papr_vcpus_) absl::StrAppendFormat(&text, "%d ", id);
    return text;
  }

  // is_kvmppc_hv_enabled(): the VM runs under the hypervisor mode.
  bool hv() const { return hv_; }

  // Both numbers are read and changed as one. Changes under Vm::state_lock().
  SmtMode smt() const { return smt_.load(std::memory_order_relaxed); }
  void SetSmt(SmtMode smt) { smt_.store(smt, std::memory_order_relaxed); }

  // vcpu->arch.papr_enabled, which nothing turns off.
  void EnablePapr(std::uint64_t vcpu_id) {
    MutexLock lock(papr_lock_);
    papr_vcpus_.insert(vcpu_id);
  }
  bool IsPaprEnabled(std::uint64_t vcpu_id) const {
    MutexLock lock(papr_lock_);
    return papr_vcpus_.contains(vcpu_id);
  }

 private:
  const bool hv_;
  std::atomic<SmtMode> smt_;
  mutable Mutex papr_lock_{LockRank::kArch};
  std::set<std::uint64_t> papr_vcpus_ ABSL_GUARDED_BY(papr_lock_);
};

inline VmState& StateOf(const Vm& vm) { return static_cast<VmState&>(*vm.arch_vm()); }

}  // namespace kvm_model::powerpc

#endif  // KVM_MODEL_ARCH_POWERPC_VM_H_
