// kvm_vm_ioctl_check_extension() of x86 (linux-7.0), in its order.
#include "arch/generic/capabilities.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "arch/x86/arch.h"
#include "arch/x86/exits.h"
#include "arch/x86/facts.h"
#include "arch/x86/vm.h"
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

using uapi::Cap;
using x86::Facts;

constexpr std::int64_t kMaxMceBanks = 32;
// struct kvm_xsave, and what KVM_GET_NESTED_STATE copies: a header and the vendor's page or pages.
constexpr std::int64_t kXsaveBytes = 4096;
constexpr std::int64_t kNestedStateHeaderBytes = 128;
constexpr std::int64_t kVmxNestedStateBytes = kNestedStateHeaderBytes + 2 * 4096;
constexpr std::int64_t kSvmNestedStateBytes = kNestedStateHeaderBytes + 4096;

constexpr auto Signed(std::uint64_t bits) { return static_cast<std::int64_t>(bits); }

bool HasProtectedState(const Vm* vm, const Trail& trail) {
  if (trail.If("kvm == NULL", vm == nullptr)) return false;
  return trail.If("kvm->arch.has_protected_state", vm->type().has_protected_state,
                  {{"vm type", vm->type().number}});
}

std::int64_t XenHvm(const Facts& facts, const Trail& trail) {
  constexpr std::uint64_t kWithSchedInfo =
      uapi::FlagBit(uapi::kXenHvmFlags, "RUNSTATE") |
      uapi::FlagBit(uapi::kXenHvmFlags, "RUNSTATE_UPDATE_FLAG");
  constexpr std::uint64_t kAlways = uapi::AllFlagBits(uapi::kXenHvmFlags) & ~kWithSchedInfo;
  if (!trail.If("CONFIG_KVM_XEN", facts.xen)) return 0;
  return Signed(kAlways | (trail.If("sched_info_on()", facts.sched_info) ? kWithSchedInfo : 0));
}

// Whether a vendor module, and on AMD the VM's protection, lets KVM reach the state that entering
// system management mode saves.
std::int64_t Smm(const Facts& facts, const Vm* vm, const Trail& trail) {
  if (!trail.If("CONFIG_KVM_SMM", facts.smm)) return 0;
  const std::uint64_t type = vm == nullptr ? uapi::kX86DefaultVm : vm->type().number;
  if (trail.If("a trust domain", type == uapi::kX86TdxVm)) {
    trail.Note(Certainty::kInferred, "a trust domain has no emulated SMBASE register");
    return 0;
  }
  if (facts.amd &&
      trail.If("is_sev_es_guest()", type == uapi::kX86SevEsVm || type == uapi::kX86SnpVm,
               {{"vm type", type}})) {
    return 0;
  }
  if (!trail.If("the vendor module is kvm_intel", facts.intel)) return 1;
  return trail.If("enable_unrestricted_guest", facts.unrestricted_guest) ||
         trail.If("emulate_invalid_guest_state", facts.emulate_invalid_guest_state);
}

std::int64_t X2apicApi(const Host& host, const Vm* vm, const Trail& trail) {
  constexpr auto kEnable = uapi::FlagBit(uapi::kX2apicApiFlags, "ENABLE_SUPPRESS_EOI_BROADCAST");
  constexpr auto kDisable = uapi::FlagBit(uapi::kX2apicApiFlags, "DISABLE_SUPPRESS_EOI_BROADCAST");
  constexpr std::uint64_t kAll = uapi::AllFlagBits(uapi::kX2apicApiFlags);
  if (!trail.If("the SUPPRESS_EOI_BROADCAST flags exist",
                host.revision().x2apic_suppress_eoi_broadcast))
    return Signed(kAll & ~(kEnable | kDisable));
  if (trail.If("kvm == NULL", vm == nullptr)) return Signed(kAll);
  if (trail.If("irqchip_split(kvm)", x86::StateOf(*vm).irqchip_split())) return Signed(kAll);
  return Signed(kAll & ~kEnable);
}

std::int64_t ApicBusCycleNs(const Host& host, const Vm* vm, const Trail& trail) {
  if (!host.revision().x86_apic_bus_cycles_per_vm || trail.If("kvm == NULL", vm == nullptr))
    return Signed(x86::kApicBusCycleNsDefault);
  const std::uint64_t ns = x86::StateOf(*vm).apic_bus_cycle_ns.load(std::memory_order_relaxed);
  return trail.Number("kvm->arch.apic_bus_cycle_ns", Signed(ns));
}

