#include "tests/hostile/forms.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/result.h"
#include "tests/hostile/world.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model::hostile {
namespace {

using uapi::FdKind;
using enum FieldKind;

std::vector<Field> RegionFields() {
  return {{"slot", 0, 4, kSlot},
          {"flags", 4, 4, kFlags},
          {"guest_phys_addr", 8, 8, kAddress},
          {"memory_size", 16, 8, kSize},
          {"userspace_addr", 24, 8, kAddress}};
}

std::vector<Field> Region2Fields() {
  std::vector<Field> fields = RegionFields();
  fields.insert(fields.end(), {{"guest_memfd_offset", 32, 8, kAddress},
                               {"guest_memfd", 40, 4, kFd},
                               {"pad1", 44, 4, kUnused},
                               {"pad2", 48, 8, kUnused, 14}});
  return fields;
}

std::vector<Field> AttributesFields() {
  return {{"address", 0, 8, kAddress},
          {"size", 8, 8, kSize},
          {"attributes", 16, 8, kFlags},
          {"flags", 24, 8, kFlags}};
}

std::vector<Field> Attributes2Fields() {
  std::vector<Field> fields = AttributesFields();
  fields.insert(fields.end(),
                {{"error_offset", 32, 8, kMustBeZero}, {"reserved", 40, 8, kMustBeZero, 11}});
  return fields;
}

std::vector<Field> EnableCapFields() {
  return {{"cap", 0, 4, kNumber},
          {"flags", 4, 4, kFlags},
          {"args", 8, 8, kNumber, 4},
          {"pad", 40, 8, kUnused, 8}};
}

std::vector<Form> MakeForms() {
  return {
      {"KVM_SET_USER_MEMORY_REGION", FdKind::kVm, 32, RegionFields()},
      {"KVM_SET_USER_MEMORY_REGION2", FdKind::kVm, 160, Region2Fields()},
      {"KVM_SET_MEMORY_ATTRIBUTES", FdKind::kVm, 32, AttributesFields()},
      {"KVM_SET_MEMORY_ATTRIBUTES2", FdKind::kVm, 128, Attributes2Fields()},
      {"KVM_SET_MEMORY_ATTRIBUTES2", FdKind::kGuestMemfd, 128, Attributes2Fields()},
      {"KVM_CREATE_GUEST_MEMFD",
       FdKind::kVm,
       64,
       {{"size", 0, 8, kSize}, {"flags", 8, 8, kFlags}, {"reserved", 16, 8, kUnused, 6}}},
      {"KVM_PRE_FAULT_MEMORY",
       FdKind::kVcpu,
       64,
       {{"gpa", 0, 8, kAddress},
        {"size", 8, 8, kSize},
        {"flags", 16, 8, kFlags},
        {"padding", 24, 8, kUnused, 5}}},
      {"KVM_ENABLE_CAP", FdKind::kVm, 104, EnableCapFields()},
      {"KVM_ENABLE_CAP", FdKind::kVcpu, 104, EnableCapFields()},
      {"KVM_CREATE_DEVICE",
       FdKind::kVm,
       12,
       {{"type", 0, 4, kNumber}, {"fd", 4, 4, kOutput}, {"flags", 8, 4, kFlags}}},
      {"KVM_GET_DIRTY_LOG",
       FdKind::kVm,
       16,
       {{"slot", 0, 4, kSlot}, {"padding1", 4, 4, kUnused}, {"dirty_bitmap", 8, 8, kPointer}}},
      {"KVM_CLEAR_DIRTY_LOG",
       FdKind::kVm,
       24,
       {{"slot", 0, 4, kSlot},
        {"num_pages", 4, 4, kCount},
        {"first_page", 8, 8, kCount},
        {"dirty_bitmap", 16, 8, kPointer}}},
  };
}

// A capability that KVM_ENABLE_CAP takes there with args[0] = 1; 0 where there is none.
std::uint32_t EnabledOn(const World& world, FdKind kind) {
  if (kind == FdKind::kVm) return uapi::Cap("KVM_CAP_HALT_POLL");
  const std::string& arch = world.choice().arch;
  if (arch == "x86") return uapi::Cap("KVM_CAP_ENFORCE_PV_FEATURE_CPUID");
  if (arch == "powerpc") return uapi::Cap("KVM_CAP_PPC_PAPR");
  if (arch == "s390") return uapi::Cap("KVM_CAP_S390_CSS_SUPPORT");
  if (arch == "mips") return uapi::Cap("KVM_CAP_MIPS_FPU");
  return 0;
}

template <typename T>
std::vector<std::byte> BytesOf(const T& value) {
  std::vector<std::byte> bytes(sizeof(value));
  std::memcpy(bytes.data(), &value, sizeof(value));
  return bytes;
}

std::vector<std::byte> GoodRegion(World& world, const Form& form) {
  uapi::kvm_userspace_memory_region2 region{};
  region.slot = 5;
  region.guest_phys_addr = 1024 * world.page();
  region.memory_size = 2 * world.page();
  region.userspace_addr = world.scratch();
  std::vector<std::byte> bytes = BytesOf(region);
  bytes.resize(form.size);
  return bytes;
}

// Where the host has private memory the whole range becomes private, on a VM's descriptor shared.
std::vector<std::byte> GoodConversion(World& world, const Form& form) {
  uapi::kvm_memory_attributes2 args{};
  const bool file = form.kind == FdKind::kGuestMemfd;
  args.offset = file ? 0 : 64 * world.page();
  args.size = 8 * world.page();
  const bool to_private = file && world.choice().private_memory();
  args.attributes = to_private ? uapi::kMemoryAttributePrivate : 0;
  std::vector<std::byte> bytes = BytesOf(args);
  bytes.resize(form.size);
  return bytes;
}

std::vector<std::byte> GoodDevice(const World& world) {
  uapi::kvm_create_device device{};
  const bool arm64 = world.choice().arch == "arm64";
  device.type = arm64 ? uapi::kDevTypeArmVgicV3 : uapi::kDevTypeVfio;
  device.flags = arm64 ? 0 : uapi::kCreateDeviceTest;
  return BytesOf(device);
}

std::vector<std::byte> GoodLog(const World& world, const Form& form) {
  const std::uint64_t bitmap = world.scratch() + world.page();
  if (form.ioctl == "KVM_GET_DIRTY_LOG") {
    return BytesOf(uapi::kvm_dirty_log{World::kLoggedSlot, 0, bitmap});
  }
  return BytesOf(uapi::kvm_clear_dirty_log{World::kLoggedSlot, World::kLoggedPages, 0, bitmap});
}

}  // namespace

