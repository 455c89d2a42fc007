// KVM_ENABLE_CAP of x86, on a VM and on a vCPU (linux-7.0).
#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "arch/x86/arch.h"
#include "arch/x86/exits.h"
#include "arch/x86/facts.h"
#include "arch/x86/vm.h"
#include "kvm_model/fd_table.h"
#include "kvm_model/file.h"
#include "kvm_model/mm.h"
#include "kvm_model/mutex.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vcpu.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_file.h"
#include "uapi/capabilities.h"
#include "uapi/capability_flags.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/flags.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using uapi::Cap;
using uapi::Errno;
using x86::StateOf;

constexpr std::uint64_t kAnything = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kLow32 = std::numeric_limits<std::uint32_t>::max();

// Most arms refuse bits of args[0] that nobody defined.
bool HasOtherBits(const uapi::kvm_enable_cap& cap, std::string_view text, std::uint64_t valid,
                  const Trail& trail) {
  return trail.If(text, (cap.args[0] & ~valid) != 0, {{"args[0]", cap.args[0]}, {"valid", valid}});
}

// Nothing in the model reads what is set: the trail alone tells it.
Result<std::int64_t> Set(const Trail& trail, std::string_view effect, std::uint64_t value) {
  trail.Effect(effect, {{"value", value}});
  return trail.Answer(0);
}

bool VcpuCreated(Vm& vm, const Trail& trail) ABSL_EXCLUSIVE_LOCKS_REQUIRED(vm.state_lock()) {
  return trail.If("a vCPU was created", !vm.state().vcpu_ids.empty());
}

Result<std::int64_t> SplitIrqchip(Vm& vm, const uapi::kvm_enable_cap& cap, const Trail& trail) {
  MutexLock lock(vm.state_lock());
  if (trail.If("args[0] > KVM_MAX_IRQ_ROUTES", cap.args[0] > uapi::kMaxIrqRoutes,
               {{"args[0]", cap.args[0]}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("irqchip_in_kernel(kvm)", StateOf(vm).irqchip_in_kernel()))
    return trail.Fail(Errno::kEEXIST);
  if (VcpuCreated(vm, trail)) return trail.Fail(Errno::kEEXIST);
  StateOf(vm).irqchip_mode.store(x86::IrqchipMode::kSplit, std::memory_order_relaxed);
  trail.Effect("local APICs are in the kernel, the IOAPIC is in user space",
               {{"reserved pins", cap.args[0]}});
  return trail.Answer(0);
}

Result<std::int64_t> X2apicApi(Vm& vm, const uapi::kvm_enable_cap& cap, const Trail& trail) {
  constexpr auto kEnable = uapi::FlagBit(uapi::kX2apicApiFlags, "ENABLE_SUPPRESS_EOI_BROADCAST");
  constexpr auto kDisable = uapi::FlagBit(uapi::kX2apicApiFlags, "DISABLE_SUPPRESS_EOI_BROADCAST");
  const std::uint64_t flags = cap.args[0];
  const bool suppression = vm.host().revision().x2apic_suppress_eoi_broadcast;
  const std::uint64_t valid =
      uapi::AllFlagBits(uapi::kX2apicApiFlags) & (suppression ? kAnything : ~(kEnable | kDisable));
  MutexLock lock(vm.state_lock());
  if (HasOtherBits(cap, "args[0] & ~KVM_X2APIC_API_VALID_FLAGS", valid, trail))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("both SUPPRESS_EOI_BROADCAST flags",
               (flags & kEnable) != 0 && (flags & kDisable) != 0))
    return trail.Fail(Errno::kEINVAL);
  if ((flags & kEnable) != 0 && !trail.If("irqchip_split(kvm)", StateOf(vm).irqchip_split()))
    return trail.Fail(Errno::kEINVAL);
  return Set(trail, "flags of the x2APIC are set, and none is cleared", flags);
}

// Where nobody checks what is allowed, what isn't is left as it is.
Result<std::int64_t> DisableAnyExits(Vm& vm, const uapi::kvm_enable_cap& cap, const Trail& trail) {
  constexpr std::uint64_t kDefined = uapi::kX86DisableExitsMwait | uapi::kX86DisableExitsHlt |
                                     uapi::kX86DisableExitsPause | uapi::kX86DisableExitsCstate;
  if (HasOtherBits(cap, "args[0] & ~KVM_X86_DISABLE_VALID_EXITS", kDefined, trail))
    return trail.Fail(Errno::kEINVAL);
  const std::uint64_t allowed = x86::AllowedDisableExits(x86::FactsOf(vm.host()), trail);
  return Set(trail, "exits are disabled, and none is enabled", cap.args[0] & allowed);
}

Result<std::int64_t> DisableExits(Vm& vm, const uapi::kvm_enable_cap& cap, const Trail& trail) {
  if (!vm.host().revision().x86_disable_exits_is_checked) return DisableAnyExits(vm, cap, trail);
  const std::uint64_t allowed = x86::AllowedDisableExits(x86::FactsOf(vm.host()), trail);
  if (HasOtherBits(cap, "args[0] & ~kvm_get_allowed_disable_exits()", allowed, trail))
    return trail.Fail(Errno::kEINVAL);
  MutexLock lock(vm.state_lock());
  if (VcpuCreated(vm, trail)) return trail.Fail(Errno::kEINVAL);
  return Set(trail, "exits are disabled, and none is enabled", cap.args[0]);
}

// Without the hardware it succeeds and does nothing.
Result<std::int64_t> BusLockExit(Vm& vm, const uapi::kvm_enable_cap& cap, const Trail& trail) {
  constexpr std::uint64_t kBoth = uapi::AllFlagBits(uapi::kBusLockDetectionFlags);
  if (HasOtherBits(cap, "args[0] & ~KVM_BUS_LOCK_DETECTION_VALID_MODE", kBoth, trail))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("both OFF and EXIT", cap.args[0] == kBoth)) return trail.Fail(Errno::kEINVAL);
  if (trail.If("kvm_caps.has_bus_lock_exit", x86::FactsOf(vm.host()).has_bus_lock_exit) &&
      trail.If("args[0] & KVM_BUS_LOCK_DETECTION_EXIT",
               (cap.args[0] & uapi::kBusLockDetectionExit) != 0)) {
    trail.Effect("guests exit after a bus lock");
  }
  return trail.Answer(0);
}