// Whether the vendor's module nests, where that decides.
bool Nests(const Facts& facts, const Trail& trail) {
  return !facts.nesting_decides || trail.If("the vendor's module has nested=1", facts.nested);
}

std::int64_t NestedState(const Facts& facts, const Trail& trail) {
  if (!Nests(facts, trail)) return 0;
  if (trail.If("the vendor module is kvm_intel", facts.intel)) return kVmxNestedStateBytes;
  if (trail.If("the vendor module is kvm_amd", facts.amd)) return kSvmNestedStateBytes;
  return 0;
}

std::int64_t VcpuLimit(const Facts& facts, const Vm* vm, const Trail& trail) {
  if (trail.If("kvm == NULL", vm == nullptr))
    return trail.Number("KVM_MAX_VCPUS", Signed(facts.max_vcpus));
  if (trail.If("a trust domain", vm->type().number == uapi::kX86TdxVm))
    trail.Note(Certainty::kInferred, "it is limited to the machine's processors");
  return trail.Number("kvm->max_vcpus", Signed(vm->max_vcpus()));
}

// The XSAVE area of what guests may use without asking: struct kvm_xsave has room for the first
// 4096 bytes.
std::int64_t Xsave2(const Facts& facts, const Trail& trail) {
  return std::max(kXsaveBytes, trail.Number("the XSAVE area of the permitted features in bytes",
                                            facts.xsave ? facts.xstate_bytes : 0));
}

// What depends on Kconfig alone.
CapabilityValue CompiledIn(const Trail& trail, std::string_view symbol, bool on) {
  return trail.If(symbol, on) ? 1 : 0;
}

// PIT, its states and its reinjection: the emulated timer belongs to the IOAPIC's option.
CapabilityValue Pit(const Host& host, const Trail& trail) {
  const bool on = x86::FactsOf(host).ioapic;
  if (!on) trail.Note(Certainty::kInferred, "the option is there since 6.17");
  return CompiledIn(trail, "CONFIG_KVM_IOAPIC", on);
}

