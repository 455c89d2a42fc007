// The table behind uapi/ioctls.h: each ioctl once. Include uapi/ioctls.h, not this.

#ifndef KVM_MODEL_UAPI_IOCTL_TABLE_H_
#define KVM_MODEL_UAPI_IOCTL_TABLE_H_

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "uapi/structs.h"

namespace kvm_model::uapi {

// Which way an ioctl's argument is copied, as user space sees it: kWrite hands it to the kernel.
enum class Direction : std::uint8_t { kNone, kRead, kWrite, kReadWrite };

// The kinds of file descriptor that KVM hands out.
enum class FdKind : std::uint8_t { kSystem, kVm, kVcpu, kGuestMemfd, kDevice };

// A set of fd kinds.
class FdKindSet {
 public:
  constexpr FdKindSet() = default;
  constexpr FdKindSet(std::initializer_list<FdKind> kinds) {
    for (const FdKind kind : kinds) bits_ |= Bit(kind);
  }
  constexpr bool Contains(FdKind kind) const { return (bits_ & Bit(kind)) != 0; }
  constexpr bool Empty() const { return bits_ == 0; }
  friend constexpr bool operator==(FdKindSet, FdKindSet) = default;

 private:
  static constexpr unsigned Bit(FdKind kind) { return 1U << static_cast<unsigned>(kind); }
  unsigned bits_ = 0;
};

// Which architectures have an ioctl at all.
enum class IoctlArch : std::uint8_t { kAll, kX86, kArm64, kS390 };

// Whether the argument is the same struct everywhere, or one that each architecture defines.
enum class ArgumentSize : std::uint8_t { kFixed, kPerArch };

struct IoctlDef {
  std::string_view name;
  Direction direction;
  std::uint8_t nr;
  std::uint16_t size;  // Of the argument, in bytes; x86-64's where it differs by architecture.
  FdKindSet fds;
  IoctlArch arch = IoctlArch::kAll;
  ArgumentSize argument_size = ArgumentSize::kFixed;
  FdKindSet x86_fds = {};  // Further kinds that take it on x86 alone.
};

namespace ioctl_table {

using enum ArgumentSize;
using enum Direction;
using enum FdKind;
using enum IoctlArch;

// Grouped by the fd that takes the ioctl, then by number.
inline constexpr auto kRows = std::to_array<IoctlDef>({
    {"KVM_GET_API_VERSION", kNone, 0x00, 0, {kSystem}},
    {"KVM_CREATE_VM", kNone, 0x01, 0, {kSystem}},
    {"KVM_CHECK_EXTENSION", kNone, 0x03, 0, {kSystem, kVm}},
    {"KVM_GET_VCPU_MMAP_SIZE", kNone, 0x04, 0, {kSystem}},
    {"KVM_GET_MSR_INDEX_LIST", kReadWrite, 0x02, 4, {kSystem}, kX86},
    {"KVM_GET_SUPPORTED_CPUID", kReadWrite, 0x05, 8, {kSystem}, kX86},
    {"KVM_GET_EMULATED_CPUID", kReadWrite, 0x09, 8, {kSystem}, kX86},
    {"KVM_GET_MSR_FEATURE_INDEX_LIST", kReadWrite, 0x0a, 4, {kSystem}, kX86},
    {"KVM_X86_GET_MCE_CAP_SUPPORTED", kRead, 0x9d, 8, {kSystem}, kX86},
    {"KVM_GET_SUPPORTED_HV_CPUID", kReadWrite, 0xc1, 8, {kSystem, kVcpu}, kX86},
    {"KVM_S390_ENABLE_SIE", kNone, 0x06, 0, {kSystem}, kS390},
    {"KVM_CREATE_VCPU", kNone, 0x41, 0, {kVm}},
    {"KVM_GET_DIRTY_LOG", kWrite, 0x42, sizeof(kvm_dirty_log), {kVm}},
    {"KVM_SET_NR_MMU_PAGES", kNone, 0x44, 0, {kVm}, kX86},
    {"KVM_SET_USER_MEMORY_REGION", kWrite, 0x46, sizeof(kvm_userspace_memory_region), {kVm}},
    {"KVM_SET_TSS_ADDR", kNone, 0x47, 0, {kVm}, kX86},
    {"KVM_SET_IDENTITY_MAP_ADDR", kWrite, 0x48, 8, {kVm}, kX86},
    {"KVM_SET_USER_MEMORY_REGION2", kWrite, 0x49, sizeof(kvm_userspace_memory_region2), {kVm}},
    {"KVM_S390_KEYOP", kReadWrite, 0x53, sizeof(kvm_s390_keyop), {kVm}, kS390},
    {"KVM_CREATE_IRQCHIP", kNone, 0x60, 0, {kVm}},
    {"KVM_IRQ_LINE", kWrite, 0x61, sizeof(kvm_irq_level), {kVm}},
    {"KVM_IRQ_LINE_STATUS", kReadWrite, 0x67, sizeof(kvm_irq_level), {kVm}},
    {"KVM_REGISTER_COALESCED_MMIO", kWrite, 0x67, sizeof(kvm_coalesced_mmio_zone), {kVm}},
    {"KVM_UNREGISTER_COALESCED_MMIO", kWrite, 0x68, sizeof(kvm_coalesced_mmio_zone), {kVm}},
    {"KVM_SET_GSI_ROUTING", kWrite, 0x6a, sizeof(kvm_irq_routing), {kVm}},
    {"KVM_IRQFD", kWrite, 0x76, sizeof(kvm_irqfd), {kVm}},
    {"KVM_CREATE_PIT2", kWrite, 0x77, 64, {kVm}, kX86},
    {"KVM_SET_BOOT_CPU_ID", kNone, 0x78, 0, {kVm}, kX86},
    {"KVM_IOEVENTFD", kWrite, 0x79, sizeof(kvm_ioeventfd), {kVm}},
    {"KVM_SET_CLOCK", kWrite, 0x7b, sizeof(kvm_clock_data), {kVm}, kX86},
    {"KVM_GET_CLOCK", kRead, 0x7c, sizeof(kvm_clock_data), {kVm}, kX86},
    {"KVM_SET_TSC_KHZ", kNone, 0xa2, 0, {kVm, kVcpu}, kX86},
    {"KVM_GET_TSC_KHZ", kNone, 0xa3, 0, {kVm, kVcpu}, kX86},
    {"KVM_ENABLE_CAP", kWrite, 0xa3, sizeof(kvm_enable_cap), {kVm, kVcpu}},
    {"KVM_SIGNAL_MSI", kWrite, 0xa5, sizeof(kvm_msi), {kVm}},
    {"KVM_ARM_SET_COUNTER_OFFSET", kWrite, 0xb5, 16, {kVm}, kArm64},
    {"KVM_ARM_GET_REG_WRITABLE_MASKS", kRead, 0xb6, 64, {kVm}, kArm64},
    {"KVM_SET_PMU_EVENT_FILTER", kWrite, 0xb2, 32, {kVm}, kX86},
    {"KVM_MEMORY_ENCRYPT_OP", kReadWrite, 0xba, 8, {kVm, kVcpu}, kX86},
    {"KVM_MEMORY_ENCRYPT_REG_REGION", kRead, 0xbb, 16, {kVm}, kX86},
    {"KVM_MEMORY_ENCRYPT_UNREG_REGION", kRead, 0xbc, 16, {kVm}, kX86},
    {"KVM_CLEAR_DIRTY_LOG", kReadWrite, 0xc0, sizeof(kvm_clear_dirty_log), {kVm}},
    {"KVM_X86_SET_MSR_FILTER", kWrite, 0xc6, 392, {kVm}, kX86},
    {"KVM_RESET_DIRTY_RINGS", kNone, 0xc7, 0, {kVm}},
    {"KVM_GET_STATS_FD", kNone, 0xce, 0, {kVm, kVcpu}},
    {"KVM_SET_MEMORY_ATTRIBUTES", kWrite, 0xd2, sizeof(kvm_memory_attributes), {kVm}},
    {"KVM_SET_MEMORY_ATTRIBUTES2",
     kReadWrite,
     0xd2,
     sizeof(kvm_memory_attributes2),
     {kVm, kGuestMemfd}},
    {"KVM_CREATE_GUEST_MEMFD", kReadWrite, 0xd4, sizeof(kvm_create_guest_memfd), {kVm}},
    {"KVM_CREATE_DEVICE", kReadWrite, 0xe0, sizeof(kvm_create_device), {kVm}},
    {"KVM_SET_DEVICE_ATTR", kWrite, 0xe1, sizeof(kvm_device_attr), {kDevice, kVm, kVcpu}},
    {"KVM_GET_DEVICE_ATTR",
     kWrite,
     0xe2,
     sizeof(kvm_device_attr),
     {kDevice, kVm, kVcpu},
     kAll,
     kFixed,
     {kSystem}},
    {"KVM_HAS_DEVICE_ATTR",
     kWrite,
     0xe3,
     sizeof(kvm_device_attr),
     {kDevice, kVm, kVcpu},
     kAll,
     kFixed,
     {kSystem}},
    {"KVM_RUN", kNone, 0x80, 0, {kVcpu}},
    {"KVM_GET_REGS", kRead, 0x81, 144, {kVcpu}, kAll, kPerArch},
    {"KVM_SET_REGS", kWrite, 0x82, 144, {kVcpu}, kAll, kPerArch},
    {"KVM_GET_SREGS", kRead, 0x83, 312, {kVcpu}, kAll, kPerArch},
    {"KVM_SET_SREGS", kWrite, 0x84, 312, {kVcpu}, kAll, kPerArch},
    {"KVM_TRANSLATE", kReadWrite, 0x85, 24, {kVcpu}},
    {"KVM_SET_SIGNAL_MASK", kWrite, 0x8b, 4, {kVcpu}},
    {"KVM_GET_FPU", kRead, 0x8c, 416, {kVcpu}, kAll, kPerArch},
    {"KVM_SET_FPU", kWrite, 0x8d, 416, {kVcpu}, kAll, kPerArch},
    {"KVM_GET_MP_STATE", kRead, 0x98, 4, {kVcpu}},
    {"KVM_SET_MP_STATE", kWrite, 0x99, 4, {kVcpu}},
    {"KVM_SET_GUEST_DEBUG", kWrite, 0x9b, 72, {kVcpu}, kAll, kPerArch},
    {"KVM_GET_ONE_REG", kWrite, 0xab, sizeof(kvm_one_reg), {kVcpu}},
    {"KVM_SET_ONE_REG", kWrite, 0xac, sizeof(kvm_one_reg), {kVcpu}},
    {"KVM_GET_REG_LIST", kReadWrite, 0xb0, 8, {kVcpu}},
    {"KVM_GET_XSAVE2", kRead, 0xcf, 4096, {kVcpu}, kX86, kPerArch},
    {"KVM_PRE_FAULT_MEMORY", kReadWrite, 0xd5, sizeof(kvm_pre_fault_memory), {kVcpu}},
});

}  // namespace ioctl_table
}  // namespace kvm_model::uapi

#endif  // KVM_MODEL_UAPI_IOCTL_TABLE_H_