void PrintTo(const Form& form, std::ostream* out) { *out << form.ioctl; }

const std::vector<Form>& Forms() {
  static const auto* const kForms = new std::vector<Form>(MakeForms());
  return *kForms;
}

const Form& FormOf(std::string_view ioctl, FdKind kind) {
  const auto form = std::ranges::find_if(
      Forms(), [&](const Form& one) { return one.ioctl == ioctl && one.kind == kind; });
  if (form == Forms().end()) {
    absl::FPrintF(stderr, "no form of %s\n", std::string(ioctl));
    std::abort();
  }
  return *form;
}

std::uint32_t RequestOf(const World& world, const Form& form) {
  return world.Request(*uapi::IoctlByName(form.ioctl));
}

int DescriptorOf(const World& world, FdKind kind) {
  switch (kind) {
    case FdKind::kSystem:
      return world.device();
    case FdKind::kVm:
      return world.vm();
    case FdKind::kVcpu:
      return world.vcpu();
    case FdKind::kGuestMemfd:
      return world.file();
    case FdKind::kDevice:
      return world.controller();
  }
  return -1;
}

bool ReadsArgument(World& world, const Form& form) {
  const Result<std::int64_t> answer =
      world.task().Ioctl(DescriptorOf(world, form.kind), RequestOf(world, form), std::uint64_t{0});
  return !answer && answer.error() == uapi::Errno::kEFAULT;
}

std::vector<std::byte> GoodArguments(World& world, const Form& form) {
  if (form.ioctl.starts_with("KVM_SET_USER_MEMORY_REGION")) return GoodRegion(world, form);
  if (form.ioctl.starts_with("KVM_SET_MEMORY_ATTRIBUTES")) return GoodConversion(world, form);
  if (form.ioctl == "KVM_CREATE_DEVICE") return GoodDevice(world);
  if (form.ioctl.ends_with("DIRTY_LOG")) return GoodLog(world, form);
  if (form.ioctl == "KVM_CREATE_GUEST_MEMFD") {
    return BytesOf(uapi::kvm_create_guest_memfd{2 * world.page(), 0, {}});
  }
  if (form.ioctl == "KVM_PRE_FAULT_MEMORY") {
    return BytesOf(uapi::kvm_pre_fault_memory{64 * world.page(), 6 * world.page(), 0, {}});
  }
  uapi::kvm_enable_cap cap{};
  cap.cap = EnabledOn(world, form.kind);
  cap.args[0] = 1;
  return BytesOf(cap);
}

bool IsWrittenBack(const Form& form, bool succeeded) {
  return form.ioctl == "KVM_PRE_FAULT_MEMORY" || (form.ioctl == "KVM_CREATE_DEVICE" && succeeded);
}

void Put(std::span<std::byte> bytes, const Field& field, std::uint64_t value, std::size_t element) {
  std::memcpy(bytes.data() + field.offset + element * field.bytes, &value, field.bytes);
}

Result<std::int64_t> CallWith(World& world, const Form& form, std::span<const std::byte> bytes,
                              std::uint64_t address) {
  world.Poke(address, bytes);
  return world.task().Ioctl(DescriptorOf(world, form.kind), RequestOf(world, form), address);
}

}  // namespace kvm_model::hostile