// The model has no /dev/sgx_provision, whose descriptor alone is taken.
Result<std::int64_t> SgxAttribute(Caller& caller, const uapi::kvm_enable_cap& cap,
                                  const Trail& trail) {
  const auto fd = static_cast<int>(cap.args[0] & kLow32);
  const bool open = caller.fds.Get(fd).has_value();
  if (trail.If("args[0] is no descriptor", !open, {{"args[0]", cap.args[0]}}))
    return trail.Fail(Errno::kEINVAL);
  trail.If("the descriptor is not of /dev/sgx_provision", true);
  return trail.Fail(Errno::kEINVAL);
}

// VM_COPY_ENC_CONTEXT_FROM and VM_MOVE_ENC_CONTEXT_FROM. KVM_MEMORY_ENCRYPT_OP, which alone makes a
// source that would do, is no call of the model's.
Result<std::int64_t> EncryptionContext(Vm& vm, Caller& caller, const uapi::kvm_enable_cap& cap,
                                       const Trail& trail) {
  const x86::Facts& facts = x86::FactsOf(vm.host());
  const std::uint64_t type = vm.type().number;
  const bool sev = type == uapi::kX86SevVm || type == uapi::kX86SevEsVm || type == uapi::kX86SnpVm;
  if (!trail.If("the vendor module is kvm_amd", facts.amd && (!facts.intel || sev)))
    return trail.Fail(Errno::kEINVAL);
  if (!trail.If("CONFIG_KVM_AMD_SEV", facts.amd_sev)) return trail.Fail(Errno::kEINVAL);
  const auto source = caller.fds.Get(static_cast<int>(cap.args[0] & kLow32));
  const auto* source_vm = source ? dynamic_cast<const VmFile*>(source->get()) : nullptr;
  if (trail.If("args[0] is no descriptor of a VM", source_vm == nullptr,
               {{"args[0]", cap.args[0]}}))
    return trail.Fail(Errno::kEBADF);
  if (trail.If("the source is this VM", source_vm->vm().get() == &vm))
    return trail.Fail(Errno::kEINVAL);
  trail.Note(Certainty::kInferred, "no VM of the model has started an encrypted launch");
  trail.If("the source is an active SEV guest", false);
  return trail.Fail(Errno::kEINVAL);
}

