// Kernel revisions as records of traits.
//
// A revision is never asked for by name: code asks for the trait that it needs. A later revision is
// one more record in revision.cc.
#ifndef KVM_MODEL_KVM_MODEL_REVISION_H_
#define KVM_MODEL_KVM_MODEL_REVISION_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "uapi/header_version.h"

namespace kvm_model {

// What decides whether VMs or guest_memfds track attributes.
enum class AttributeSwitch : std::uint8_t {
  // Nothing: VMs do, where attributes are configured at all.
  kNone,
  // The module parameter kvm.vm_memory_attributes: guest_memfds do while it is off, or isn't there.
  kVmMemoryAttributes,
  // gmem_in_place_conversion: guest_memfds do while it is on. It is always off where the
  // architecture has no private memory, always on where it has and no VM can track attributes, and
  // a module parameter that is off by default where both could.
  kInPlaceConversion,
};

// Which kind of pages guests lose when pages of a guest_memfd go (a punched hole, a closed file, a
// memory error). It shows where shared and private pages have separate page tables.
enum class LostKind : std::uint8_t {
  kOfInitShared,     // shared ones of a file with INIT_SHARED, private ones of others
  kBoth,             // both
  kBothWhenInPlace,  // both where guest_memfds track attributes, as kOfInitShared otherwise
};

struct Revision {
  std::string_view name;
  std::string_view summary;
  // Which version of <linux/kvm.h> gives numbers their names.
  uapi::HeaderVersion header;

  // The Kconfig symbol behind per-VM memory attributes.
  std::string_view vm_attributes_symbol;
  // Private memory is defined by the architecture under CONFIG_KVM_MEMORY_ATTRIBUTES, which
  // guest_memfd selects; otherwise where one of the VM types that have it is configured.
  bool memory_attributes_core;
  AttributeSwitch attribute_switch;
  // Each guest_memfd tracks its own attributes, which host faults consult, and takes
  // KVM_SET_MEMORY_ATTRIBUTES2 while the switch says so. Otherwise the INIT_SHARED flag alone
  // decides whether the host may map a page.
  bool guest_memfd_attributes;
  // A gfn's attributes are looked up in its guest_memfd under RCU; otherwise under the file's
  // invalidate lock.
  bool gfn_lookup_under_rcu;
  LostKind lost_kind;
  // KVM_SET_MEMORY_ATTRIBUTES on a VM fails with ENOTTY while guest_memfds track attributes;
  // otherwise it then supports none.
  bool vm_ioctl_follows_the_switch;
  // KVM_SET_MEMORY_ATTRIBUTES on a VM reserves memory also to clear attributes.
  bool clearing_needs_memory;
  // KVM_SET_MEMORY_ATTRIBUTES2 on a VM: capability 248.
  std::optional<std::int64_t> memory_attributes2_cap;
  // The capability that tells what a guest_memfd's KVM_SET_MEMORY_ATTRIBUTES2 takes.
  std::optional<std::int64_t> guest_memfd_attributes_cap;
  // Content modes (ZERO, PRESERVE) in the flags of a conversion: capability 250.
  std::optional<std::int64_t> content_modes_cap;
  // Only VMs with private memory convert, which is checked before the attributes.
  bool conversion_needs_private_memory;
  // A conversion looks at error_offset, and refuses what is not 0; otherwise it only writes it.
  bool error_offset_must_be_zero;
  // What a conversion takes from guests: the pages that are of the other kind yet; otherwise both
  // kinds. It shows where they have separate page tables.
  bool conversion_zaps_other_kind;
  // A conversion knows a pinned page as such, and drains this CPU's batches before those of all;
  // otherwise it drains those of all as soon as a page has unexpected references.
  bool drains_in_stages;
  // The hooks by which an architecture follows conversions are make_private() and make_shared();
  // otherwise kvm_arch_gmem_prepare() and kvm_arch_gmem_invalidate().
  bool converts_by_callback;
  // INIT_SHARED for VMs with private memory while guest_memfds track attributes.
  bool init_shared_with_private_memory;
  // All guest faults of a memslot with a guest_memfd are the file's while it tracks attributes;
  // otherwise those of mappable files alone.
  bool in_place_slots_are_gmem_only;
  // A memslot is bound to its guest_memfd after all else was checked; EEXIST for a range that is
  // bound. Otherwise it is bound first: EINVAL.
  bool binds_last;
  // A page that a launch flow fills is cleared first, and may be its own source while guest_memfds
  // track attributes.
  bool populates_in_place;
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
  // KVM_CAP_X86_APIC_BUS_CYCLES_NS answers on a VM what was set there; KVM_CAP_NESTED_STATE and
  // KVM_CAP_HYPERV_ENLIGHTENED_VMCS answer 0 while the vendor's module doesn't nest (7.2).
  bool x86_apic_bus_cycles_per_vm;
  bool x86_nesting_decides;
  // arm64: KVM_CAP_ARM_WRITABLE_IMP_ID_REGS (6.15), KVM_CAP_ARM_EL2 and KVM_CAP_ARM_EL2_E2H0
  // (6.16), KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED and hosts with a GICv5 (6.17).
  bool arm64_writable_imp_id_regs;
  bool arm64_el2;
  bool arm64_cacheable_pfnmap;
  bool arm64_gicv5;
  // Making a GIC makes the interrupts of the vCPUs that there are; otherwise its initialization.
  bool arm64_gic_makes_private_irqs;
  // A VM has memory tagging or guest_memfd slots, not both; KVM_CREATE_VM makes protected VMs
  // (7.2).
  bool arm64_mte_excludes_guest_memfd;
  bool arm64_protected_vms;
  // riscv has dirty rings (6.17), KVM_CAP_RISCV_MP_STATE_RESET and the bridge to VFIO.
  bool riscv_dirty_ring;
  bool riscv_mp_state_reset;
  bool riscv_vfio;
  // KVM_CAP_VM_GPA_BITS can be enabled on a VM, which then has fewer (7.2).
  bool riscv_gpa_bits_per_vm;
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
  // KVM_CAP_S390_VSIE_ESAMODE (7.2) and KVM_CAP_S390_HPAGE_2G with the parameter kvm.hpage_2g
  // (7.2).
  bool s390_vsie_esamode;
  bool s390_hpage_2g;
  // s390 has KVM_PRE_FAULT_MEMORY and its capability (7.2).
  bool s390_pre_fault_memory;
  // KVM_CAP_PPC_COMPAT_CAPS (7.3).
  bool powerpc_compat_caps;
  // KVM_CAP_ARM_PMU_V3_STRICT (7.3): that it exists is known, not what decides its answer.
  bool arm64_pmu_v3_strict;
  // The revision's behaviour around x86's KVM_CAP_X2APIC_API and quirks, by the release that is
  // modelled: 6.18.0 itself had neither the SUPPRESS_EOI_BROADCAST flags nor quirk bit 0x400, which
  // stable releases brought.
  bool x2apic_suppress_eoi_broadcast;
  bool quirk_vmcs12_allow_freeze_in_smm;
  bool quirk_nested_svm_shared_pat;  // 0x800 (7.2)

  // Where only guest_memfd's part of the revision was read: how all else is inferred, in words.
  // Empty otherwise.
  std::string_view inference;

  // A guest_memfd's conversions take a mode for the contents in their flags.
  constexpr bool content_modes() const { return content_modes_cap.has_value(); }
};

// Every revision, oldest first.
std::span<const Revision> Revisions();
// Null when there is none of that name.
const Revision* FindRevision(std::string_view name);
// The seed, which is used where none is named: rfc-v4.
const Revision& DefaultRevision();

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_REVISION_H_
