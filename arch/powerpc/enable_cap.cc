// KVM_ENABLE_CAP of powerpc, on a VM (linux-7.0).
#include <bit>
#include <cstdint>

#include "arch/powerpc/arch.h"
#include "arch/powerpc/facts.h"
#include "arch/powerpc/hcalls.h"
#include "arch/powerpc/hv_ops.h"
#include "arch/powerpc/vm.h"
#include "kvm_model/file.h"
#include "kvm_model/mutex.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/capabilities.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using powerpc::Facts;
using powerpc::FactsOf;
using powerpc::SmtMode;
using powerpc::StateOf;
using uapi::Cap;
using uapi::Errno;

// Which hypercalls a guest's KVM handles itself shows only in the guest, so it isn't kept.
Result<std::int64_t> EnableHcall(Vm& vm, const uapi::kvm_enable_cap& cap, const Trail& trail) {
  const std::uint64_t hcall = cap.args[0];
  if (trail.If("hcall > MAX_HCALL_OPCODE", hcall > powerpc::kMaxHcallOpcode, {{"hcall", hcall}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("hcall & 3", (hcall & 3) != 0, {{"hcall", hcall}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("args[1] > 1", cap.args[1] > 1, {{"args[1]", cap.args[1]}}))
    return trail.Fail(Errno::kEINVAL);
  trail.Note(Certainty::kInferred, "which hypercalls KVM handles");
  if (!trail.If("kvmppc_book3s_hcall_implemented(kvm, hcall)",
                powerpc::IsHcallImplemented(hcall, StateOf(vm).hv(), FactsOf(vm.host()).xics),
                {{"hcall", hcall}}))
    return trail.Fail(Errno::kEINVAL);
  trail.Effect("whether the kernel handles the hypercall is set", {{"enabled", cap.args[1]}});
  return trail.Answer(0);
}

// kvmhv_set_smt_mode(). Processors with loose threads get a core for each vCPU and emulate the
// mode.
Result<std::int64_t> SetSmtMode(Vm& vm, std::uint64_t mode, std::uint64_t flags,
                                const Trail& caller) {
  const Trail trail = caller.In("kvmhv_set_smt_mode");
  const Facts& facts = FactsOf(vm.host());
  trail.Note(Certainty::kInferred, "what the operation checks");
  if (trail.If("flags != 0", flags != 0, {{"flags", flags}})) return trail.Fail(Errno::kEINVAL);
  if (trail.If("mode > MAX_SMT_THREADS || !is_power_of_2(mode)",
               mode > powerpc::kMaxSmtThreads || !std::has_single_bit(mode), {{"mode", mode}}))
    return trail.Fail(Errno::kEINVAL);
  const auto threads = static_cast<std::uint32_t>(mode);
  SmtMode smt = {.mode = 1, .emulated = threads};
  if (!trail.If("cpu_has_feature(CPU_FTR_ARCH_300)", facts.arch_300)) {
    if (trail.If("mode > threads_per_subcore", threads > facts.threads_per_subcore,
                 {{"mode", mode}, {"threads_per_subcore", facts.threads_per_subcore}}))
      return trail.Fail(Errno::kEINVAL);
    smt = {.mode = threads, .emulated = 0};
  }
  MutexLock lock(vm.state_lock());
  if (trail.If("kvm->arch.online_vcores", !vm.state().vcpu_ids.empty()))
    return trail.Fail(Errno::kEBUSY);
  StateOf(vm).SetSmt(smt);
  return trail.Answer(0);
}

Result<std::int64_t> EnableSmt(Vm& vm, const uapi::kvm_enable_cap& cap, const Trail& trail) {
  if (!trail.If("kvm->arch.kvm_ops->set_smt_mode", StateOf(vm).hv()))
    return trail.Fail(Errno::kEINVAL);
  return SetSmtMode(vm, cap.args[0], cap.args[1], trail);
}

// What works on a VM under the hypervisor mode, if `operation` lets it.
Result<std::int64_t> EnableByOperation(Vm& vm, Result<> (*operation)(const Facts&, const Trail&),
                                       const Trail& trail) {
  if (trail.If("!is_kvmppc_hv_enabled(kvm)", !StateOf(vm).hv())) return trail.Fail(Errno::kEINVAL);
  if (const Result<> done = operation(FactsOf(vm.host()), trail); !done)
    return Failure(done.error());
  return trail.Answer(0);
}

}  // namespace

Result<std::int64_t> Powerpc::EnableCap(Vm& vm, Caller&, const uapi::kvm_enable_cap& cap,
                                        const Trail& trail) const {
  const Facts& facts = FactsOf(vm.host());
  if (trail.If("flags != 0", cap.flags != 0, {{"flags", cap.flags}}))
    return trail.Fail(Errno::kEINVAL);
  switch (cap.cap) {
    case Cap("KVM_CAP_PPC_ENABLE_HCALL"):
      if (!trail.If("CONFIG_KVM_BOOK3S_64_HANDLER", facts.book3s_64)) break;
      return EnableHcall(vm, cap, trail);
    case Cap("KVM_CAP_PPC_SMT"):
      if (!trail.If("CONFIG_KVM_BOOK3S_64_HANDLER", facts.book3s_64)) break;
      return EnableSmt(vm, cap, trail);
    case Cap("KVM_CAP_PPC_NESTED_HV"):
      if (!trail.If("CONFIG_KVM_BOOK3S_64_HANDLER", facts.book3s_64)) break;
      return EnableByOperation(vm, powerpc::EnableNested, trail);
    case Cap("KVM_CAP_PPC_SECURE_GUEST"):
      if (!trail.If("CONFIG_KVM_BOOK3S_HV_POSSIBLE", facts.book3s_hv_possible)) break;
      return EnableByOperation(vm, powerpc::EnableSvm, trail);
    case Cap("KVM_CAP_PPC_DAWR1"):
      if (!trail.If("CONFIG_KVM_BOOK3S_HV_POSSIBLE", facts.book3s_hv_possible)) break;
      return EnableByOperation(vm, powerpc::EnableDawr1, trail);
    default:
      trail.If("the architecture enables nothing of that number on a VM", true, {{"cap", cap.cap}});
      break;
  }
  return trail.Fail(Errno::kEINVAL);
}

}  // namespace kvm_model