// The first part of the switch: what is 1 wherever it is compiled in.
CapabilityValue Booleans(const Host& host, std::int64_t capability, const Trail& trail) {
  const Facts& facts = x86::FactsOf(host);
  switch (capability) {
    case Cap("KVM_CAP_IRQCHIP"):
    case Cap("KVM_CAP_HLT"):
    case Cap("KVM_CAP_MMU_SHADOW_CACHE_CONTROL"):
    case Cap("KVM_CAP_SET_TSS_ADDR"):
    case Cap("KVM_CAP_EXT_CPUID"):
    case Cap("KVM_CAP_EXT_EMUL_CPUID"):
    case Cap("KVM_CAP_CLOCKSOURCE"):
      return 1;
    case Cap("KVM_CAP_PIT"):
    case Cap("KVM_CAP_PIT2"):
    case Cap("KVM_CAP_PIT_STATE2"):
    case Cap("KVM_CAP_REINJECT_CONTROL"):
      return Pit(host, trail);
    case Cap("KVM_CAP_NOP_IO_DELAY"):
    case Cap("KVM_CAP_MP_STATE"):
    case Cap("KVM_CAP_USER_NMI"):
    case Cap("KVM_CAP_IRQ_INJECT_STATUS"):
    case Cap("KVM_CAP_IOEVENTFD"):
    case Cap("KVM_CAP_IOEVENTFD_NO_LENGTH"):
    case Cap("KVM_CAP_SET_IDENTITY_MAP_ADDR"):
    case Cap("KVM_CAP_VCPU_EVENTS"):
      return 1;
    case Cap("KVM_CAP_HYPERV"):
    case Cap("KVM_CAP_HYPERV_VAPIC"):
    case Cap("KVM_CAP_HYPERV_SPIN"):
    case Cap("KVM_CAP_HYPERV_TIME"):
    case Cap("KVM_CAP_HYPERV_SYNIC"):
    case Cap("KVM_CAP_HYPERV_SYNIC2"):
    case Cap("KVM_CAP_HYPERV_VP_INDEX"):
    case Cap("KVM_CAP_HYPERV_EVENTFD"):
    case Cap("KVM_CAP_HYPERV_TLBFLUSH"):
    case Cap("KVM_CAP_HYPERV_SEND_IPI"):
    case Cap("KVM_CAP_HYPERV_CPUID"):
    case Cap("KVM_CAP_HYPERV_ENFORCE_CPUID"):
    case Cap("KVM_CAP_SYS_HYPERV_CPUID"):
      return CompiledIn(trail, "CONFIG_KVM_HYPERV", facts.hyperv);
    case Cap("KVM_CAP_PCI_SEGMENT"):
    case Cap("KVM_CAP_DEBUGREGS"):
    case Cap("KVM_CAP_X86_ROBUST_SINGLESTEP"):
    case Cap("KVM_CAP_XSAVE"):
    case Cap("KVM_CAP_ASYNC_PF"):
    case Cap("KVM_CAP_ASYNC_PF_INT"):
    case Cap("KVM_CAP_GET_TSC_KHZ"):
    case Cap("KVM_CAP_KVMCLOCK_CTRL"):
    case Cap("KVM_CAP_IOAPIC_POLARITY_IGNORED"):
    case Cap("KVM_CAP_TSC_DEADLINE_TIMER"):
    case Cap("KVM_CAP_DISABLE_QUIRKS"):
    case Cap("KVM_CAP_SET_BOOT_CPU_ID"):
    case Cap("KVM_CAP_SPLIT_IRQCHIP"):
    case Cap("KVM_CAP_IMMEDIATE_EXIT"):
    case Cap("KVM_CAP_PMU_EVENT_FILTER"):
    case Cap("KVM_CAP_PMU_EVENT_MASKED_EVENTS"):
    case Cap("KVM_CAP_GET_MSR_FEATURES"):
    case Cap("KVM_CAP_MSR_PLATFORM_INFO"):
    case Cap("KVM_CAP_EXCEPTION_PAYLOAD"):
    case Cap("KVM_CAP_X86_TRIPLE_FAULT_EVENT"):
    case Cap("KVM_CAP_SET_GUEST_DEBUG"):
    case Cap("KVM_CAP_LAST_CPU"):
    case Cap("KVM_CAP_X86_USER_SPACE_MSR"):
    case Cap("KVM_CAP_X86_MSR_FILTER"):
    case Cap("KVM_CAP_ENFORCE_PV_FEATURE_CPUID"):
      return 1;
    case Cap("KVM_CAP_SGX_ATTRIBUTE"):
      return CompiledIn(trail, "CONFIG_X86_SGX_KVM", facts.sgx);
    case Cap("KVM_CAP_VM_COPY_ENC_CONTEXT_FROM"):
    case Cap("KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM"):
    case Cap("KVM_CAP_SREGS2"):
    case Cap("KVM_CAP_EXIT_ON_EMULATION_FAILURE"):
    case Cap("KVM_CAP_VCPU_ATTRIBUTES"):
    case Cap("KVM_CAP_SYS_ATTRIBUTES"):
    case Cap("KVM_CAP_VAPIC"):
    case Cap("KVM_CAP_ENABLE_CAP"):
    case Cap("KVM_CAP_VM_DISABLE_NX_HUGE_PAGES"):
    case Cap("KVM_CAP_IRQFD_RESAMPLE"):
    case Cap("KVM_CAP_MEMORY_FAULT_INFO"):
    case Cap("KVM_CAP_X86_GUEST_MODE"):
      return 1;
    case Cap("KVM_CAP_ONE_REG"):
      if (!host.revision().x86_one_reg) return std::nullopt;
      return 1;
    default:
      return generic::CheckEveryArchitectures(host, capability);
  }
}

}  // namespace

