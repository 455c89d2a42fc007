// KVM_ENABLE_CAP of powerpc, on a vCPU (linux-7.0).
//
// What is enabled shows in the guest alone, so nothing is kept but papr_enabled, which the check at
// the end looks at.
#include <array>
#include <cstddef>
#include <cstdint>

#include "arch/powerpc/arch.h"
#include "arch/powerpc/facts.h"
#include "arch/powerpc/vm.h"
#include "kvm_model/fd_table.h"
#include "kvm_model/file.h"
#include "kvm_model/mm.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vcpu.h"
#include "kvm_model/vm.h"
#include "uapi/capabilities.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using powerpc::Facts;
using powerpc::FactsOf;
using powerpc::StateOf;
using uapi::Cap;
using uapi::Errno;

// sizeof(struct kvm_config_tlb).
constexpr std::size_t kConfigTlbBytes = 24;

// kvmppc_sanity_check(). A vCPU knows its processor version from the start, so that isn't looked
// at; only Book3S-64 has PAPR.
Result<std::int64_t> SanityCheck(const Vcpu& vcpu, const Trail& caller) {
  const Trail trail = caller.In("kvmppc_sanity_check");
  const Facts& facts = FactsOf(vcpu.vm().host());
  const bool papr_enabled = StateOf(vcpu.vm()).IsPaprEnabled(vcpu.id());
  trail.Note(Certainty::kInferred, "what a vCPU must be like after a capability was enabled");
  if (trail.If("cpu_type != KVM_CPU_3S_64 && papr_enabled", !facts.book3s_64 && papr_enabled))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("!papr_enabled && is_kvmppc_hv_enabled(kvm)",
               !papr_enabled && StateOf(vcpu.vm()).hv()))
    return trail.Fail(Errno::kEINVAL);
  if (facts.booke_hv && trail.If("!cpu_has_feature(CPU_FTR_EMB_HV)", !facts.emb_hv))
    return trail.Fail(Errno::kEINVAL);
  return trail.Answer(0);
}

// The descriptor is looked up, but no device that it could lead to can be made in the model.
Result<std::int64_t> ConnectDevice(Caller& caller, const uapi::kvm_enable_cap& cap,
                                   const Trail& trail) {
  const auto fd = static_cast<int>(static_cast<std::uint32_t>(cap.args[0]));
  if (trail.If("args[0] is no open descriptor", !caller.fds.Get(fd), {{"fd", cap.args[0]}}))
    return trail.Fail(Errno::kEBADF);
  trail.If("kvm_device_from_filp() is NULL", true);
  return trail.Fail(Errno::kEPERM);
}

Result<std::int64_t> ConnectXive(const Facts& facts, Caller& caller,
                                 const uapi::kvm_enable_cap& cap, const Trail& trail) {
  const auto fd = static_cast<int>(static_cast<std::uint32_t>(cap.args[0]));
  if (caller.fds.Get(fd) && trail.If("!xive_enabled()", !facts.xive_enabled))
    return trail.Fail(Errno::kENXIO);
  return ConnectDevice(caller, cap, trail);
}

Result<std::int64_t> ConfigureTlb(Caller& caller, const uapi::kvm_enable_cap& cap,
                                  const Trail& trail) {
  std::array<std::byte, kConfigTlbBytes> config{};
  if (trail.If("args[0] can't be read", !caller.mm.CopyFromUser(cap.args[0], config)))
    return trail.Fail(Errno::kEFAULT);
  trail.Note(Certainty::kNotModelled, "arrays of TLB entries that user space shares");
  return trail.Fail(Errno::kENOSYS);
}

}  // namespace

Result<std::int64_t> Powerpc::EnableVcpuCap(Vcpu& vcpu, Caller& caller,
                                            const uapi::kvm_enable_cap& cap,
                                            const Trail& trail) const {
  const Facts& facts = FactsOf(vcpu.vm().host());
  if (trail.If("flags != 0", cap.flags != 0, {{"flags", cap.flags}})) {
    trail.Note(Certainty::kInferred, "flags are refused on a vCPU as they are on a VM");
    return trail.Fail(Errno::kEINVAL);
  }
  switch (cap.cap) {
    case Cap("KVM_CAP_PPC_OSI"):
      trail.Effect("the guest's OSI calls exit to user space");
      return SanityCheck(vcpu, trail);
    case Cap("KVM_CAP_PPC_PAPR"):
      StateOf(vcpu.vm()).EnablePapr(vcpu.id());
      trail.Effect("papr_enabled is set");
      return SanityCheck(vcpu, trail);
    case Cap("KVM_CAP_PPC_EPR"):
      trail.Effect("reads of the EPR exit to user space, or not", {{"enabled", cap.args[0]}});
      return SanityCheck(vcpu, trail);
    case Cap("KVM_CAP_PPC_BOOKE_WATCHDOG"):
      if (!trail.If("CONFIG_BOOKE", facts.booke)) break;
      trail.Effect("the watchdog's expiry exits to user space");
      return SanityCheck(vcpu, trail);
    case Cap("KVM_CAP_SW_TLB"):
      if (!trail.If("CONFIG_KVM_E500V2 || CONFIG_KVM_E500MC", facts.e500)) break;
      return ConfigureTlb(caller, cap, trail);
    case Cap("KVM_CAP_IRQ_MPIC"):
      if (!trail.If("CONFIG_KVM_MPIC", facts.mpic)) break;
      return ConnectDevice(caller, cap, trail);
    case Cap("KVM_CAP_IRQ_XICS"):
      if (!trail.If("CONFIG_KVM_XICS", facts.xics)) break;
      return ConnectDevice(caller, cap, trail);
    case Cap("KVM_CAP_PPC_IRQ_XIVE"):
      if (!trail.If("CONFIG_KVM_XIVE", facts.xive)) break;
      return ConnectXive(facts, caller, cap, trail);
    case Cap("KVM_CAP_PPC_FWNMI"):
      if (!trail.If("CONFIG_KVM_BOOK3S_HV_POSSIBLE", facts.book3s_hv_possible)) break;
      if (trail.If("!is_kvmppc_hv_enabled(kvm)", !StateOf(vcpu.vm()).hv())) break;
      trail.Effect("machine checks of the VM's guests exit to user space");
      return SanityCheck(vcpu, trail);
    default:
      trail.If("the architecture enables nothing of that number on a vCPU", true,
               {{"cap", cap.cap}});
      break;
  }
  return trail.Fail(Errno::kEINVAL);
}

}  // namespace kvm_model
