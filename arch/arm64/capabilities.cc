#include "arch/generic/capabilities.h"

#include <algorithm>
#include <cstdint>

#include "arch/arm64/arch.h"
#include "arch/arm64/facts.h"
#include "arch/arm64/pkvm.h"
#include "arch/arm64/vm.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/capabilities.h"
#include "uapi/capability_flags.h"
#include "uapi/errno.h"
#include "uapi/flags.h"

namespace kvm_model {
namespace {

using arm64::Facts;
using arm64::FactsOf;
using arm64::StateOf;
using uapi::Cap;
using uapi::Errno;

std::int64_t DefaultMaxVcpus(const Facts& facts, const Trail& trail) {
  trail.If("vgic_present", facts.vgic_present);
  return trail.Number("kvm_arm_default_max_vcpus()",
                      static_cast<std::int64_t>(facts.default_max_vcpus));
}

std::int64_t MaxVcpusOf(const Facts& facts, const Vm* vm, const Trail& trail) {
  if (trail.If("kvm == NULL", vm == nullptr)) return DefaultMaxVcpus(facts, trail);
  return trail.Number("kvm->max_vcpus", static_cast<std::int64_t>(vm->max_vcpus()));
}

CapabilityValue MsiDevid(const Vm* vm, const Trail& trail) {
  if (trail.If("kvm == NULL", vm == nullptr)) return trail.Fail(Errno::kEINVAL);
  return trail.If("vgic.msis_require_devid",
                  StateOf(*vm).msis_require_devid.load(std::memory_order_relaxed))
             ? 1
             : 0;
}

// kvm_has_full_ptr_auth().
bool HasFullPtrAuth(const Facts& facts, const Trail& trail) {
  return trail.If("system_has_full_ptr_auth()", facts.full_ptrauth) &&
         trail.If("addresses and generic data have one algorithm", facts.one_ptrauth_algorithm);
}

std::int64_t EagerSplitChunkSize(const Vm* vm, const Trail& trail) {
  if (trail.If("kvm == NULL", vm == nullptr)) return 0;
  const std::uint64_t bytes = StateOf(*vm).eager_split_chunk_size.load(std::memory_order_relaxed);
  return trail.Number("split_page_chunk_size", static_cast<std::int64_t>(bytes));
}

CapabilityValue CacheablePfnmapSupported(const Facts& facts, const Vm* vm, const Trail& trail) {
  if (trail.If("kvm == NULL", vm == nullptr)) return trail.Fail(Errno::kEINVAL);
  return trail.If("ARM64_HAS_STAGE2_FWB", facts.fwb) &&
                 trail.If("ARM64_HAS_CACHE_DIC", facts.cache_dic)
             ? 1
             : 0;
}

}  // namespace

CapabilityValue Arm64::CheckExtension(const Host& host, const Vm* vm, std::int64_t capability,
                                      const Trail& trail) const {
  const Facts& facts = FactsOf(host);
  if (arm64::PkvmHides(host, vm, capability, trail)) return 0;
  switch (capability) {
    case Cap("KVM_CAP_IRQCHIP"):
      return trail.If("vgic_present", facts.vgic_present) ? 1 : 0;
    case Cap("KVM_CAP_IOEVENTFD"):
    case Cap("KVM_CAP_ONE_REG"):
    case Cap("KVM_CAP_ARM_PSCI"):
    case Cap("KVM_CAP_ARM_PSCI_0_2"):
    case Cap("KVM_CAP_READONLY_MEM"):
    case Cap("KVM_CAP_MP_STATE"):
    case Cap("KVM_CAP_IMMEDIATE_EXIT"):
    case Cap("KVM_CAP_VCPU_EVENTS"):
    case Cap("KVM_CAP_ARM_IRQ_LINE_LAYOUT_2"):
    case Cap("KVM_CAP_ARM_NISV_TO_USER"):
    case Cap("KVM_CAP_ARM_INJECT_EXT_DABT"):
    case Cap("KVM_CAP_SET_GUEST_DEBUG"):
    case Cap("KVM_CAP_VCPU_ATTRIBUTES"):
    case Cap("KVM_CAP_PTP_KVM"):
    case Cap("KVM_CAP_ARM_SYSTEM_SUSPEND"):
    case Cap("KVM_CAP_IRQFD_RESAMPLE"):
    case Cap("KVM_CAP_COUNTER_OFFSET"):
      return 1;
    case Cap("KVM_CAP_ARM_WRITABLE_IMP_ID_REGS"):
      if (!host.revision().arm64_writable_imp_id_regs) break;
      return 1;
    case Cap("KVM_CAP_ARM_SEA_TO_USER"):
      if (!host.revision().arm64_sea_to_user) break;
      return 1;
    case Cap("KVM_CAP_SET_GUEST_DEBUG2"):
      return static_cast<std::int64_t>(uapi::AllFlagBits(uapi::kArm64GuestDebugFlags));
    case Cap("KVM_CAP_ARM_SET_DEVICE_ADDR"):
      return 1;
    case Cap("KVM_CAP_NR_VCPUS"): {
      const std::int64_t online =
          trail.Number("num_online_cpus()", static_cast<std::int64_t>(host.facts().cpus));
      return std::min(online, DefaultMaxVcpus(facts, trail));
    }
    case Cap("KVM_CAP_MAX_VCPUS"):
    case Cap("KVM_CAP_MAX_VCPU_ID"):
      return MaxVcpusOf(facts, vm, trail);
    case Cap("KVM_CAP_MSI_DEVID"):
      return MsiDevid(vm, trail);
    // A number of device classes: timers and the PMU.
    case Cap("KVM_CAP_ARM_USER_IRQ"):
      return 1;
    case Cap("KVM_CAP_ARM_MTE"):
      return trail.If("system_supports_mte()", facts.mte) ? 1 : 0;
    case Cap("KVM_CAP_STEAL_TIME"):
      return trail.If("sched_info_on()", facts.sched_info) ? 1 : 0;
    case Cap("KVM_CAP_ARM_EL1_32BIT"):
      return trail.If("ARM64_HAS_32BIT_EL1", facts.el1_32bit) ? 1 : 0;
    case Cap("KVM_CAP_ARM_EL2"):
      if (!host.revision().arm64_el2) break;
      return trail.If("ARM64_HAS_NESTED_VIRT", facts.nested_virt) ? 1 : 0;
    case Cap("KVM_CAP_ARM_EL2_E2H0"):
      if (!host.revision().arm64_el2) break;
      return trail.If("ARM64_HAS_HCR_NV1", facts.hcr_nv1) ? 1 : 0;
    case Cap("KVM_CAP_GUEST_DEBUG_HW_BPS"):
      return trail.Number("get_num_brps()", facts.breakpoints);
    case Cap("KVM_CAP_GUEST_DEBUG_HW_WPS"):
      return trail.Number("get_num_wrps()", facts.watchpoints);
    case Cap("KVM_CAP_ARM_PMU_V3"):
      return trail.If("kvm_supports_guest_pmuv3()", facts.pmu_v3) ? 1 : 0;
    case Cap("KVM_CAP_ARM_PMU_V3_STRICT"):
      if (!host.revision().arm64_pmu_v3_strict) break;
      trail.Note(Certainty::kNotModelled, "what decides KVM_CAP_ARM_PMU_V3_STRICT");
      return trail.Fail(uapi::Errno::kENOSYS);
    case Cap("KVM_CAP_ARM_INJECT_SERROR_ESR"):
      return trail.If("ARM64_HAS_RAS_EXTN", facts.ras) ? 1 : 0;
    case Cap("KVM_CAP_ARM_VM_IPA_SIZE"):
      return trail.Number("kvm_ipa_limit", facts.ipa_limit);
    case Cap("KVM_CAP_ARM_SVE"):
      return trail.If("system_supports_sve()", facts.sve) ? 1 : 0;
    case Cap("KVM_CAP_ARM_PTRAUTH_ADDRESS"):
    case Cap("KVM_CAP_ARM_PTRAUTH_GENERIC"):
      return HasFullPtrAuth(facts, trail) ? 1 : 0;
    case Cap("KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE"):
      return EagerSplitChunkSize(vm, trail);
    case Cap("KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES"):
      return trail.Number("kvm_supported_block_sizes()",
                          static_cast<std::int64_t>(facts.block_sizes));
    // Range 0 alone.
    case Cap("KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES"):
      return 1;
    case Cap("KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED"):
      if (!host.revision().arm64_cacheable_pfnmap) break;
      return CacheablePfnmapSupported(facts, vm, trail);
    default:
      break;
  }
  return generic::CheckEveryArchitectures(host, capability);
}

}  // namespace kvm_model