// The second part of the switch, with an expression of its own in each arm; the first part is
// Booleans().
CapabilityValue X86::CheckExtension(const Host& host, const Vm* vm, std::int64_t capability,
                                    const Trail& trail) const {
  const Facts& facts = x86::FactsOf(host);
  switch (capability) {
    case Cap("KVM_CAP_PRE_FAULT_MEMORY"):
      return trail.If("tdp_enabled", facts.tdp_enabled) ? 1 : 0;
    case Cap("KVM_CAP_X86_APIC_BUS_CYCLES_NS"):
      return ApicBusCycleNs(host, vm, trail);
    case Cap("KVM_CAP_EXIT_HYPERCALL"):
      return Signed(uapi::AllFlagBits(uapi::kExitHypercallFlags));
    case Cap("KVM_CAP_SET_GUEST_DEBUG2"):
      return Signed(uapi::AllFlagBits(uapi::kX86GuestDebugFlags));
    case Cap("KVM_CAP_XEN_HVM"):
      return XenHvm(facts, trail);
    case Cap("KVM_CAP_SYNC_REGS"):
      return HasProtectedState(vm, trail) ? 0 : Signed(uapi::AllFlagBits(uapi::kX86SyncRegsFlags));
    case Cap("KVM_CAP_ADJUST_CLOCK"):
      return Signed(uapi::AllFlagBits(uapi::kClockFlags));
    case Cap("KVM_CAP_X86_DISABLE_EXITS"):
      return Signed(x86::AllowedDisableExits(facts, trail));
    case Cap("KVM_CAP_X86_SMM"):
      return Smm(facts, vm, trail);
    case Cap("KVM_CAP_NR_VCPUS"):
      return generic::OnlineCpusUpTo(host, facts.max_vcpus, trail);
    case Cap("KVM_CAP_MAX_VCPUS"):
      return VcpuLimit(facts, vm, trail);
    case Cap("KVM_CAP_MAX_VCPU_ID"):
      return trail.Number("KVM_MAX_VCPU_IDS", Signed(MaxVcpuIds(host)));
    case Cap("KVM_CAP_PV_MMU"):
      return 0;
    case Cap("KVM_CAP_MCE"):
      return kMaxMceBanks;
    case Cap("KVM_CAP_XCRS"):
      return trail.If("boot_cpu_has(X86_FEATURE_XSAVE)", facts.xsave) ? 1 : 0;
    case Cap("KVM_CAP_TSC_CONTROL"):
    case Cap("KVM_CAP_VM_TSC_CONTROL"):
      return trail.If("kvm_caps.has_tsc_control", facts.has_tsc_control) ? 1 : 0;
    case Cap("KVM_CAP_X2APIC_API"):
      return X2apicApi(host, vm, trail);
    case Cap("KVM_CAP_NESTED_STATE"):
      return NestedState(facts, trail);
    case Cap("KVM_CAP_HYPERV_DIRECT_TLBFLUSH"):
      return trail.If("CONFIG_KVM_HYPERV", facts.hyperv) &&
                     trail.If("the vendor module has enable_l2_tlb_flush: KVM runs on Hyper-V",
                              facts.on_hyperv)
                 ? 1
                 : 0;
    case Cap("KVM_CAP_HYPERV_ENLIGHTENED_VMCS"):
      return trail.If("CONFIG_KVM_HYPERV", facts.hyperv) && Nests(facts, trail) &&
                     trail.If("the vendor module has enable_evmcs: it is kvm_intel", facts.intel)
                 ? 1
                 : 0;
    case Cap("KVM_CAP_SMALLER_MAXPHYADDR"):
      return trail.If("allow_smaller_maxphyaddr", facts.allow_smaller_maxphyaddr) ? 1 : 0;
    case Cap("KVM_CAP_STEAL_TIME"):
      return trail.If("sched_info_on()", facts.sched_info) ? 1 : 0;
    case Cap("KVM_CAP_X86_BUS_LOCK_EXIT"):
      return trail.If("kvm_caps.has_bus_lock_exit", facts.has_bus_lock_exit)
                 ? Signed(uapi::AllFlagBits(uapi::kBusLockDetectionFlags))
                 : 0;
    case Cap("KVM_CAP_XSAVE2"):
      return Xsave2(facts, trail);
    case Cap("KVM_CAP_PMU_CAPABILITY"):
      return trail.If("enable_pmu", facts.enable_pmu) ? Signed(uapi::kPmuCapDisable) : 0;
    case Cap("KVM_CAP_DISABLE_QUIRKS2"):
      trail.If("tdp_enabled", facts.tdp_enabled);
      return trail.Number("kvm_caps.supported_quirks", Signed(facts.supported_quirks));
    case Cap("KVM_CAP_X86_NOTIFY_VMEXIT"):
      return trail.If("kvm_caps.has_notify_vmexit", facts.has_notify_vmexit) ? 1 : 0;
    case Cap("KVM_CAP_VM_TYPES"):
      return trail.Number("kvm_caps.supported_vm_types", Signed(facts.supported_vm_types));
    case Cap("KVM_CAP_READONLY_MEM"):
      return HasProtectedState(vm, trail) ? 0 : 1;
    default:
      return Booleans(host, capability, trail);
  }
}

}  // namespace kvm_model