Result<std::int64_t> PmuCapability(Vm& vm, const uapi::kvm_enable_cap& cap, const Trail& trail) {
  if (!trail.If("enable_pmu", x86::FactsOf(vm.host()).enable_pmu))
    return trail.Fail(Errno::kEINVAL);
  if (HasOtherBits(cap, "args[0] & ~KVM_CAP_PMU_VALID_MASK", uapi::kPmuCapDisable, trail))
    return trail.Fail(Errno::kEINVAL);
  MutexLock lock(vm.state_lock());
  if (VcpuCreated(vm, trail)) return trail.Fail(Errno::kEINVAL);
  return Set(trail, "whether guests have no performance monitoring unit is set", cap.args[0]);
}

// 0 leaves the limit unset.
Result<std::int64_t> MaxVcpuId(Vm& vm, const uapi::kvm_enable_cap& cap, const Trail& trail) {
  const std::uint64_t limit = cap.args[0];
  const std::uint64_t most = vm.host().arch().MaxVcpuIds(vm.host());
  if (trail.If("args[0] > KVM_MAX_VCPU_IDS", limit > most, {{"args[0]", limit}, {"most", most}}))
    return trail.Fail(Errno::kEINVAL);
  MutexLock lock(vm.state_lock());
  x86::VmState& state = StateOf(vm);
  if (trail.If("kvm->arch.bsp_vcpu_id > args[0]", state.bsp_vcpu_id > limit,
               {{"bsp_vcpu_id", state.bsp_vcpu_id}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("another limit is set", state.max_vcpu_ids != 0 && state.max_vcpu_ids != limit,
               {{"max_vcpu_ids", state.max_vcpu_ids}}))
    return trail.Fail(Errno::kEINVAL);
  state.max_vcpu_ids = limit;
  return trail.Answer(0);
}

Result<std::int64_t> NotifyVmexit(Vm& vm, const uapi::kvm_enable_cap& cap, const Trail& trail) {
  const auto flags = static_cast<std::uint32_t>(cap.args[0]);
  if (trail.If("(u32)args[0] & ~KVM_X86_NOTIFY_VMEXIT_VALID_BITS",
               (flags & ~uapi::AllFlagBits(uapi::kX86NotifyVmexitFlags)) != 0, {{"flags", flags}}))
    return trail.Fail(Errno::kEINVAL);
  if (!trail.If("kvm_caps.has_notify_vmexit", x86::FactsOf(vm.host()).has_notify_vmexit))
    return trail.Fail(Errno::kEINVAL);
  if (!trail.If("(u32)args[0] & KVM_X86_NOTIFY_VMEXIT_ENABLED",
                (flags & uapi::kX86NotifyVmexitEnabled) != 0))
    return trail.Fail(Errno::kEINVAL);
  MutexLock lock(vm.state_lock());
  if (VcpuCreated(vm, trail)) return trail.Fail(Errno::kEINVAL);
  return Set(trail, "the window of the notification and its flags are set", cap.args[0]);
}

Result<std::int64_t> DisableNxHugePages(Vm& vm, Caller& caller, const uapi::kvm_enable_cap& cap,
                                        const Trail& trail) {
  if (!trail.If("capable(CAP_SYS_BOOT)", caller.privileges.sys_boot))
    return trail.Fail(Errno::kEPERM);
  if (trail.If("args[0] != 0", cap.args[0] != 0, {{"args[0]", cap.args[0]}}))
    return trail.Fail(Errno::kEINVAL);
  MutexLock lock(vm.state_lock());
  if (VcpuCreated(vm, trail)) return trail.Fail(Errno::kEINVAL);
  return Set(trail, "huge pages stay executable", cap.args[0]);
}

Result<std::int64_t> ApicBusCycles(Vm& vm, const uapi::kvm_enable_cap& cap, const Trail& trail) {
  // The largest count of the timer's register, with its largest divider, must fit 64 bits of
  // nanoseconds.
  constexpr std::uint64_t kMostCycles = kLow32 * 128;
  const std::uint64_t ns = cap.args[0];
  if (trail.If("args[0] == 0", ns == 0)) return trail.Fail(Errno::kEINVAL);
  const bool overflows = ns > kAnything / kMostCycles;
  if (trail.If("0xffffffff * 128 * args[0] overflows 64 bits", overflows, {{"args[0]", ns}}))
    return trail.Fail(Errno::kEINVAL);
  MutexLock lock(vm.state_lock());
  if (!trail.If("irqchip_in_kernel(kvm)", StateOf(vm).irqchip_in_kernel()))
    return trail.Fail(Errno::kENXIO);
  if (VcpuCreated(vm, trail)) return trail.Fail(Errno::kEINVAL);
  StateOf(vm).apic_bus_cycle_ns.store(ns, std::memory_order_relaxed);
  return Set(trail, "the length of an APIC bus cycle is set", ns);
}

// What only sets args[0], once its bits are all defined.
struct Settable {
  std::uint32_t capability;
  std::string_view check;  // empty: every value will do
  std::uint64_t valid;
  std::string_view effect;
};

constexpr auto kSettable = std::to_array<Settable>({
    {Cap("KVM_CAP_MSR_PLATFORM_INFO"), "", kAnything,
     "whether guests can read MSR_PLATFORM_INFO is set"},
    {Cap("KVM_CAP_EXCEPTION_PAYLOAD"), "", kAnything,
     "whether exceptions have a payload of their own is set"},
    {Cap("KVM_CAP_X86_TRIPLE_FAULT_EVENT"), "", kAnything,
     "whether triple faults are among the vCPU's events is set"},
    {Cap("KVM_CAP_X86_USER_SPACE_MSR"), "args[0] & ~KVM_MSR_EXIT_REASON_VALID_MASK",
     uapi::AllFlagBits(uapi::kMsrExitReasonFlags), "the reasons to exit for an MSR are set"},
    {Cap("KVM_CAP_EXIT_HYPERCALL"), "args[0] & ~KVM_EXIT_HYPERCALL_VALID_MASK",
     uapi::AllFlagBits(uapi::kExitHypercallFlags), "the hypercalls to exit for are set"},
    {Cap("KVM_CAP_EXIT_ON_EMULATION_FAILURE"), "args[0] & ~1", 1,
     "whether a failed emulation exits is set"},
});

Result<std::int64_t> SetArgument(const Settable& row, const uapi::kvm_enable_cap& cap,
                                 const Trail& trail) {
  if (!row.check.empty() && HasOtherBits(cap, row.check, row.valid, trail))
    return trail.Fail(Errno::kEINVAL);
  return Set(trail, row.effect, cap.args[0]);
}

// Quirks are only ever disabled. The first form ignores what it doesn't know.
Result<std::int64_t> DisableQuirks(Vm& vm, const uapi::kvm_enable_cap& cap, const Trail& trail) {
  const std::uint64_t supported = x86::FactsOf(vm.host()).supported_quirks;
  if (cap.cap == Cap("KVM_CAP_DISABLE_QUIRKS2") &&
      HasOtherBits(cap, "args[0] & ~kvm_caps.supported_quirks", supported, trail))
    return trail.Fail(Errno::kEINVAL);
  return Set(trail, "quirks are disabled, and none is enabled", cap.args[0] & supported);
}

Result<std::int64_t> EnlightenedVmcs(Vcpu& vcpu, Caller& caller, const uapi::kvm_enable_cap& cap,
                                     const Trail& trail) {
  if (!trail.If("the vendor module has enable_evmcs: it is kvm_intel",
                x86::FactsOf(vcpu.vm().host()).intel))
    return trail.Fail(Errno::kENOTTY);
  trail.Note(Certainty::kInferred, "without VMX in the vCPU's CPUID the version is 0");
  const std::uint16_t version = 0;
  if (trail.If("the version can't be written to args[0]",
               !caller.mm.CopyToUser(cap.args[0], version)))
    return trail.Fail(Errno::kEFAULT);
  return trail.Answer(0);
}

Result<std::int64_t> Synic(Vcpu& vcpu, const uapi::kvm_enable_cap& cap, const Trail& trail) {
  if (cap.cap == Cap("KVM_CAP_HYPERV_SYNIC2") &&
      trail.If("args[0] != 0", cap.args[0] != 0, {{"args[0]", cap.args[0]}}))
    return trail.Fail(Errno::kEINVAL);
  if (!trail.If("irqchip_in_kernel(kvm)", StateOf(vcpu.vm()).irqchip_in_kernel()))
    return trail.Fail(Errno::kEINVAL);
  return trail.Answer(0);
}

}  // namespace

Result<std::int64_t> X86::EnableCap(Vm& vm, Caller& caller, const uapi::kvm_enable_cap& cap,
                                    const Trail& trail) const {
  if (trail.If("flags != 0", cap.flags != 0, {{"flags", cap.flags}}))
    return trail.Fail(Errno::kEINVAL);
  for (const Settable& row : kSettable) {
    if (row.capability == cap.cap) return SetArgument(row, cap, trail);
  }
  switch (cap.cap) {
    case Cap("KVM_CAP_DISABLE_QUIRKS2"):
    case Cap("KVM_CAP_DISABLE_QUIRKS"):
      return DisableQuirks(vm, cap, trail);
    case Cap("KVM_CAP_SPLIT_IRQCHIP"):
      return SplitIrqchip(vm, cap, trail);
    case Cap("KVM_CAP_X2APIC_API"):
      return X2apicApi(vm, cap, trail);
    case Cap("KVM_CAP_X86_DISABLE_EXITS"):
      return DisableExits(vm, cap, trail);
    case Cap("KVM_CAP_X86_BUS_LOCK_EXIT"):
      return BusLockExit(vm, cap, trail);
    case Cap("KVM_CAP_SGX_ATTRIBUTE"):
      if (!trail.If("CONFIG_X86_SGX_KVM", x86::FactsOf(vm.host()).sgx))
        return trail.Fail(Errno::kEINVAL);
      return SgxAttribute(caller, cap, trail);
    case Cap("KVM_CAP_VM_COPY_ENC_CONTEXT_FROM"):
    case Cap("KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM"):
      return EncryptionContext(vm, caller, cap, trail);
    case Cap("KVM_CAP_PMU_CAPABILITY"):
      return PmuCapability(vm, cap, trail);
    case Cap("KVM_CAP_MAX_VCPU_ID"):
      return MaxVcpuId(vm, cap, trail);
    case Cap("KVM_CAP_X86_NOTIFY_VMEXIT"):
      return NotifyVmexit(vm, cap, trail);
    case Cap("KVM_CAP_VM_DISABLE_NX_HUGE_PAGES"):
      return DisableNxHugePages(vm, caller, cap, trail);
    case Cap("KVM_CAP_X86_APIC_BUS_CYCLES_NS"):
      return ApicBusCycles(vm, cap, trail);
    default:
      trail.If("the architecture enables it on a VM", false, {{"cap", cap.cap}});
      return trail.Fail(Errno::kEINVAL);
  }
}

Result<std::int64_t> X86::EnableVcpuCap(Vcpu& vcpu, Caller& caller, const uapi::kvm_enable_cap& cap,
                                        const Trail& trail) const {
  const x86::Facts& facts = x86::FactsOf(vcpu.vm().host());
  if (trail.If("flags != 0", cap.flags != 0, {{"flags", cap.flags}}))
    return trail.Fail(Errno::kEINVAL);
  switch (cap.cap) {
    case Cap("KVM_CAP_HYPERV_SYNIC2"):
    case Cap("KVM_CAP_HYPERV_SYNIC"):
      if (!trail.If("CONFIG_KVM_HYPERV", facts.hyperv)) return trail.Fail(Errno::kEINVAL);
      return Synic(vcpu, cap, trail);
    case Cap("KVM_CAP_HYPERV_ENLIGHTENED_VMCS"):
      if (!trail.If("CONFIG_KVM_HYPERV", facts.hyperv)) return trail.Fail(Errno::kEINVAL);
      return EnlightenedVmcs(vcpu, caller, cap, trail);
    case Cap("KVM_CAP_HYPERV_DIRECT_TLBFLUSH"):
      if (!trail.If("CONFIG_KVM_HYPERV", facts.hyperv)) return trail.Fail(Errno::kEINVAL);
      if (!trail.If("the vendor module has enable_l2_tlb_flush: KVM runs on Hyper-V",
                    facts.on_hyperv))
        return trail.Fail(Errno::kENOTTY);
      return trail.Answer(0);
    case Cap("KVM_CAP_HYPERV_ENFORCE_CPUID"):
      if (!trail.If("CONFIG_KVM_HYPERV", facts.hyperv)) return trail.Fail(Errno::kEINVAL);
      return trail.Answer(0);
    case Cap("KVM_CAP_ENFORCE_PV_FEATURE_CPUID"):
      return trail.Answer(0);
    default:
      trail.If("the architecture enables it on a vCPU", false, {{"cap", cap.cap}});
      return trail.Fail(Errno::kEINVAL);
  }
}

}  // namespace kvm_model
