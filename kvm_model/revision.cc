#include "kvm_model/revision.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "uapi/header_version.h"

namespace kvm_model {
namespace {

constexpr Revision kLinux612 = {
    .name = "linux-6.12",
    .summary = "6.12.y at 6.12.117: guest_memfd for private memory alone, attributes per VM",
    .header = uapi::HeaderVersion::kLinux612,
    .vm_attributes_symbol = "CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES",
    .memory_attributes_core = false,
    .vm_attributes_parameter = false,
    .guest_memfd_attributes = false,
    .guest_memfd_symbol = "CONFIG_KVM_PRIVATE_MEM",
    .guest_memfd_for_every_vm = false,
    .guest_memfd_flags = false,
    .guest_memfd_bind_end_is_signed = false,
    .guest_memfd_tracks_preparation = true,
    .guest_memfd_zaps_both_kinds = false,
    .set_memory_attributes2_on_vm = false,
    .content_modes = false,
    .init_shared_with_private_memory = false,
    .anonymous_inodes_are_special = false,
    .x86_tdx = false,
    .x86_ioapic_is_optional = false,
    .x86_one_reg = false,
    .x86_disable_exits_aperfmperf = false,
    .x86_disable_exits_is_checked = false,
    .arm64_writable_imp_id_regs = false,
    .arm64_el2 = false,
    .arm64_cacheable_pfnmap = false,
    .arm64_gicv5 = false,
    .arm64_gic_makes_private_irqs = false,
    .riscv_dirty_ring = false,
    .riscv_mp_state_reset = false,
    .riscv_vfio = false,
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
    .x2apic_suppress_eoi_broadcast = false,
    .quirk_vmcs12_allow_freeze_in_smm = true,
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
  Revision revision = kLinux70;
  revision.name = "rfc-v4";
  revision.summary = "linux-7.0 with RFC v4 of guest_memfd in-place conversion (2026-03-26)";
  revision.header = uapi::HeaderVersion::kRfcV4;
  revision.vm_attributes_symbol = "CONFIG_KVM_VM_MEMORY_ATTRIBUTES";
  revision.memory_attributes_core = true;
  revision.vm_attributes_parameter = true;
  revision.guest_memfd_attributes = true;
  revision.guest_memfd_zaps_both_kinds = true;
  revision.set_memory_attributes2_on_vm = true;
  revision.content_modes = true;
  revision.init_shared_with_private_memory = true;
  return revision;
}();

constexpr Revision kRevisions[] = {kLinux612, kLinux618, kLinux70, kRfcV4};

}  // namespace

std::span<const Revision> Revisions() { return kRevisions; }

const Revision* FindRevision(std::string_view name) {
  const auto* found = std::ranges::find(kRevisions, name, &Revision::name);
  return found == std::end(kRevisions) ? nullptr : found;
}

const Revision& DefaultRevision() { return kRevisions[3]; }

}  // namespace kvm_model
