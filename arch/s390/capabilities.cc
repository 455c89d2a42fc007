// kvm_vm_ioctl_check_extension() of s390 (linux-7.0).
#include "arch/generic/capabilities.h"

#include <cstdint>
#include <string_view>

#include "arch/s390/arch.h"
#include "arch/s390/facts.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/capabilities.h"
#include "uapi/capability_flags.h"
#include "uapi/constants.h"
#include "uapi/flags.h"

namespace kvm_model {
namespace {

using s390::Facts;
using s390::FactsOf;
using uapi::Cap;

// MEM_OP_MAX_SIZE: bytes that one KVM_S390_MEM_OP moves at most.
constexpr std::int64_t kMemOpMaxSize = 65536;

bool SupportsHugePages(std::string_view parameter, bool on, const Vm* vm, const Trail& trail) {
  if (!trail.If(parameter, on)) return false;
  return !trail.If("kvm && kvm_is_ucontrol(kvm)",
                   vm != nullptr && vm->type().number == uapi::kVmS390Ucontrol);
}

// Every call is looked at, as a missing one decides.
bool SupportsDump(const Facts& facts, const Trail& trail) {
  if (!trail.If("is_prot_virt_host()", facts.prot_virt_host)) return false;
  return trail.If("BIT_UVC_CMD_DUMP_INIT is in uv_info.inst_calls_list", facts.uv_dump_init) &&
         trail.If("BIT_UVC_CMD_DUMP_CONFIG_STOR_STATE is in uv_info.inst_calls_list",
                  facts.uv_dump_config_stor_state) &&
         trail.If("BIT_UVC_CMD_DUMP_CPU is in uv_info.inst_calls_list", facts.uv_dump_cpu) &&
         trail.If("BIT_UVC_CMD_DUMP_COMPLETE is in uv_info.inst_calls_list",
                  facts.uv_dump_complete);
}

}  // namespace

CapabilityValue S390::CheckExtension(const Host& host, const Vm* vm, std::int64_t capability,
                                     const Trail& trail) const {
  const Facts& facts = FactsOf(host);
  switch (capability) {
    case Cap("KVM_CAP_S390_PSW"):
    case Cap("KVM_CAP_S390_GMAP"):
      return 1;
    case Cap("KVM_CAP_S390_UCONTROL"):
      return trail.If("CONFIG_KVM_S390_UCONTROL", facts.ucontrol) ? 1 : 0;
    case Cap("KVM_CAP_ASYNC_PF"):
    case Cap("KVM_CAP_SYNC_REGS"):
    case Cap("KVM_CAP_ONE_REG"):
    case Cap("KVM_CAP_ENABLE_CAP"):
    case Cap("KVM_CAP_S390_CSS_SUPPORT"):
    case Cap("KVM_CAP_IOEVENTFD"):
    case Cap("KVM_CAP_S390_IRQCHIP"):
    case Cap("KVM_CAP_VM_ATTRIBUTES"):
    case Cap("KVM_CAP_MP_STATE"):
    case Cap("KVM_CAP_IMMEDIATE_EXIT"):
    case Cap("KVM_CAP_S390_INJECT_IRQ"):
    case Cap("KVM_CAP_S390_USER_SIGP"):
    case Cap("KVM_CAP_S390_USER_STSI"):
    case Cap("KVM_CAP_S390_SKEYS"):
    case Cap("KVM_CAP_S390_IRQ_STATE"):
    case Cap("KVM_CAP_S390_USER_INSTR0"):
    case Cap("KVM_CAP_S390_CMMA_MIGRATION"):
    case Cap("KVM_CAP_S390_AIS"):
    case Cap("KVM_CAP_S390_AIS_MIGRATION"):
    case Cap("KVM_CAP_S390_VCPU_RESETS"):
    case Cap("KVM_CAP_SET_GUEST_DEBUG"):
    case Cap("KVM_CAP_S390_DIAG318"):
    case Cap("KVM_CAP_IRQFD_RESAMPLE"):
      return 1;
    case Cap("KVM_CAP_S390_USER_OPEREXEC"):
      return trail.If("the revision has KVM_CAP_S390_USER_OPEREXEC",
                      host.revision().s390_user_operexec)
                 ? 1
                 : 0;
    case Cap("KVM_CAP_S390_KEYOP"):
      return trail.If("the revision has KVM_CAP_S390_KEYOP", host.revision().s390_keyop) ? 1 : 0;
    case Cap("KVM_CAP_PRE_FAULT_MEMORY"):
      if (!host.revision().s390_pre_fault_memory) break;
      return 1;
    case Cap("KVM_CAP_S390_VSIE_ESAMODE"):
      if (!host.revision().s390_vsie_esamode) break;
      return 1;
    case Cap("KVM_CAP_S390_HPAGE_2G"):
      if (!host.revision().s390_hpage_2g) break;
      return SupportsHugePages("hpage_2g", facts.hpage_2g, vm, trail) ? 1 : 0;
    case Cap("KVM_CAP_SET_GUEST_DEBUG2"):
      return static_cast<std::int64_t>(uapi::AllFlagBits(uapi::kS390GuestDebugFlags));
    case Cap("KVM_CAP_S390_HPAGE_1M"):
      return SupportsHugePages("hpage", facts.hpage, vm, trail) ? 1 : 0;
    case Cap("KVM_CAP_S390_MEM_OP"):
      return kMemOpMaxSize;
    case Cap("KVM_CAP_S390_MEM_OP_EXTENSION"):
      return static_cast<std::int64_t>(uapi::AllFlagBits(uapi::kS390MemOpExtensionFlags));
    case Cap("KVM_CAP_NR_VCPUS"):
      return generic::OnlineCpusUpTo(host, s390::VcpuLimit(host, trail), trail);
    case Cap("KVM_CAP_MAX_VCPUS"):
    case Cap("KVM_CAP_MAX_VCPU_ID"):
      return static_cast<std::int64_t>(s390::VcpuLimit(host, trail));
    case Cap("KVM_CAP_S390_COW"):
      return trail.If("machine_has_esop()", facts.esop) ? 1 : 0;
    case Cap("KVM_CAP_S390_VECTOR_REGISTERS"):
      return trail.If("test_facility(129)", facts.facility_129) ? 1 : 0;
    case Cap("KVM_CAP_S390_RI"):
      return trail.If("test_facility(64)", facts.facility_64) ? 1 : 0;
    case Cap("KVM_CAP_S390_GS"):
      return trail.If("test_facility(133)", facts.facility_133) ? 1 : 0;
    case Cap("KVM_CAP_S390_BPB"):
      return trail.If("test_facility(82)", facts.facility_82) ? 1 : 0;
    case Cap("KVM_CAP_S390_PROTECTED_ASYNC_DISABLE"):
      return trail.If("async_destroy", facts.async_destroy) &&
                     trail.If("is_prot_virt_host()", facts.prot_virt_host)
                 ? 1
                 : 0;
    case Cap("KVM_CAP_S390_PROTECTED"):
      return trail.If("is_prot_virt_host()", facts.prot_virt_host) ? 1 : 0;
    case Cap("KVM_CAP_S390_PROTECTED_DUMP"):
      return SupportsDump(facts, trail) ? 1 : 0;
    case Cap("KVM_CAP_S390_ZPCI_OP"):
      return trail.If("kvm_s390_pci_interp_allowed()", facts.zpci_interp) ? 1 : 0;
    case Cap("KVM_CAP_S390_CPU_TOPOLOGY"):
      return trail.If("test_facility(11)", facts.facility_11) ? 1 : 0;
    default:
      break;
  }
  return generic::CheckEveryArchitectures(host, capability);
}

}  // namespace kvm_model
