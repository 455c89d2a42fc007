// The facts about capabilities 0 to 63. Include uapi/capability_facts.h, not this.
//
// In order of number, then as in uapi/capability_table.h.

#ifndef KVM_MODEL_UAPI_CAPABILITY_FACTS_FROM_0_H_
#define KVM_MODEL_UAPI_CAPABILITY_FACTS_FROM_0_H_

#include <array>

#include "uapi/capability_facts_types.h"

namespace kvm_model::uapi::capability_facts_table {

inline constexpr auto kRowsFrom0 = std::to_array<CapabilityFacts>({
    {.name = "KVM_CAP_IRQCHIP",
     .group = kInterrupts,
     .value = kBoolean,
     .meaning = "KVM can emulate the machine's interrupt controllers itself, so that a program "
                "need not emulate them (x86: PIC, I/O APIC and local APICs; arm64: GIC; riscv: "
                "AIA).",
     .gates = "KVM_CREATE_IRQCHIP (VM; x86, arm64, s390; 4.24), KVM_IRQ_LINE (VM; x86, arm64; "
              "4.25), KVM_GET_IRQCHIP (VM; x86; 4.26), KVM_SET_IRQCHIP (VM; x86; 4.27), "
              "KVM_GET_LAPIC (vCPU; x86; 4.57), KVM_SET_LAPIC (vCPU; x86; 4.58)"},
    {.name = "KVM_CAP_HLT",
     .group = kExits,
     .value = kBoolean,
     .meaning = "A virtual CPU that executes the x86 instruction HLT sleeps until its next "
                "interrupt, in the kernel or in the program."},
    {.name = "KVM_CAP_MMU_SHADOW_CACHE_CONTROL",
     .group = kMemory,
     .value = kBoolean,
     .meaning = "A program can limit how many pages KVM spends on its own copies of the guest's "
                "page tables (KVM_SET_NR_MMU_PAGES)."},
    {.name = "KVM_CAP_USER_MEMORY",
     .group = kMemory,
     .value = kBoolean,
     .meaning = "A program can make ranges of its own memory the guest's physical memory; each "
                "range is called a memory slot.",
     .gates = "KVM_SET_USER_MEMORY_REGION (VM; all; 4.35)"},
    {.name = "KVM_CAP_SET_TSS_ADDR",
     .group = kMemory,
     .value = kBoolean,
     .meaning = "A program can choose where in guest memory KVM puts three pages that Intel "
                "processors without unrestricted guest mode need for real mode.",
     .gates = "KVM_SET_TSS_ADDR (VM; x86; 4.36)"},
    {.name = "KVM_CAP_VAPIC",
     .group = kInterrupts,
     .value = kBoolean,
     .meaning = "A program can name a guest page through which a guest changes its interrupt "
                "priority without leaving the guest (KVM_SET_VAPIC_ADDR)."},
    {.name = "KVM_CAP_EXT_CPUID",
     .group = kCpuFeatures,
     .value = kBoolean,
     .meaning = "A program can ask which CPUID bits KVM can give to a guest, and can set a "
                "virtual CPU's CPUID leaf by leaf, subleaves included.",
     .gates = "KVM_GET_SUPPORTED_CPUID (system; x86; 4.46)"},
    {.name = "KVM_CAP_CLOCKSOURCE",
     .group = kTime,
     .value = kBoolean,
     .meaning = "The guest can use kvmclock, a clock that KVM keeps in a page of guest memory."},
    {.name = "KVM_CAP_NR_VCPUS",
     .group = kLimits,
     .value = kNumber,
     .unit = "vCPUs",
     .meaning = "The value is how many virtual CPUs a VM should have at most to run well, which "
                "is no more than the host has CPUs."},
    {.name = "KVM_CAP_NR_MEMSLOTS",
     .group = kLimits,
     .value = kNumber,
     .unit = "memory slots",
     .meaning = "The value is how many memory slots (ranges of guest memory) a VM can have in "
                "each address space."},
    {.name = "KVM_CAP_PIT",
     .group = kTime,
     .value = kBoolean,
     .meaning =
         "KVM can emulate the 8254 timer chip of a PC; newer programs ask for KVM_CAP_PIT2."},
    {.name = "KVM_CAP_NOP_IO_DELAY",
     .group = kIo,
     .value = kBoolean,
     .meaning = "The guest is told that it need not wait after an access to an I/O port (a bit of "
                "the paravirtual features in CPUID)."},
    {.name = "KVM_CAP_PV_MMU",
     .group = kMemory,
     .value = kNothing,
     .meaning = "Formerly, the guest could change its page tables by calls to KVM; every kernel "
                "described here answers 0."},
    {.name = "KVM_CAP_MP_STATE",
     .group = kVcpuState,
     .value = kBoolean,
     .meaning = "A program can read and set whether a virtual CPU runs, is stopped, or waits for "
                "an interrupt or a start-up message.",
     .gates = "KVM_GET_MP_STATE (vCPU; x86, s390, arm64, riscv, loongarch; 4.38), "
              "KVM_SET_MP_STATE (vCPU; x86, s390, arm64, riscv, loongarch; 4.39)"},
    {.name = "KVM_CAP_COALESCED_MMIO",
     .group = kIo,
     .value = kNumber,
     .unit = "pages into the vCPU's mapping",
     .meaning = "KVM can collect writes to device memory in a ring instead of stopping for each; "
                "the value is the page of the virtual CPU's mapping that holds the ring.",
     .gates = "KVM_REGISTER_COALESCED_MMIO (VM; all; 4.116), KVM_UNREGISTER_COALESCED_MMIO (VM; "
              "all; 4.116)"},
    {.name = "KVM_CAP_SYNC_MMU",
     .group = kMemory,
     .value = kBoolean,
     .meaning = "KVM follows changes of the program's own mappings, so that guest memory can be "
                "swapped, remapped or given back at any time."},
    {.name = "KVM_CAP_IOMMU",
     .group = kIo,
     .value = kNothing,
     .meaning = "Formerly, devices given to a guest could be put behind an IOMMU by KVM; VFIO "
                "replaced it, and every kernel described here answers 0."},
    {.name = "KVM_CAP_DESTROY_MEMORY_REGION_WORKS",
     .group = kMemory,
     .value = kBoolean,
     .meaning = "Deleting a memory slot works; the first kernels had a defect there."},
    {.name = "KVM_CAP_USER_NMI",
     .group = kInterrupts,
     .value = kBoolean,
     .meaning = "A program can send a non-maskable interrupt to a virtual CPU.",
     .gates = "KVM_NMI (vCPU; x86; 4.64)"},
    {.name = "KVM_CAP_SET_GUEST_DEBUG",
     .group = kDebugging,
     .value = kBoolean,
     .meaning = "A program can debug a guest: single steps, software breakpoints and, where the "
                "processor has them, hardware breakpoints.",
     .gates = "KVM_SET_GUEST_DEBUG (vCPU; x86, s390, powerpc, arm64; 4.87)"},
    {.name = "KVM_CAP_REINJECT_CONTROL",
     .group = kTime,
     .value = kBoolean,
     .meaning = "A program can choose whether timer ticks that the guest missed are delivered "
                "later or dropped (the emulated 8254 timer).",
     .gates = "KVM_REINJECT_CONTROL (VM; x86; 4.99)"},
    {.name = "KVM_CAP_IRQ_ROUTING",
     .group = kInterrupts,
     .value = kNumber,
     .unit = "routes",
     .meaning = "A program can say which interrupt line leads to which input of which interrupt "
                "controller or to which message; the value is how many such routes a VM can have.",
     .gates = "KVM_SET_GSI_ROUTING (VM; x86, s390, arm64; 4.52)"},
    {.name = "KVM_CAP_IRQ_INJECT_STATUS",
     .group = kInterrupts,
     .value = kBoolean,
     .meaning = "A program that raises an interrupt line can learn whether the interrupt was "
                "delivered, merged with a pending one, or ignored (KVM_IRQ_LINE_STATUS)."},
    {.name = "KVM_CAP_ASSIGN_DEV_IRQ",
     .group = kIo,
     .value = kNothing,
     .meaning = "Formerly, interrupts of a device given to a guest could be set up by KVM; VFIO "
                "replaced it, and every kernel described here answers 0."},
    {.name = "KVM_CAP_JOIN_MEMORY_REGIONS_WORKS",
     .group = kMemory,
     .value = kBoolean,
     .meaning = "Two memory slots that touch can be deleted and replaced by one; the first "
                "kernels had a defect there."},
    {.name = "KVM_CAP_MCE",
     .group = kVcpuState,
     .value = kNumber,
     .unit = "machine-check banks",
     .meaning = "A program can give a guest machine-check registers and inject hardware errors; "
                "the value is how many banks of them a virtual CPU can have.",
     .gates = "KVM_X86_GET_MCE_CAP_SUPPORTED (system; x86; 4.104), KVM_X86_SETUP_MCE (vCPU; x86; "
              "4.105), KVM_X86_SET_MCE (vCPU; x86; 4.106)"},
    {.name = "KVM_CAP_IRQFD",
     .group = kIo,
     .value = kBoolean,
     .meaning = "A program can tie an eventfd to a guest interrupt, so that a write to the "
                "eventfd raises the interrupt without an ioctl.",
     .gates = "KVM_IRQFD (VM; x86, s390, arm64; 4.75)"},
    {.name = "KVM_CAP_PIT2",
     .group = kTime,
     .value = kBoolean,
     .meaning = "KVM can emulate the 8254 timer chip of a PC, with flags for the PC speaker.",
     .gates = "KVM_CREATE_PIT2 (VM; x86; 4.71)"},
    {.name = "KVM_CAP_SET_BOOT_CPU_ID",
     .group = kVcpuState,
     .value = kBoolean,
     .meaning = "A program can choose which virtual CPU boots the machine.",
     .gates = "KVM_SET_BOOT_CPU_ID (VM; x86; 4.41)"},
    {.name = "KVM_CAP_PIT_STATE2",
     .group = kTime,
     .value = kBoolean,
     .meaning = "A program can save and restore the emulated 8254 timer together with its flags.",
     .gates = "KVM_GET_PIT2 (VM; x86; 4.72), KVM_SET_PIT2 (VM; x86; 4.73)"},
    {.name = "KVM_CAP_IOEVENTFD",
     .group = kIo,
     .value = kBoolean,
     .meaning = "A program can tie an eventfd to an address, so that a guest's write there "
                "signals the eventfd instead of stopping the virtual CPU.",
     .gates = "KVM_IOEVENTFD (VM; all; 4.59)"},
    {.name = "KVM_CAP_SET_IDENTITY_MAP_ADDR",
     .group = kMemory,
     .value = kBoolean,
     .meaning = "A program can choose the guest page that holds the one-to-one page table which "
                "Intel processors without unrestricted guest mode need before paging is on.",
     .gates = "KVM_SET_IDENTITY_MAP_ADDR (VM; x86; 4.40)"},
    {.name = "KVM_CAP_XEN_HVM",
     .group = kHyperVAndXen,
     .value = kFlags,
     .meaning = "KVM can offer Xen's interface to a guest; the value's bits say which parts of it.",
     .documented = "8.30 (x86)",
     .gates = "KVM_XEN_HVM_CONFIG (VM; x86; 4.28), KVM_XEN_HVM_SET_ATTR (VM; x86; 4.126), "
              "KVM_XEN_HVM_GET_ATTR (VM; x86; 4.127), KVM_XEN_VCPU_SET_ATTR (vCPU; x86; 4.128), "
              "KVM_XEN_VCPU_GET_ATTR (vCPU; x86; 4.129), KVM_XEN_HVM_EVTCHN_SEND (VM; x86; 4.135)"},
    {.name = "KVM_CAP_ADJUST_CLOCK",
     .group = kTime,
     .value = kFlags,
     .meaning = "A program can read and set the guest's kvmclock; the value's bits say what KVM "
                "can tell about a reading besides the time.",
     .gates = "KVM_GET_CLOCK (VM; x86; 4.29), KVM_SET_CLOCK (VM; x86; 4.30)"},
    {.name = "KVM_CAP_INTERNAL_ERROR_DATA",
     .group = kExits,
     .value = kBoolean,
     .meaning = "When KVM stops with an internal error, the run structure says which kind and "
                "carries data about it."},
    {.name = "KVM_CAP_VCPU_EVENTS",
     .group = kVcpuState,
     .value = kBoolean,
     .meaning = "A program can save and restore a virtual CPU's pending exceptions, interrupts "
                "and similar events.",
     .gates = "KVM_GET_VCPU_EVENTS (vCPU; x86, arm64; 4.31), KVM_SET_VCPU_EVENTS (vCPU; x86, "
              "arm64; 4.32)"},
    {.name = "KVM_CAP_S390_PSW",
     .group = kS390,
     .value = kBoolean,
     .meaning = "The run structure holds the virtual CPU's program status word, the s390 register "
                "with the address of the next instruction and the state of the CPU.",
     .documented = "8.14 (s390)"},
    {.name = "KVM_CAP_PPC_SEGSTATE",
     .group = kPowerpc,
     .value = kBoolean,
     .meaning = "A program can read and set the segment registers and segment look-aside buffers "
                "of a server-class virtual CPU (in the special registers)."},
    {.name = "KVM_CAP_HYPERV",
     .group = kHyperVAndXen,
     .value = kBoolean,
     .meaning = "KVM can offer the basic part of Microsoft Hyper-V's interface to a guest, which "
                "mostly serves Windows."},
    {.name = "KVM_CAP_HYPERV_VAPIC",
     .group = kHyperVAndXen,
     .value = kBoolean,
     .meaning = "The guest can use Hyper-V's registers for interrupts: end of interrupt, "
                "interrupt command, task priority, and the assist page."},
    {.name = "KVM_CAP_HYPERV_SPIN",
     .group = kHyperVAndXen,
     .value = kBoolean,
     .meaning = "The guest can tell KVM, as under Hyper-V, that it has been spinning on a lock "
                "for long."},
    {.name = "KVM_CAP_PCI_SEGMENT",
     .group = kIo,
     .value = kBoolean,
     .meaning = "Devices with a PCI segment (domain) other than 0 can be named; it came with the "
                "device assignment that VFIO has replaced."},
    {.name = "KVM_CAP_PPC_PAIRED_SINGLES",
     .group = kPowerpc,
     .value = kBoolean,
     .meaning = "KVM emulates the paired-single floating-point instructions of the Gekko and "
                "Broadway processors."},
    {.name = "KVM_CAP_INTR_SHADOW",
     .group = kVcpuState,
     .value = kNothing,
     .meaning = "Formerly, a virtual CPU's events were known by this to say whether interrupts "
                "are held off for an instruction; a flag among them says so now, and every kernel "
                "described here answers 0."},
    {.name = "KVM_CAP_DEBUGREGS",
     .group = kVcpuState,
     .value = kBoolean,
     .meaning = "A program can save and restore a virtual CPU's x86 debug registers.",
     .gates = "KVM_GET_DEBUGREGS (vCPU; x86; 4.33), KVM_SET_DEBUGREGS (vCPU; x86; 4.34)"},
    {.name = "KVM_CAP_X86_ROBUST_SINGLESTEP",
     .group = kDebugging,
     .value = kBoolean,
     .meaning = "Single-stepping a guest works even where the guest itself changes or saves the "
                "trap flag that steps are made with."},
    {.name = "KVM_CAP_PPC_OSI",
     .group = kPowerpc,
     .value = kBoolean,
     .meaning = "A virtual CPU can stop at calls of the OSI interface of Mac-on-Linux, once a "
                "program enables it.",
     .documented = "6.1 (vCPU; powerpc)",
     .enable_on_vcpu = true},
    {.name = "KVM_CAP_PPC_UNSET_IRQ",
     .group = kPowerpc,
     .value = kBoolean,
     .meaning = "A program can withdraw an external interrupt that it has raised for a virtual "
                "CPU."},
    {.name = "KVM_CAP_ENABLE_CAP",
     .group = kApi,
     .value = kBoolean,
     .meaning = "Some capabilities can be switched on for a virtual CPU with KVM_ENABLE_CAP; on a "
                "VM, KVM_CAP_ENABLE_CAP_VM says so."},
    {.name = "KVM_CAP_XSAVE",
     .group = kVcpuState,
     .value = kBoolean,
     .meaning = "A program can save and restore a virtual CPU's floating-point and vector state "
                "in the layout of the XSAVE instruction, up to 4096 bytes.",
     .gates = "KVM_GET_XSAVE (vCPU; x86; 4.42), KVM_SET_XSAVE (vCPU; x86; 4.43)"},
    {.name = "KVM_CAP_XCRS",
     .group = kVcpuState,
     .value = kBoolean,
     .meaning = "A program can save and restore a virtual CPU's extended control registers, such "
                "as XCR0, which says which vector state is in use.",
     .gates = "KVM_GET_XCRS (vCPU; x86; 4.44), KVM_SET_XCRS (vCPU; x86; 4.45)"},
    {.name = "KVM_CAP_PPC_GET_PVINFO",
     .group = kPowerpc,
     .value = kBoolean,
     .meaning = "A program can ask which instructions a guest executes to call KVM, to tell the "
                "guest in its device tree.",
     .gates = "KVM_PPC_GET_PVINFO (VM; powerpc; 4.47)"},
    {.name = "KVM_CAP_PPC_IRQ_LEVEL",
     .group = kPowerpc,
     .value = kBoolean,
     .meaning = "A program can raise an external interrupt that stays raised until it is "
                "withdrawn."},
    {.name = "KVM_CAP_ASYNC_PF",
     .group = kExits,
     .value = kBoolean,
     .meaning = "KVM can tell the guest that a page is being fetched from swap, so that the guest "
                "runs something else until it is there."},
    {.name = "KVM_CAP_TSC_CONTROL",
     .group = kTime,
     .value = kBoolean,
     .meaning = "A program can set the frequency at which a virtual CPU sees its time stamp "
                "counter run, even above the host's.",
     .gates = "KVM_SET_TSC_KHZ (vCPU, VM; x86; 4.55)"},
    {.name = "KVM_CAP_GET_TSC_KHZ",
     .group = kTime,
     .value = kBoolean,
     .meaning = "A program can ask for the frequency of a virtual CPU's time stamp counter.",
     .gates = "KVM_GET_TSC_KHZ (vCPU, VM; x86; 4.56)"},
    {.name = "KVM_CAP_PPC_BOOKE_SREGS",
     .group = kPowerpc,
     .value = kBoolean,
     .meaning = "A program can read and set the special registers of an embedded (Book E) virtual "
                "CPU."},
    {.name = "KVM_CAP_SPAPR_TCE",
     .group = kPowerpc,
     .value = kBoolean,
     .meaning = "KVM can keep the tables that translate addresses for the guest's devices on IBM "
                "pSeries machines, with 32-bit windows.",
     .gates = "KVM_CREATE_SPAPR_TCE (VM; powerpc; 4.62)"},
});

}  // namespace kvm_model::uapi::capability_facts_table

#endif  // KVM_MODEL_UAPI_CAPABILITY_FACTS_FROM_0_H_
