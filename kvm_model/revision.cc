#include "kvm_model/revision.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

#include "uapi/capabilities.h"
#include "uapi/header_version.h"

namespace kvm_model {
namespace {

constexpr Revision kLinux612 = {
    .name = "linux-6.12",
    .summary = "6.12.y at 6.12.117: guest_memfd for private memory alone, attributes per VM",
    .header = uapi::HeaderVersion::kLinux612,
    .vm_attributes_symbol = "CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES",
    .memory_attributes_core = false,
    .attribute_switch = AttributeSwitch::kNone,
    .guest_memfd_attributes = false,
    .gfn_lookup_under_rcu = false,
    .lost_kind = LostKind::kOfInitShared,
    .vm_ioctl_follows_the_switch = false,
    .clearing_needs_memory = true,
    .memory_attributes2_cap = std::nullopt,
    .guest_memfd_attributes_cap = std::nullopt,
    .content_modes_cap = std::nullopt,
    .conversion_needs_private_memory = false,
    .error_offset_must_be_zero = false,
    .conversion_zaps_other_kind = false,
    .drains_in_stages = false,
    .converts_by_callback = false,
    .init_shared_with_private_memory = false,
    .in_place_slots_are_gmem_only = false,
    .binds_last = false,
    .populates_in_place = false,
    .guest_memfd_symbol = "CONFIG_KVM_PRIVATE_MEM",
    .guest_memfd_for_every_vm = false,
    .guest_memfd_flags = false,
    .guest_memfd_bind_end_is_signed = false,
    .guest_memfd_tracks_preparation = true,
    .anonymous_inodes_are_special = false,
    .x86_tdx = false,
    .x86_ioapic_is_optional = false,
    .x86_one_reg = false,
    .x86_disable_exits_aperfmperf = false,
    .x86_disable_exits_is_checked = false,
    .x86_apic_bus_cycles_per_vm = false,
    .x86_nesting_decides = false,
    .arm64_writable_imp_id_regs = false,
    .arm64_el2 = false,
    .arm64_cacheable_pfnmap = false,
    .arm64_gicv5 = false,
    .arm64_gic_makes_private_irqs = false,
    .arm64_mte_excludes_guest_memfd = false,
    .arm64_protected_vms = false,
    .riscv_dirty_ring = false,
    .riscv_mp_state_reset = false,
    .riscv_vfio = false,
    .riscv_gpa_bits_per_vm = false,
    .loongarch_irqchip = false,
    .s390_memslots_are_segments = true,
    .s390_internal_memslot = false,
    .sync_mmu_is_generic = false,
    .riscv_dirty_log_initially_set = false,
    .arm64_sea_to_user = false,
    .pkvm_gate_covers_host = false,
    .s390_needs_esca = false,
    .s390_user_operexec = false,
    .s390_keyop = false,
    .s390_vsie_esamode = false,
    .s390_hpage_2g = false,
    .s390_pre_fault_memory = false,
    .powerpc_compat_caps = false,
    .arm64_pmu_v3_strict = false,
    .x2apic_suppress_eoi_broadcast = false,
    .quirk_vmcs12_allow_freeze_in_smm = true,
    .quirk_nested_svm_shared_pat = false,
    .inference = "",
};

constexpr Revision kLinux618 = [] {
  Revision revision = kLinux612;
  revision.name = "linux-6.18";
  revision.summary = "6.18.y at 6.18.44: guest_memfd with MMAP and INIT_SHARED, attributes per VM";
  revision.header = uapi::HeaderVersion::kLinux618;
  revision.guest_memfd_symbol = "CONFIG_KVM_GUEST_MEMFD";
  revision.guest_memfd_for_every_vm = true;
  revision.guest_memfd_flags = true;
  revision.guest_memfd_bind_end_is_signed = true;
  revision.guest_memfd_tracks_preparation = false;
  revision.anonymous_inodes_are_special = true;
  revision.x86_tdx = true;
  revision.x86_ioapic_is_optional = true;
  revision.x86_one_reg = true;
  revision.x86_disable_exits_aperfmperf = true;
  revision.x86_disable_exits_is_checked = true;
  revision.arm64_writable_imp_id_regs = true;
  revision.arm64_el2 = true;
  revision.arm64_cacheable_pfnmap = true;
  revision.arm64_gicv5 = true;
  revision.arm64_gic_makes_private_irqs = true;
  revision.riscv_dirty_ring = true;
  revision.riscv_mp_state_reset = true;
  revision.riscv_vfio = true;
  revision.loongarch_irqchip = true;
  revision.s390_memslots_are_segments = false;
  revision.s390_internal_memslot = true;
  revision.x2apic_suppress_eoi_broadcast = true;
  return revision;
}();

constexpr Revision kLinux70 = [] {
  Revision revision = kLinux618;
  revision.name = "linux-7.0";
  revision.summary = "the kernel that RFC v4 of guest_memfd in-place conversion applies to";
  revision.header = uapi::HeaderVersion::kLinux70;
  revision.sync_mmu_is_generic = true;
  revision.riscv_dirty_log_initially_set = true;
  revision.arm64_sea_to_user = true;
  revision.pkvm_gate_covers_host = true;
  revision.s390_needs_esca = true;
  revision.s390_user_operexec = true;
  revision.s390_keyop = true;
  return revision;
}();

constexpr Revision kRfcV4 = [] {
  constexpr auto kHeader = uapi::HeaderVersion::kRfcV4;
  Revision revision = kLinux70;
  revision.name = "rfc-v4";
  revision.summary = "linux-7.0 with RFC v4 of guest_memfd in-place conversion (2026-03-26)";
  revision.header = kHeader;
  revision.vm_attributes_symbol = "CONFIG_KVM_VM_MEMORY_ATTRIBUTES";
  revision.memory_attributes_core = true;
  revision.attribute_switch = AttributeSwitch::kVmMemoryAttributes;
  revision.guest_memfd_attributes = true;
  revision.lost_kind = LostKind::kBoth;
  revision.vm_ioctl_follows_the_switch = true;
  revision.memory_attributes2_cap = uapi::Cap("KVM_CAP_MEMORY_ATTRIBUTES2", kHeader);
  revision.guest_memfd_attributes_cap = uapi::Cap("KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES", kHeader);
  revision.content_modes_cap = uapi::Cap("KVM_CAP_MEMORY_ATTRIBUTES2_FLAGS", kHeader);
  revision.error_offset_must_be_zero = true;
  revision.init_shared_with_private_memory = true;
  return revision;
}();

constexpr Revision kNext20260923 = [] {
  constexpr auto kHeader = uapi::HeaderVersion::kNext20260923;
  Revision revision = kLinux70;
  revision.name = "next-20260923";
  revision.summary = "linux-next of 2026-09-23: in-place conversion as it was merged";
  revision.header = kHeader;
  revision.vm_attributes_symbol = "CONFIG_KVM_VM_MEMORY_ATTRIBUTES";
  revision.attribute_switch = AttributeSwitch::kInPlaceConversion;
  revision.guest_memfd_attributes = true;
  revision.gfn_lookup_under_rcu = true;
  revision.lost_kind = LostKind::kBothWhenInPlace;
  revision.clearing_needs_memory = false;
  revision.guest_memfd_attributes_cap = uapi::Cap("KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES", kHeader);
  revision.conversion_needs_private_memory = true;
  revision.conversion_zaps_other_kind = true;
  revision.drains_in_stages = true;
  revision.converts_by_callback = true;
  revision.init_shared_with_private_memory = true;
  revision.in_place_slots_are_gmem_only = true;
  revision.binds_last = true;
  revision.guest_memfd_bind_end_is_signed = false;
  revision.populates_in_place = true;
  revision.x86_apic_bus_cycles_per_vm = true;
  revision.x86_nesting_decides = true;
  revision.arm64_mte_excludes_guest_memfd = true;
  revision.arm64_protected_vms = true;
  revision.riscv_gpa_bits_per_vm = true;
  revision.s390_vsie_esamode = true;
  revision.s390_hpage_2g = true;
  revision.s390_pre_fault_memory = true;
  revision.powerpc_compat_caps = true;
  revision.arm64_pmu_v3_strict = true;
  revision.quirk_nested_svm_shared_pat = true;
  revision.inference =
      "outside guest_memfd it answers as linux-7.0 does, with what 7.2 is known to have changed";
  return revision;
}();

constexpr Revision kRevisions[] = {kLinux612, kLinux618, kLinux70, kRfcV4, kNext20260923};

}  // namespace

std::span<const Revision> Revisions() { return kRevisions; }

const Revision* FindRevision(std::string_view name) {
  const auto* found = std::ranges::find(kRevisions, name, &Revision::name);
  return found == std::end(kRevisions) ? nullptr : found;
}

const Revision& DefaultRevision() { return *FindRevision(kRfcV4.name); }

}  // namespace kvm_model
