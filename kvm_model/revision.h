// Kernel revisions as records of traits.
//
// A revision is never asked for by name: code asks for the trait that it needs. A later revision is
// one more record in revision.cc.
#ifndef KVM_MODEL_KVM_MODEL_REVISION_H_
#define KVM_MODEL_KVM_MODEL_REVISION_H_

#include <span>
#include <string_view>

#include "uapi/header_version.h"

namespace kvm_model {

struct Revision {
  std::string_view name;
  std::string_view summary;
  // Which version of <linux/kvm.h> gives numbers their names.
  uapi::HeaderVersion header;

  // The Kconfig symbol behind per-VM memory attributes.
  std::string_view vm_attributes_symbol;
  // Private memory is defined by the architecture under CONFIG_KVM_MEMORY_ATTRIBUTES, which
  // guest_memfd selects; otherwise under vm_attributes_symbol.
  bool memory_attributes_core;
  // Per-VM attributes can be turned off: the module parameter kvm.vm_memory_attributes.
  bool vm_attributes_parameter;
  // Each guest_memfd tracks its own attributes, which host faults consult, and takes
  // KVM_SET_MEMORY_ATTRIBUTES2 while per-VM attributes are off. Otherwise the INIT_SHARED flag
  // alone decides whether the host may map a page.
  bool guest_memfd_attributes;
  // The Kconfig symbol behind guest_memfd. Before it was CONFIG_KVM_GUEST_MEMFD (6.17), only VM
  // types with private memory selected it.
  std::string_view guest_memfd_symbol;
  // Every VM's memslots may be of a guest_memfd, and KVM_CAP_GUEST_MEMFD says so; otherwise those
  // of VMs with private memory. The file itself can be made on any VM.
  bool guest_memfd_for_every_vm;
  // The flags MMAP and INIT_SHARED, with capability 244. Without them no host ever maps the file.
  bool guest_memfd_flags;
  // kvm_gmem_bind() adds offset and size as signed numbers, so that the sum may wrap.
  bool guest_memfd_bind_end_is_signed;
  // A page that a guest has, or that was populated, is prepared: kvm_gmem_populate() takes it no
  // more. Known of 6.12; later revisions are taken to do without.
  bool guest_memfd_tracks_preparation;
  // A guest_memfd takes shared and private pages alike from its guests. Otherwise its INIT_SHARED
  // flag says which; it shows where the two have separate page tables.
  bool guest_memfd_zaps_both_kinds;
  // KVM_SET_MEMORY_ATTRIBUTES2 on a VM, with capability 248.
  bool set_memory_attributes2_on_vm;
  // Content modes (ZERO, PRESERVE) with capability 250.
  bool content_modes;
  // INIT_SHARED for VMs with private memory while per-VM attributes are off.
  bool init_shared_with_private_memory;
  // What the VFS thinks of files without a name (6.16): nothing may be executed from them, nobody
  // changes their mode, and FIOQSIZE tells no size. Otherwise they are like other files, and those
  // that are not guest_memfds share one inode, with its mode.
  bool anonymous_inodes_are_special;
  // x86: trust domains (6.16); the PIC, the IOAPIC and the PIT as a choice (6.17); registers by
  // their ids, KVM_CAP_ONE_REG (6.18).
  bool x86_tdx;
  bool x86_ioapic_is_optional;
  bool x86_one_reg;
  // KVM_CAP_X86_DISABLE_EXITS knows APERF and MPERF (6.17).
  bool x86_disable_exits_aperfmperf;
  // Enabling it is refused for exits that the capability doesn't answer, and after the first vCPU.
  // Otherwise each defined bit is taken at any time, and one that is not allowed does nothing.
  bool x86_disable_exits_is_checked;
  // arm64: KVM_CAP_ARM_WRITABLE_IMP_ID_REGS (6.15), KVM_CAP_ARM_EL2 and KVM_CAP_ARM_EL2_E2H0
  // (6.16), KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED and hosts with a GICv5 (6.17).
  bool arm64_writable_imp_id_regs;
  bool arm64_el2;
  bool arm64_cacheable_pfnmap;
  bool arm64_gicv5;
  // Making a GIC makes the interrupts of the vCPUs that there are; otherwise its initialization.
  bool arm64_gic_makes_private_irqs;
  // riscv has dirty rings (6.17), KVM_CAP_RISCV_MP_STATE_RESET and the bridge to VFIO.
  bool riscv_dirty_ring;
  bool riscv_mp_state_reset;
  bool riscv_vfio;
  // loongarch emulates interrupt controllers (6.13): IRQCHIP, IRQFD, IRQ_ROUTING, SIGNAL_MSI, and
  // every type of device that it knows.
  bool loongarch_irqchip;
  // s390's memslots are whole segments of 1 MiB, in size and in user space's addresses
  // (until 6.13); KVM keeps one to itself (6.14).
  bool s390_memslots_are_segments;
  bool s390_internal_memslot;
  // KVM_CAP_SYNC_MMU is answered by the generic function (7.0-rc2) and no longer by each
  // architecture.
  bool sync_mmu_is_generic;
  // riscv's KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 includes INITIALLY_SET (6.19, from memory of the
  // change).
  bool riscv_dirty_log_initially_set;
  // arm64 tells user space about synchronous external aborts: KVM_CAP_ARM_SEA_TO_USER (6.19).
  bool arm64_sea_to_user;
  // arm64's protected mode hides capabilities on /dev/kvm and on every VM; otherwise on protected
  // VMs alone.
  bool pkvm_gate_covers_host;
  // s390 needs the extended system control area, with its 248 entries; otherwise it can do with the
  // basic one's 64.
  bool s390_needs_esca;
  // KVM_CAP_S390_USER_OPEREXEC (6.19) and KVM_CAP_S390_KEYOP (7.0).
  bool s390_user_operexec;
  bool s390_keyop;
  // The revision's behaviour around x86's KVM_CAP_X2APIC_API and quirks, by the release that is
  // modelled: 6.18.0 itself had neither the SUPPRESS_EOI_BROADCAST flags nor quirk bit 0x400, which
  // stable releases brought.
  bool x2apic_suppress_eoi_broadcast;
  bool quirk_vmcs12_allow_freeze_in_smm;
};

// Every revision, oldest first.
std::span<const Revision> Revisions();
// Null when there is none of that name.
const Revision* FindRevision(std::string_view name);
// The seed, which is used where none is named: rfc-v4.
const Revision& DefaultRevision();

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_REVISION_H_
