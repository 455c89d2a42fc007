// The structs that KVM's ioctls take, laid out as the kernel lays them out on 64-bit machines.
//
// Names are the kernel's own, so that code reads as it would against <linux/kvm.h>; the namespace
// keeps the two apart. uapi/structs.cc holds every size and offset to the kernel's at compile time.
//
// Caveats: addresses are plain 64-bit integers. Trailing variable-length parts (the entries of
// kvm_irq_routing, the name of kvm_stats_desc) have no member: they follow the struct. kvm_run
// names the exits that the model knows, and lacks s390's two PSW words, which move its union up 16
// bytes.

#ifndef KVM_MODEL_UAPI_STRUCTS_H_
#define KVM_MODEL_UAPI_STRUCTS_H_

#include <cstdint>

namespace kvm_model::uapi {

// ---- Memory ----

// KVM_SET_USER_MEMORY_REGION
struct kvm_userspace_memory_region {
  std::uint32_t slot;
  std::uint32_t flags;
  std::uint64_t guest_phys_addr;
  std::uint64_t memory_size;  // In bytes; 0 deletes the slot.
  std::uint64_t userspace_addr;
};

// KVM_SET_USER_MEMORY_REGION2
struct kvm_userspace_memory_region2 {
  std::uint32_t slot;
  std::uint32_t flags;
  std::uint64_t guest_phys_addr;
  std::uint64_t memory_size;  // In bytes; 0 deletes the slot.
  std::uint64_t userspace_addr;
  std::uint64_t guest_memfd_offset;  // In bytes.
  std::uint32_t guest_memfd;
  std::uint32_t pad1;
  std::uint64_t pad2[14];
};

// KVM_SET_MEMORY_ATTRIBUTES
struct kvm_memory_attributes {
  std::uint64_t address;  // Guest physical, in bytes.
  std::uint64_t size;     // In bytes.
  std::uint64_t attributes;
  std::uint64_t flags;
};

// KVM_SET_MEMORY_ATTRIBUTES2
struct kvm_memory_attributes2 {
  union {
    std::uint64_t address;  // On a VM: guest physical, in bytes.
    std::uint64_t offset;   // On a guest_memfd: into the file, in bytes.
  };
  std::uint64_t size;  // In bytes.
  std::uint64_t attributes;
  std::uint64_t flags;
  std::uint64_t error_offset;  // Written by a failing conversion on a guest_memfd.
  std::uint64_t reserved[11];
};

// KVM_CREATE_GUEST_MEMFD
struct kvm_create_guest_memfd {
  std::uint64_t size;  // In bytes.
  std::uint64_t flags;
  std::uint64_t reserved[6];
};

// KVM_PRE_FAULT_MEMORY: gpa and size advance by what was done.
struct kvm_pre_fault_memory {
  std::uint64_t gpa;   // In bytes.
  std::uint64_t size;  // In bytes.
  std::uint64_t flags;
  std::uint64_t padding[5];
};

// KVM_GET_DIRTY_LOG
struct kvm_dirty_log {
  std::uint32_t slot;
  std::uint32_t padding1;
  std::uint64_t dirty_bitmap;  // Address of one bit a page.
};

// KVM_CLEAR_DIRTY_LOG
struct kvm_clear_dirty_log {
  std::uint32_t slot;
  std::uint32_t num_pages;
  std::uint64_t first_page;
  std::uint64_t dirty_bitmap;  // Address of one bit a page.
};

// One entry of a vCPU's dirty ring.
struct kvm_dirty_gfn {
  std::uint32_t flags;
  std::uint32_t slot;
  std::uint64_t offset;  // In pages, from the start of the slot.
};

// ---- Capabilities, devices, registers ----

// KVM_ENABLE_CAP
struct kvm_enable_cap {
  std::uint32_t cap;
  std::uint32_t flags;
  std::uint64_t args[4];
  std::uint8_t pad[64];
};

// KVM_CREATE_DEVICE
struct kvm_create_device {
  std::uint32_t type;
  std::uint32_t fd;
  std::uint32_t flags;
};

// KVM_SET_DEVICE_ATTR, KVM_GET_DEVICE_ATTR, KVM_HAS_DEVICE_ATTR
struct kvm_device_attr {
  std::uint32_t flags;
  std::uint32_t group;
  std::uint64_t attr;
  std::uint64_t addr;
};

// KVM_GET_ONE_REG, KVM_SET_ONE_REG
struct kvm_one_reg {
  std::uint64_t id;
  std::uint64_t addr;
};

// KVM_S390_KEYOP
struct kvm_s390_keyop {
  std::uint64_t guest_addr;
  std::uint8_t key;
  std::uint8_t operation;
  std::uint8_t pad[6];
};

// KVM_GET_CLOCK, KVM_SET_CLOCK
struct kvm_clock_data {
  std::uint64_t clock;
  std::uint32_t flags;
  std::uint32_t pad0;
  std::uint64_t realtime;
  std::uint64_t host_tsc;
  std::uint32_t pad[4];
};

// What a statistics file starts with.
struct kvm_stats_header {
  std::uint32_t flags;
  std::uint32_t name_size;
  std::uint32_t num_desc;
  std::uint32_t id_offset;
  std::uint32_t desc_offset;
  std::uint32_t data_offset;
};

// One statistic; kvm_stats_header::name_size bytes of name follow it.
struct kvm_stats_desc {
  std::uint32_t flags;
  std::int16_t exponent;
  std::uint16_t size;
  std::uint32_t offset;
  std::uint32_t bucket_size;
};

// ---- Interrupts and I/O events ----

// KVM_IRQ_LINE, KVM_IRQ_LINE_STATUS
struct kvm_irq_level {
  union {
    std::uint32_t irq;
    std::int32_t status;  // Written by KVM_IRQ_LINE_STATUS.
  };
  std::uint32_t level;
};

// KVM_SIGNAL_MSI
struct kvm_msi {
  std::uint32_t address_lo;
  std::uint32_t address_hi;
  std::uint32_t data;
  std::uint32_t flags;
  std::uint32_t devid;
  std::uint8_t pad[12];
};

// KVM_IRQFD
struct kvm_irqfd {
  std::uint32_t fd;
  std::uint32_t gsi;
  std::uint32_t flags;
  std::uint32_t resamplefd;
  std::uint8_t pad[16];
};

// KVM_IOEVENTFD
struct kvm_ioeventfd {
  std::uint64_t datamatch;
  std::uint64_t addr;
  std::uint32_t len;  // 0, 1, 2, 4 or 8 bytes.
  std::int32_t fd;
  std::uint32_t flags;
  std::uint8_t pad[36];
};

// KVM_REGISTER_COALESCED_MMIO, KVM_UNREGISTER_COALESCED_MMIO
struct kvm_coalesced_mmio_zone {
  std::uint64_t addr;
  std::uint32_t size;
  std::uint32_t pio;
};

// One entry of the coalesced ring.
struct kvm_coalesced_mmio {
  std::uint64_t phys_addr;
  std::uint32_t len;
  std::uint32_t pio;
  std::uint8_t data[8];
};

struct kvm_irq_routing_irqchip {
  std::uint32_t irqchip;
  std::uint32_t pin;
};

struct kvm_irq_routing_msi {
  std::uint32_t address_lo;
  std::uint32_t address_hi;
  std::uint32_t data;
  std::uint32_t devid;
};

struct kvm_irq_routing_s390_adapter {
  std::uint64_t ind_addr;
  std::uint64_t summary_addr;
  std::uint64_t ind_offset;
  std::uint32_t summary_offset;
  std::uint32_t adapter_id;
};

struct kvm_irq_routing_entry {
  std::uint32_t gsi;
  std::uint32_t type;
  std::uint32_t flags;
  std::uint32_t pad;
  union {
    kvm_irq_routing_irqchip irqchip;
    kvm_irq_routing_msi msi;
    kvm_irq_routing_s390_adapter adapter;
    std::uint32_t pad[8];
  } u;
};

// KVM_SET_GSI_ROUTING: `nr` kvm_irq_routing_entry follow.
struct kvm_irq_routing {
  std::uint32_t nr;
  std::uint32_t flags;
};

// ---- The page that a vCPU shares with its user ----

struct kvm_run {
  // In.
  std::uint8_t request_interrupt_window;
  std::uint8_t immediate_exit;
  std::uint8_t padding1[6];

