#include "tests/hostile/world.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/file.h"
#include "kvm_model/guest_fault.h"
#include "kvm_model/page.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm_file.h"
#include "uapi/constants.h"
#include "uapi/structs.h"

namespace kvm_model::hostile {
namespace {

constexpr std::uint64_t kFilePages = 8;
constexpr std::uint64_t kSlotGfn = 16;
constexpr std::uint64_t kFileSlotGfn = 64;

[[noreturn]] void GiveUp(std::string_view why) {
  absl::FPrintF(stderr, "the world can't be made: %s\n", why);
  std::abort();
}

template <typename T>
auto Must(T result, std::string_view what) {
  if (!result) GiveUp(what);
  return *std::move(result);
}

template <typename T>
std::shared_ptr<T> FileOf(Task& task, int fd) {
  const Result<std::shared_ptr<File>> file = task.fds().Get(fd);
  return file ? std::dynamic_pointer_cast<T>(*file) : nullptr;
}

HostChoice Choice(std::string name, std::string arch, std::string revision,
                  std::vector<SettingAssignment> settings = {}) {
  HostChoice choice;
  choice.name = std::move(name);
  choice.arch = std::move(arch);
  choice.revision = std::move(revision);
  choice.settings = std::move(settings);
  return choice;
}

}  // namespace

void PrintTo(const HostChoice& host, std::ostream* out) { *out << host.name; }

std::vector<HostChoice> HostChoices() {
  const SettingAssignment config = {"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"};
  std::vector<HostChoice> all = {
      Choice("x86_rfc_v4_P0", "x86", "rfc-v4", {config, {"kvm.vm_memory_attributes", "0"}}),
      Choice("x86_rfc_v4_P1", "x86", "rfc-v4", {config}),
      Choice("x86_linux_7_0", "x86", "linux-7.0"),
      Choice("x86_rfc_v4_snp", "x86", "rfc-v4"),
      Choice("arm64_rfc_v4", "arm64", "rfc-v4", {{"hw.vgic_v2_compat", "1"}}),
      Choice("arm64_rfc_v4_64k", "arm64", "rfc-v4", {{"CONFIG_PAGE_SHIFT", "16"}}),
      Choice("x86_linux_6_18_pvm", "x86", "linux-6.18", {{"hw.vendor", "pvm"}}),
      Choice("mips_rfc_v4", "mips", "rfc-v4"),
      Choice("riscv_rfc_v4", "riscv", "rfc-v4"),
      Choice("s390_rfc_v4", "s390", "rfc-v4"),
      Choice("loongarch_rfc_v4", "loongarch", "rfc-v4"),
      Choice("powerpc_rfc_v4", "powerpc", "rfc-v4"),
      Choice("x86_next", "x86", "next-20260923"),
      Choice("x86_next_per_vm", "x86", "next-20260923", {config}),
      Choice("x86_next_snp", "x86", "next-20260923",
             {config, {"kvm.gmem_in_place_conversion", "1"}}),
      Choice("arm64_next", "arm64", "next-20260923"),
      Choice("x86_linux_6_12", "x86", "linux-6.12"),
  };
  for (const std::size_t i : {0U, 1U, 2U, 12U, 13U, 16U}) all[i].vm_type = uapi::kX86SwProtectedVm;
  for (const std::size_t i : {3U, 14U}) all[i].vm_type = uapi::kX86SnpVm;
  for (const std::size_t i : {0U, 3U, 4U, 5U, 12U, 14U}) all[i].file_attributes = true;
  for (const std::size_t i : {1U, 2U, 13U, 16U}) all[i].per_vm_attributes = true;
  return all;
}

std::vector<HostChoice> HostChoicesWithGuestMemfd() {
  std::vector<HostChoice> choices = HostChoices();
  std::erase_if(choices, [](const HostChoice& choice) { return !World(choice).has_guest_memfd(); });
  return choices;
}

World::World(const HostChoice& choice, UserMemory* memory) : choice_(choice) {
  const Arch* const arch = FindArch(choice.arch);
  const Revision* const revision = FindRevision(choice.revision);
  if (arch == nullptr || revision == nullptr) GiveUp(choice.name);
  auto host = Host::Create(*arch, *revision, choice.settings);
  if (!host) GiveUp(host.error().message);
  kernel_ = std::make_shared<Kernel>(*std::move(host));
  task_ = std::make_unique<Task>(kernel_, memory);

  device_ = Must(task_->Open("/dev/kvm", O_RDWR), "/dev/kvm");
  const auto create_vm = [&] {
    return static_cast<int>(
        Must(task_->Ioctl(device_, Request(uapi::Ioctl("KVM_CREATE_VM")), choice.vm_type), "VM"));
  };
  vm_ = create_vm();
  other_vm_ = create_vm();
  vcpu_ = static_cast<int>(
      Must(task_->Ioctl(vm_, Request(uapi::Ioctl("KVM_CREATE_VCPU")), std::uint64_t{0}), "vCPU"));
  scratch_ = Must(task_->Mmap(kScratchPages * page(), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                  "scratch memory");
  if (choice.arch == "arm64") {
    uapi::kvm_create_device device{};
    device.type = uapi::kDevTypeArmVgicIts;
    Must(Call(vm_, uapi::Ioctl("KVM_CREATE_DEVICE"), device), "interrupt controller");
    std::memcpy(&device, Peek(scratch_, sizeof(device)).data(), sizeof(device));
    controller_ = static_cast<int>(device.fd);
  }
  path_only_ = Must(task_->Open("/dev/kvm", O_PATH), "O_PATH");
  if (has_guest_memfd()) MakeFiles();
  MakeSlots();
  Touch();
}

std::uint64_t World::mmap_flag() const {
  return maps_guest_memfd() ? uapi::kGuestMemfdFlagMmap : 0;
}

void World::MakeFiles() {
  const auto create = [&](int vm, std::uint64_t pages, std::uint64_t flags) {
    uapi::kvm_create_guest_memfd args{};
    args.size = pages * page();
    args.flags = flags;
    return static_cast<int>(
        Must(Call(vm, uapi::Ioctl("KVM_CREATE_GUEST_MEMFD"), args), "guest_memfd"));
  };
  const auto flags = static_cast<std::uint64_t>(Must(
      task_->Ioctl(vm_, Request(uapi::Ioctl("KVM_CHECK_EXTENSION")), std::uint64_t{244}), "flags"));
  file_ = create(vm_, kFilePages, flags);
  private_file_ = create(vm_, 4, 0);
  other_vms_file_ = create(other_vm_, 4, mmap_flag());
  const std::uint64_t bytes = kFilePages * page();
  mapping_ =
      Must(maps_guest_memfd()
               ? task_->Mmap(bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0)
               : task_->Mmap(bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
           "mapping");
}

void World::MakeSlots() {
  uapi::kvm_userspace_memory_region2 region{};
  region.guest_phys_addr = kSlotGfn * page();
  region.memory_size = 2 * page();
  region.userspace_addr = scratch_ + 2 * page();
  Must(Call(vm_, uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2"), region), "slot");
  region.slot = kLoggedSlot;
  region.flags = uapi::kMemLogDirtyPages;
  region.guest_phys_addr = kLoggedGfn * page();
  region.memory_size = kLoggedPages * page();
  Must(Call(vm_, uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2"), region), "slot with a dirty log");
  if (!has_guest_memfd()) return;
  region = {};
  region.slot = 1;
  region.flags = uapi::kMemGuestMemfd;
  region.guest_phys_addr = kFileSlotGfn * page();
  region.memory_size = 6 * page();
  region.guest_memfd = static_cast<std::uint32_t>(file_);
  region.guest_memfd_offset = page();
  if (!maps_guest_memfd()) region.userspace_addr = mapping_ + page();
  Must(Call(vm_, uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2"), region), "guest_memfd slot");
}

// Pages that hold something, mixed attributes, and pages that the guest has mapped.
void World::Touch() {
  const Trail silent(nullptr);
  const std::shared_ptr<Vm> vm = VmOf(vm_);
  uapi::kvm_memory_attributes2 convert{};
  convert.size = 2 * page();
  convert.attributes = uapi::kMemoryAttributePrivate;
  if (choice_.per_vm_attributes) {
    convert.address = (kFileSlotGfn + 2) * page();
    Must(task_->Ioctl(vm_, Request(uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES")),
                      [&] {
                        Poke(scratch_, std::as_bytes(std::span(&convert, 1)));
                        return scratch_;
                      }()),
         "attributes of gfns");
  }
  for (PageIndex page_index = 0; page_index < 4; ++page_index) {
    (void)task_->HostWrite(mapping_ + page_index * page(), std::byte(0xa0 + page_index));
    (void)GuestWrite(*vm, (kFileSlotGfn + page_index) * page(), std::byte(0xb0 + page_index),
                     shared_addressing(), silent);
  }
  (void)GuestWrite(*vm, kSlotGfn * page(), std::byte{0xcc}, shared_addressing(), silent);
  WriteLoggedPages();
  if (choice_.file_attributes && choice_.private_memory()) {
    convert.offset = 2 * page();
    if (choice_.vm_type == uapi::kX86SwProtectedVm && host().revision().content_modes()) {
      convert.flags = uapi::kSetMemoryAttributes2Preserve;
    }
    Must(Call(file_, uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES2"), convert), "attributes of pages");
    (void)GuestWrite(*vm, (kFileSlotGfn + 1) * page(), std::byte{0xdd}, GuestAddressing::kPrivate,
                     silent);
  }
}

GuestAddressing World::shared_addressing() const {
  // Elsewhere the attributes say what is shared.
  return choice_.vm_type == uapi::kX86SnpVm ? GuestAddressing::kShared : GuestAddressing::kAuto;
}

void World::WriteLoggedPages() {
  for (PageIndex gfn = kLoggedGfn; gfn < kLoggedGfn + 2; ++gfn) {
    (void)GuestWrite(*VmOf(vm_), gfn * page(), std::byte{0xee}, shared_addressing(),
                     Trail(nullptr));
  }
}

int World::Closed() {
  const int copy = Must(task_->Dup(vm_), "copy of a descriptor");
  if (!task_->Close(copy)) GiveUp("a descriptor can't be closed");
  return copy;
}

std::uint32_t World::Request(uapi::IoctlId id) const {
  return uapi::Request(id, host().arch().traits().ioctl_encoding);
}

void World::Poke(std::uint64_t address, std::span<const std::byte> bytes) {
  if (!task_->mm().Write(address, bytes)) GiveUp("scratch memory can't be written");
}

std::vector<std::byte> World::Peek(std::uint64_t address, std::size_t bytes) {
  std::vector<std::byte> read(bytes);
  if (!task_->mm().Read(address, read)) GiveUp("scratch memory can't be read");
  return read;
}

void World::Fill(std::byte value) { Poke(scratch_, std::vector<std::byte>(kFilledBytes, value)); }

std::shared_ptr<Vm> World::VmOf(int fd) {
  const auto file = FileOf<VmFile>(*task_, fd);
  return file != nullptr ? file->vm() : nullptr;
}

std::shared_ptr<GuestMemfd> World::GuestMemfdOf(int fd) { return FileOf<GuestMemfd>(*task_, fd); }

}  // namespace kvm_model::hostile
