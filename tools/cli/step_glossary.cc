#include "tools/cli/step_glossary.h"

#include <span>

namespace kvm_model::cli {
namespace {

constexpr StepAbout kGlossary[] = {
    // ---- Everywhere ----
    {"kvm == NULL", "/dev/kvm is asked", "a VM is asked"},
    {"num_online_cpus()", "processors of the machine that are online"},
    {"KVM_MAX_VCPUS", "the most that the kernel is built for"},
    {"KVM_MAX_VCPU_IDS", "the most that the kernel is built for"},
    {"kvm->max_vcpus", "the limit of this VM"},
    {"sched_info_on()", "the scheduler keeps how long tasks waited",
     "the scheduler doesn't keep how long tasks waited"},
    {"KVM_MAX_NR_ADDRESS_SPACES > 1", "a VM can have a second address space",
     "every VM has one address space"},
    {"CONFIG_KVM_GUEST_MEMFD", "the kernel is built with guest_memfd",
     "the kernel is built without guest_memfd"},
    {"vm_memory_attributes", "each VM tracks which of its memory is private",
     "VMs don't track which of their memory is private"},
    {"kvm_arch_has_private_mem is defined in this build", "some VMs can have private memory",
     "no VM can have private memory"},
    {"kvm_arch_has_private_mem(kvm)", "this VM can have memory that its host must not see",
     "this VM has no memory that its host must not see"},
    {"kvm_arch_supports_gmem_init_shared(kvm)", "a guest_memfd may start out shared with the host",
     "a guest_memfd can't start out shared with the host"},
    {"kvm_arch_gmem_supported_content_modes(kvm) != 0",
     "a conversion can say what becomes of the bytes",
     "a conversion can't say what becomes of the bytes"},
    // ---- x86 ----
    {"irqchip_split(kvm)", "the program emulates the VM's IOAPIC, the kernel only its local APICs",
     "the program has not taken over the VM's IOAPIC"},
    {"the SUPPRESS_EOI_BROADCAST flags exist", "this revision knows them",
     "this revision doesn't know them"},
    {"a trust domain", "Intel TDX protects the VM", "Intel TDX doesn't protect the VM"},
    {"is_sev_es_guest()", "the VM's registers are encrypted",
     "the VM's registers aren't encrypted"},
    {"kvm->arch.has_protected_state", "the VM's registers are hidden from its host",
     "the VM's registers aren't hidden from its host"},
    {"tdp_enabled", "the processor walks the guest's page tables and KVM's (EPT, NPT)",
     "KVM shadows the guest's page tables"},
    {"enable_unrestricted_guest", "the processor runs guests in real mode by itself",
     "the processor runs no guest in real mode"},
    {"kvm_caps.has_tsc_control", "the processor scales the guest's time stamp counter",
     "the processor can't scale the guest's time stamp counter"},
    {"kvm_caps.has_bus_lock_exit", "the processor can stop a guest that locks the bus",
     "the processor can't stop a guest that locks the bus"},
    {"kvm_caps.has_notify_vmexit", "the processor can stop a guest that keeps interrupts waiting",
     "the processor can't stop a guest that keeps interrupts waiting"},
    {"kvm_can_mwait_in_guest()", "guests can wait with MWAIT by themselves",
     "guests can't wait with MWAIT by themselves"},
    {"allow_smaller_maxphyaddr", "guests may have fewer physical address bits than the host",
     "guests have the host's physical address bits"},
    {"enable_pmu", "guests have performance counters", "guests have no performance counters"},
    // ---- arm64 ----
    {"is_protected_kvm_enabled()", "the host can't see protected guests: pKVM is on",
     "pKVM is off"},
    {"vgic_present", "guests can have an interrupt controller in the kernel",
     "guests can't have an interrupt controller in the kernel"},
    {"vgic.msis_require_devid", "the VM has an interrupt translation service (ITS)",
     "the VM has no interrupt translation service (ITS)"},
    {"kvm_ipa_limit", "the most bits of a guest's physical address"},
    {"get_num_brps()", "breakpoints of the processor"},
    {"get_num_wrps()", "watchpoints of the processor"},
    {"split_page_chunk_size", "bytes that are split at once; 0: none ahead of a write"},
    {"ARM64_HAS_32BIT_EL1", "the processors run 32-bit guest kernels",
     "the processors don't run 32-bit guest kernels"},
    {"ARM64_HAS_NESTED_VIRT", "guests can be hypervisors", "guests can't be hypervisors"},
    // ---- riscv ----
    {"kvm_riscv_aia_available()", "the machine has the advanced interrupt architecture",
     "the machine lacks the advanced interrupt architecture"},
    {"kvm_riscv_gstage_gpa_bits", "bits of a guest's physical address"},
    // ---- s390 ----
    {"test_facility(11)", "the machine has the CPU topology facility",
     "the machine lacks the CPU topology facility"},
    {"test_facility(64)", "the machine has runtime instrumentation",
     "the machine lacks runtime instrumentation"},
    {"test_facility(82)", "the machine can block branch prediction",
     "the machine can't block branch prediction"},
    {"test_facility(129)", "the machine has vector registers",
     "the machine lacks vector registers"},
    {"test_facility(133)", "the machine has guarded storage", "the machine lacks guarded storage"},
    {"hpage", "guests may be backed by 1 MiB pages", "guests are backed by 4 KiB pages"},
    {"is_prot_virt_host()", "the machine can run protected VMs",
     "the machine isn't booted for protected VMs"},
    // ---- powerpc ----
    {"is_kvmppc_hv_enabled(kvm)", "the HV module serves", "the HV module doesn't serve"},
    {"num_present_cpus()", "processors of the machine, online or not"},
    {"kvm->arch.smt_mode", "virtual CPUs in a virtual core"},
    {"radix_enabled()", "the host translates addresses with radix trees",
     "the host translates addresses with hash tables"},
    {"xive_enabled()", "the host uses the XIVE interrupt controller",
     "the host doesn't use the XIVE interrupt controller"},
    {"kvmhv_on_pseries()", "the host is itself a guest", "the host is no guest"},
    {"cpu_has_feature(CPU_FTR_ARCH_300)", "POWER9 or later", "older than POWER9"},
    {"cpu_has_feature(CPU_FTR_HVMODE)", "the host runs in hypervisor mode",
     "the host doesn't run in hypervisor mode"},
    {"kvmppc_hwrng_present()", "the processor has a random number generator",
     "the processor has no random number generator"},
    // ---- mips ----
    {"raw_cpu_has_fpu", "the processor has a floating-point unit",
     "the processor has no floating-point unit"},
    {"cpu_has_msa", "the processor has vectors (MSA)", "the processor has no vectors (MSA)"},
};

}  // namespace

std::span<const StepAbout> StepGlossary() { return kGlossary; }

}  // namespace kvm_model::cli