  // Out.
  std::uint32_t exit_reason;  // An ExitReason, which names the member of the union that counts.
  std::uint8_t ready_for_interrupt_injection;
  std::uint8_t if_flag;
  std::uint16_t flags;

  // In and out.
  std::uint64_t cr8;
  std::uint64_t apic_base;

  union {
    struct {
      std::uint64_t hardware_exit_reason;
    } hw;
    struct {
      std::uint64_t hardware_entry_failure_reason;
      std::uint32_t cpu;
    } fail_entry;
    struct {
      std::uint32_t exception;
      std::uint32_t error_code;
    } ex;
    struct {
      std::uint8_t direction;
      std::uint8_t size;  // In bytes.
      std::uint16_t port;
      std::uint32_t count;
      std::uint64_t data_offset;  // In bytes, from the start of kvm_run.
    } io;
    struct {
      std::uint64_t phys_addr;
      std::uint8_t data[8];
      std::uint32_t len;  // In bytes.
      std::uint8_t is_write;
    } mmio;
    struct {
      std::uint64_t nr;
      std::uint64_t args[6];
      std::uint64_t ret;
      std::uint64_t flags;
    } hypercall;
    struct {
      std::uint32_t suberror;
      std::uint32_t ndata;
      std::uint64_t data[16];
    } internal;
    struct {
      std::uint32_t type;
      std::uint32_t ndata;
      std::uint64_t data[16];
    } system_event;
    struct {
      std::uint8_t error;
      std::uint8_t pad[7];
      std::uint32_t reason;
      std::uint32_t index;
      std::uint64_t data;
    } msr;
    struct {
      std::uint32_t flags;
    } notify;
    struct {
      std::uint64_t flags;
      std::uint64_t gpa;   // In bytes, page aligned.
      std::uint64_t size;  // In bytes.
    } memory_fault;
    struct {
      std::uint64_t flags;
      std::uint64_t esr;
      std::uint64_t gva;
      std::uint64_t gpa;
    } arm_sea;
    std::uint8_t padding[256];
  };

  std::uint64_t kvm_valid_regs;
  std::uint64_t kvm_dirty_regs;
  struct {
    std::uint8_t padding[2048];
  } s;  // Synchronised registers; their layout is the architecture's.
};

}  // namespace kvm_model::uapi

#endif  // KVM_MODEL_UAPI_STRUCTS_H_
