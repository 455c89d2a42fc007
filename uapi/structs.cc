#include "uapi/structs.h"

#include <cstddef>

// The layouts as the kernel's own header gives them, field by field: offset and size in bytes.

namespace kvm_model::uapi {

// Names kvm_run's nested fields inside sizeof; it has no storage.
extern const kvm_run kLayoutOf;

namespace {

struct Field {
  std::size_t offset;
  std::size_t size;
  friend constexpr bool operator==(Field, Field) = default;
};

static_assert(sizeof(kvm_userspace_memory_region) == 32);
static_assert(Field{offsetof(kvm_userspace_memory_region, slot),
                    sizeof(kvm_userspace_memory_region::slot)} == Field{0, 4});
static_assert(Field{offsetof(kvm_userspace_memory_region, flags),
                    sizeof(kvm_userspace_memory_region::flags)} == Field{4, 4});
static_assert(Field{offsetof(kvm_userspace_memory_region, guest_phys_addr),
                    sizeof(kvm_userspace_memory_region::guest_phys_addr)} == Field{8, 8});
static_assert(Field{offsetof(kvm_userspace_memory_region, memory_size),
                    sizeof(kvm_userspace_memory_region::memory_size)} == Field{16, 8});
static_assert(Field{offsetof(kvm_userspace_memory_region, userspace_addr),
                    sizeof(kvm_userspace_memory_region::userspace_addr)} == Field{24, 8});

static_assert(sizeof(kvm_userspace_memory_region2) == 160);
static_assert(Field{offsetof(kvm_userspace_memory_region2, slot),
                    sizeof(kvm_userspace_memory_region2::slot)} == Field{0, 4});
static_assert(Field{offsetof(kvm_userspace_memory_region2, flags),
                    sizeof(kvm_userspace_memory_region2::flags)} == Field{4, 4});
static_assert(Field{offsetof(kvm_userspace_memory_region2, guest_phys_addr),
                    sizeof(kvm_userspace_memory_region2::guest_phys_addr)} == Field{8, 8});
static_assert(Field{offsetof(kvm_userspace_memory_region2, memory_size),
                    sizeof(kvm_userspace_memory_region2::memory_size)} == Field{16, 8});
static_assert(Field{offsetof(kvm_userspace_memory_region2, userspace_addr),
                    sizeof(kvm_userspace_memory_region2::userspace_addr)} == Field{24, 8});
static_assert(Field{offsetof(kvm_userspace_memory_region2, guest_memfd_offset),
                    sizeof(kvm_userspace_memory_region2::guest_memfd_offset)} == Field{32, 8});
static_assert(Field{offsetof(kvm_userspace_memory_region2, guest_memfd),
                    sizeof(kvm_userspace_memory_region2::guest_memfd)} == Field{40, 4});
static_assert(Field{offsetof(kvm_userspace_memory_region2, pad1),
                    sizeof(kvm_userspace_memory_region2::pad1)} == Field{44, 4});
static_assert(Field{offsetof(kvm_userspace_memory_region2, pad2),
                    sizeof(kvm_userspace_memory_region2::pad2)} == Field{48, 112});

static_assert(sizeof(kvm_memory_attributes) == 32);
static_assert(Field{offsetof(kvm_memory_attributes, address),
                    sizeof(kvm_memory_attributes::address)} == Field{0, 8});
static_assert(Field{offsetof(kvm_memory_attributes, size), sizeof(kvm_memory_attributes::size)} ==
              Field{8, 8});
static_assert(Field{offsetof(kvm_memory_attributes, attributes),
                    sizeof(kvm_memory_attributes::attributes)} == Field{16, 8});
static_assert(Field{offsetof(kvm_memory_attributes, flags), sizeof(kvm_memory_attributes::flags)} ==
              Field{24, 8});

static_assert(sizeof(kvm_create_guest_memfd) == 64);
static_assert(Field{offsetof(kvm_create_guest_memfd, size), sizeof(kvm_create_guest_memfd::size)} ==
              Field{0, 8});
static_assert(Field{offsetof(kvm_create_guest_memfd, flags),
                    sizeof(kvm_create_guest_memfd::flags)} == Field{8, 8});
static_assert(Field{offsetof(kvm_create_guest_memfd, reserved),
                    sizeof(kvm_create_guest_memfd::reserved)} == Field{16, 48});

static_assert(sizeof(kvm_pre_fault_memory) == 64);
static_assert(Field{offsetof(kvm_pre_fault_memory, gpa), sizeof(kvm_pre_fault_memory::gpa)} ==
              Field{0, 8});
static_assert(Field{offsetof(kvm_pre_fault_memory, size), sizeof(kvm_pre_fault_memory::size)} ==
              Field{8, 8});
static_assert(Field{offsetof(kvm_pre_fault_memory, flags), sizeof(kvm_pre_fault_memory::flags)} ==
              Field{16, 8});
static_assert(Field{offsetof(kvm_pre_fault_memory, padding),
                    sizeof(kvm_pre_fault_memory::padding)} == Field{24, 40});

static_assert(sizeof(kvm_enable_cap) == 104);
static_assert(Field{offsetof(kvm_enable_cap, cap), sizeof(kvm_enable_cap::cap)} == Field{0, 4});
static_assert(Field{offsetof(kvm_enable_cap, flags), sizeof(kvm_enable_cap::flags)} == Field{4, 4});
static_assert(Field{offsetof(kvm_enable_cap, args), sizeof(kvm_enable_cap::args)} == Field{8, 32});
static_assert(Field{offsetof(kvm_enable_cap, pad), sizeof(kvm_enable_cap::pad)} == Field{40, 64});

static_assert(sizeof(kvm_dirty_log) == 16);
static_assert(Field{offsetof(kvm_dirty_log, slot), sizeof(kvm_dirty_log::slot)} == Field{0, 4});
static_assert(Field{offsetof(kvm_dirty_log, padding1), sizeof(kvm_dirty_log::padding1)} ==
              Field{4, 4});
static_assert(Field{offsetof(kvm_dirty_log, dirty_bitmap), sizeof(kvm_dirty_log::dirty_bitmap)} ==
              Field{8, 8});

static_assert(sizeof(kvm_clear_dirty_log) == 24);
static_assert(Field{offsetof(kvm_clear_dirty_log, slot), sizeof(kvm_clear_dirty_log::slot)} ==
              Field{0, 4});
static_assert(Field{offsetof(kvm_clear_dirty_log, num_pages),
                    sizeof(kvm_clear_dirty_log::num_pages)} == Field{4, 4});
static_assert(Field{offsetof(kvm_clear_dirty_log, first_page),
                    sizeof(kvm_clear_dirty_log::first_page)} == Field{8, 8});
static_assert(Field{offsetof(kvm_clear_dirty_log, dirty_bitmap),
                    sizeof(kvm_clear_dirty_log::dirty_bitmap)} == Field{16, 8});

static_assert(sizeof(kvm_dirty_gfn) == 16);
static_assert(Field{offsetof(kvm_dirty_gfn, flags), sizeof(kvm_dirty_gfn::flags)} == Field{0, 4});
static_assert(Field{offsetof(kvm_dirty_gfn, slot), sizeof(kvm_dirty_gfn::slot)} == Field{4, 4});
static_assert(Field{offsetof(kvm_dirty_gfn, offset), sizeof(kvm_dirty_gfn::offset)} == Field{8, 8});

static_assert(sizeof(kvm_coalesced_mmio_zone) == 16);
static_assert(Field{offsetof(kvm_coalesced_mmio_zone, addr),
                    sizeof(kvm_coalesced_mmio_zone::addr)} == Field{0, 8});
static_assert(Field{offsetof(kvm_coalesced_mmio_zone, size),
                    sizeof(kvm_coalesced_mmio_zone::size)} == Field{8, 4});
static_assert(Field{offsetof(kvm_coalesced_mmio_zone, pio), sizeof(kvm_coalesced_mmio_zone::pio)} ==
              Field{12, 4});

static_assert(sizeof(kvm_coalesced_mmio) == 24);
static_assert(Field{offsetof(kvm_coalesced_mmio, phys_addr),
                    sizeof(kvm_coalesced_mmio::phys_addr)} == Field{0, 8});
static_assert(Field{offsetof(kvm_coalesced_mmio, len), sizeof(kvm_coalesced_mmio::len)} ==
              Field{8, 4});
static_assert(Field{offsetof(kvm_coalesced_mmio, pio), sizeof(kvm_coalesced_mmio::pio)} ==
              Field{12, 4});
static_assert(Field{offsetof(kvm_coalesced_mmio, data), sizeof(kvm_coalesced_mmio::data)} ==
              Field{16, 8});

static_assert(sizeof(kvm_irqfd) == 32);
static_assert(Field{offsetof(kvm_irqfd, fd), sizeof(kvm_irqfd::fd)} == Field{0, 4});
static_assert(Field{offsetof(kvm_irqfd, gsi), sizeof(kvm_irqfd::gsi)} == Field{4, 4});
static_assert(Field{offsetof(kvm_irqfd, flags), sizeof(kvm_irqfd::flags)} == Field{8, 4});
static_assert(Field{offsetof(kvm_irqfd, resamplefd), sizeof(kvm_irqfd::resamplefd)} ==
              Field{12, 4});
static_assert(Field{offsetof(kvm_irqfd, pad), sizeof(kvm_irqfd::pad)} == Field{16, 16});

static_assert(sizeof(kvm_ioeventfd) == 64);
static_assert(Field{offsetof(kvm_ioeventfd, datamatch), sizeof(kvm_ioeventfd::datamatch)} ==
              Field{0, 8});
static_assert(Field{offsetof(kvm_ioeventfd, addr), sizeof(kvm_ioeventfd::addr)} == Field{8, 8});
static_assert(Field{offsetof(kvm_ioeventfd, len), sizeof(kvm_ioeventfd::len)} == Field{16, 4});
static_assert(Field{offsetof(kvm_ioeventfd, fd), sizeof(kvm_ioeventfd::fd)} == Field{20, 4});
static_assert(Field{offsetof(kvm_ioeventfd, flags), sizeof(kvm_ioeventfd::flags)} == Field{24, 4});
static_assert(Field{offsetof(kvm_ioeventfd, pad), sizeof(kvm_ioeventfd::pad)} == Field{28, 36});

static_assert(sizeof(kvm_irq_level) == 8);
static_assert(Field{offsetof(kvm_irq_level, irq), sizeof(kvm_irq_level::irq)} == Field{0, 4});
static_assert(Field{offsetof(kvm_irq_level, level), sizeof(kvm_irq_level::level)} == Field{4, 4});

static_assert(sizeof(kvm_msi) == 32);
static_assert(Field{offsetof(kvm_msi, address_lo), sizeof(kvm_msi::address_lo)} == Field{0, 4});
static_assert(Field{offsetof(kvm_msi, address_hi), sizeof(kvm_msi::address_hi)} == Field{4, 4});
static_assert(Field{offsetof(kvm_msi, data), sizeof(kvm_msi::data)} == Field{8, 4});
static_assert(Field{offsetof(kvm_msi, flags), sizeof(kvm_msi::flags)} == Field{12, 4});
static_assert(Field{offsetof(kvm_msi, devid), sizeof(kvm_msi::devid)} == Field{16, 4});
static_assert(Field{offsetof(kvm_msi, pad), sizeof(kvm_msi::pad)} == Field{20, 12});

static_assert(sizeof(kvm_irq_routing) == 8);
static_assert(Field{offsetof(kvm_irq_routing, nr), sizeof(kvm_irq_routing::nr)} == Field{0, 4});
static_assert(Field{offsetof(kvm_irq_routing, flags), sizeof(kvm_irq_routing::flags)} ==
              Field{4, 4});
static_assert(sizeof(kvm_irq_routing) == 8 && 8 % alignof(kvm_irq_routing_entry) == 0);

static_assert(sizeof(kvm_irq_routing_entry) == 48);
static_assert(Field{offsetof(kvm_irq_routing_entry, gsi), sizeof(kvm_irq_routing_entry::gsi)} ==
              Field{0, 4});
static_assert(Field{offsetof(kvm_irq_routing_entry, type), sizeof(kvm_irq_routing_entry::type)} ==
              Field{4, 4});
static_assert(Field{offsetof(kvm_irq_routing_entry, flags), sizeof(kvm_irq_routing_entry::flags)} ==
              Field{8, 4});
static_assert(Field{offsetof(kvm_irq_routing_entry, pad), sizeof(kvm_irq_routing_entry::pad)} ==
              Field{12, 4});
static_assert(Field{offsetof(kvm_irq_routing_entry, u), sizeof(kvm_irq_routing_entry::u)} ==
              Field{16, 32});

static_assert(sizeof(kvm_create_device) == 12);
static_assert(Field{offsetof(kvm_create_device, type), sizeof(kvm_create_device::type)} ==
              Field{0, 4});
static_assert(Field{offsetof(kvm_create_device, fd), sizeof(kvm_create_device::fd)} == Field{4, 4});
static_assert(Field{offsetof(kvm_create_device, flags), sizeof(kvm_create_device::flags)} ==
              Field{8, 4});

static_assert(sizeof(kvm_device_attr) == 24);
static_assert(Field{offsetof(kvm_device_attr, flags), sizeof(kvm_device_attr::flags)} ==
              Field{0, 4});
static_assert(Field{offsetof(kvm_device_attr, group), sizeof(kvm_device_attr::group)} ==
              Field{4, 4});
static_assert(Field{offsetof(kvm_device_attr, attr), sizeof(kvm_device_attr::attr)} == Field{8, 8});
static_assert(Field{offsetof(kvm_device_attr, addr), sizeof(kvm_device_attr::addr)} ==
              Field{16, 8});

static_assert(sizeof(kvm_one_reg) == 16);
static_assert(Field{offsetof(kvm_one_reg, id), sizeof(kvm_one_reg::id)} == Field{0, 8});
static_assert(Field{offsetof(kvm_one_reg, addr), sizeof(kvm_one_reg::addr)} == Field{8, 8});

static_assert(sizeof(kvm_stats_header) == 24);
static_assert(Field{offsetof(kvm_stats_header, flags), sizeof(kvm_stats_header::flags)} ==
              Field{0, 4});
static_assert(Field{offsetof(kvm_stats_header, name_size), sizeof(kvm_stats_header::name_size)} ==
              Field{4, 4});
static_assert(Field{offsetof(kvm_stats_header, num_desc), sizeof(kvm_stats_header::num_desc)} ==
              Field{8, 4});
static_assert(Field{offsetof(kvm_stats_header, id_offset), sizeof(kvm_stats_header::id_offset)} ==
              Field{12, 4});
static_assert(Field{offsetof(kvm_stats_header, desc_offset),
                    sizeof(kvm_stats_header::desc_offset)} == Field{16, 4});
static_assert(Field{offsetof(kvm_stats_header, data_offset),
                    sizeof(kvm_stats_header::data_offset)} == Field{20, 4});

static_assert(sizeof(kvm_stats_desc) == 16);
static_assert(Field{offsetof(kvm_stats_desc, flags), sizeof(kvm_stats_desc::flags)} == Field{0, 4});
static_assert(Field{offsetof(kvm_stats_desc, exponent), sizeof(kvm_stats_desc::exponent)} ==
              Field{4, 2});
static_assert(Field{offsetof(kvm_stats_desc, size), sizeof(kvm_stats_desc::size)} == Field{6, 2});
static_assert(Field{offsetof(kvm_stats_desc, offset), sizeof(kvm_stats_desc::offset)} ==
              Field{8, 4});
static_assert(Field{offsetof(kvm_stats_desc, bucket_size), sizeof(kvm_stats_desc::bucket_size)} ==
              Field{12, 4});

static_assert(sizeof(kvm_s390_keyop) == 16);
static_assert(Field{offsetof(kvm_s390_keyop, guest_addr), sizeof(kvm_s390_keyop::guest_addr)} ==
              Field{0, 8});
static_assert(Field{offsetof(kvm_s390_keyop, key), sizeof(kvm_s390_keyop::key)} == Field{8, 1});
static_assert(Field{offsetof(kvm_s390_keyop, operation), sizeof(kvm_s390_keyop::operation)} ==
              Field{9, 1});
static_assert(Field{offsetof(kvm_s390_keyop, pad), sizeof(kvm_s390_keyop::pad)} == Field{10, 6});

static_assert(sizeof(kvm_clock_data) == 48);
static_assert(Field{offsetof(kvm_clock_data, clock), sizeof(kvm_clock_data::clock)} == Field{0, 8});
static_assert(Field{offsetof(kvm_clock_data, flags), sizeof(kvm_clock_data::flags)} == Field{8, 4});
static_assert(Field{offsetof(kvm_clock_data, pad0), sizeof(kvm_clock_data::pad0)} == Field{12, 4});
static_assert(Field{offsetof(kvm_clock_data, realtime), sizeof(kvm_clock_data::realtime)} ==
              Field{16, 8});
static_assert(Field{offsetof(kvm_clock_data, host_tsc), sizeof(kvm_clock_data::host_tsc)} ==
              Field{24, 8});
static_assert(Field{offsetof(kvm_clock_data, pad), sizeof(kvm_clock_data::pad)} == Field{32, 16});

static_assert(sizeof(kvm_run) == 2352);
static_assert(Field{offsetof(kvm_run, request_interrupt_window),
                    sizeof(kvm_run::request_interrupt_window)} == Field{0, 1});
static_assert(Field{offsetof(kvm_run, immediate_exit), sizeof(kvm_run::immediate_exit)} ==
              Field{1, 1});
static_assert(Field{offsetof(kvm_run, padding1), sizeof(kvm_run::padding1)} == Field{2, 6});
static_assert(Field{offsetof(kvm_run, exit_reason), sizeof(kvm_run::exit_reason)} == Field{8, 4});
static_assert(Field{offsetof(kvm_run, ready_for_interrupt_injection),
                    sizeof(kvm_run::ready_for_interrupt_injection)} == Field{12, 1});
static_assert(Field{offsetof(kvm_run, if_flag), sizeof(kvm_run::if_flag)} == Field{13, 1});
static_assert(Field{offsetof(kvm_run, flags), sizeof(kvm_run::flags)} == Field{14, 2});
static_assert(Field{offsetof(kvm_run, cr8), sizeof(kvm_run::cr8)} == Field{16, 8});
static_assert(Field{offsetof(kvm_run, apic_base), sizeof(kvm_run::apic_base)} == Field{24, 8});
static_assert(Field{offsetof(kvm_run, hw), sizeof(kvm_run::hw)} == Field{32, 8});
static_assert(Field{offsetof(kvm_run, fail_entry), sizeof(kvm_run::fail_entry)} == Field{32, 16});
static_assert(Field{offsetof(kvm_run, fail_entry.cpu), sizeof(kLayoutOf.fail_entry.cpu)} ==
              Field{40, 4});
static_assert(Field{offsetof(kvm_run, ex), sizeof(kvm_run::ex)} == Field{32, 8});
static_assert(Field{offsetof(kvm_run, io.direction), sizeof(kLayoutOf.io.direction)} ==
              Field{32, 1});
static_assert(Field{offsetof(kvm_run, io.size), sizeof(kLayoutOf.io.size)} == Field{33, 1});
static_assert(Field{offsetof(kvm_run, io.port), sizeof(kLayoutOf.io.port)} == Field{34, 2});
static_assert(Field{offsetof(kvm_run, io.count), sizeof(kLayoutOf.io.count)} == Field{36, 4});
static_assert(Field{offsetof(kvm_run, io.data_offset), sizeof(kLayoutOf.io.data_offset)} ==
              Field{40, 8});
static_assert(Field{offsetof(kvm_run, mmio.phys_addr), sizeof(kLayoutOf.mmio.phys_addr)} ==
              Field{32, 8});
static_assert(Field{offsetof(kvm_run, mmio.data), sizeof(kLayoutOf.mmio.data)} == Field{40, 8});
static_assert(Field{offsetof(kvm_run, mmio.len), sizeof(kLayoutOf.mmio.len)} == Field{48, 4});
static_assert(Field{offsetof(kvm_run, mmio.is_write), sizeof(kLayoutOf.mmio.is_write)} ==
              Field{52, 1});
static_assert(Field{offsetof(kvm_run, hypercall.nr), sizeof(kLayoutOf.hypercall.nr)} ==
              Field{32, 8});
static_assert(Field{offsetof(kvm_run, hypercall.args), sizeof(kLayoutOf.hypercall.args)} ==
              Field{40, 48});
static_assert(Field{offsetof(kvm_run, hypercall.ret), sizeof(kLayoutOf.hypercall.ret)} ==
              Field{88, 8});
static_assert(Field{offsetof(kvm_run, hypercall.flags), sizeof(kLayoutOf.hypercall.flags)} ==
              Field{96, 8});
static_assert(Field{offsetof(kvm_run, internal.suberror), sizeof(kLayoutOf.internal.suberror)} ==
              Field{32, 4});
static_assert(Field{offsetof(kvm_run, internal.ndata), sizeof(kLayoutOf.internal.ndata)} ==
              Field{36, 4});
static_assert(Field{offsetof(kvm_run, internal.data), sizeof(kLayoutOf.internal.data)} ==
              Field{40, 128});
static_assert(Field{offsetof(kvm_run, system_event.type), sizeof(kLayoutOf.system_event.type)} ==
              Field{32, 4});
static_assert(Field{offsetof(kvm_run, system_event.ndata), sizeof(kLayoutOf.system_event.ndata)} ==
              Field{36, 4});
static_assert(Field{offsetof(kvm_run, system_event.data), sizeof(kLayoutOf.system_event.data)} ==
              Field{40, 128});
static_assert(Field{offsetof(kvm_run, msr.error), sizeof(kLayoutOf.msr.error)} == Field{32, 1});
static_assert(Field{offsetof(kvm_run, msr.reason), sizeof(kLayoutOf.msr.reason)} == Field{40, 4});
static_assert(Field{offsetof(kvm_run, msr.index), sizeof(kLayoutOf.msr.index)} == Field{44, 4});
static_assert(Field{offsetof(kvm_run, msr.data), sizeof(kLayoutOf.msr.data)} == Field{48, 8});
static_assert(Field{offsetof(kvm_run, notify.flags), sizeof(kLayoutOf.notify.flags)} ==
              Field{32, 4});
static_assert(Field{offsetof(kvm_run, memory_fault.flags), sizeof(kLayoutOf.memory_fault.flags)} ==
              Field{32, 8});
static_assert(Field{offsetof(kvm_run, memory_fault.gpa), sizeof(kLayoutOf.memory_fault.gpa)} ==
              Field{40, 8});
static_assert(Field{offsetof(kvm_run, memory_fault.size), sizeof(kLayoutOf.memory_fault.size)} ==
              Field{48, 8});
static_assert(Field{offsetof(kvm_run, arm_sea.flags), sizeof(kLayoutOf.arm_sea.flags)} ==
              Field{32, 8});
static_assert(Field{offsetof(kvm_run, arm_sea.esr), sizeof(kLayoutOf.arm_sea.esr)} == Field{40, 8});
static_assert(Field{offsetof(kvm_run, arm_sea.gva), sizeof(kLayoutOf.arm_sea.gva)} == Field{48, 8});
static_assert(Field{offsetof(kvm_run, arm_sea.gpa), sizeof(kLayoutOf.arm_sea.gpa)} == Field{56, 8});
static_assert(Field{offsetof(kvm_run, padding), sizeof(kvm_run::padding)} == Field{32, 256});
static_assert(Field{offsetof(kvm_run, kvm_valid_regs), sizeof(kvm_run::kvm_valid_regs)} ==
              Field{288, 8});
static_assert(Field{offsetof(kvm_run, kvm_dirty_regs), sizeof(kvm_run::kvm_dirty_regs)} ==
              Field{296, 8});
static_assert(Field{offsetof(kvm_run, s), sizeof(kvm_run::s)} == Field{304, 2048});

static_assert(sizeof(kvm_memory_attributes2) == 128);
static_assert(Field{offsetof(kvm_memory_attributes2, address),
                    sizeof(kvm_memory_attributes2::address)} == Field{0, 8});
static_assert(Field{offsetof(kvm_memory_attributes2, offset),
                    sizeof(kvm_memory_attributes2::offset)} == Field{0, 8});
static_assert(Field{offsetof(kvm_memory_attributes2, size), sizeof(kvm_memory_attributes2::size)} ==
              Field{8, 8});
static_assert(Field{offsetof(kvm_memory_attributes2, attributes),
                    sizeof(kvm_memory_attributes2::attributes)} == Field{16, 8});
static_assert(Field{offsetof(kvm_memory_attributes2, flags),
                    sizeof(kvm_memory_attributes2::flags)} == Field{24, 8});
static_assert(Field{offsetof(kvm_memory_attributes2, error_offset),
                    sizeof(kvm_memory_attributes2::error_offset)} == Field{32, 8});
static_assert(Field{offsetof(kvm_memory_attributes2, reserved),
                    sizeof(kvm_memory_attributes2::reserved)} == Field{40, 88});

// Ioctl 2 takes ioctl 1's argument as its first 32 bytes.
static_assert(offsetof(kvm_memory_attributes2, address) ==
              offsetof(kvm_memory_attributes, address));
static_assert(offsetof(kvm_memory_attributes2, size) == offsetof(kvm_memory_attributes, size));
static_assert(offsetof(kvm_memory_attributes2, attributes) ==
              offsetof(kvm_memory_attributes, attributes));
static_assert(offsetof(kvm_memory_attributes2, flags) == offsetof(kvm_memory_attributes, flags));

}  // namespace
}  // namespace kvm_model::uapi
