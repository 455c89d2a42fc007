// StressWorld's calls on VMs, vCPUs, devices and dirty logs.
#include <fcntl.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>
#include <variant>

#include "kvm_model/guest_fault.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vcpu.h"
#include "kvm_model/vm.h"
#include "tests/concurrency/stress_world.h"
#include "tests/kvm_model/machine.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {

using uapi::Errno;

void StressWorld::OpenTheDevice(std::mt19937_64&) {
  const auto device = machine_.task().Open("/dev/kvm", O_RDWR | O_CLOEXEC);
  Require(device.has_value());
  if (!device) return;
  Require(machine_.Check(*device, uapi::Cap("KVM_CAP_IRQCHIP")).has_value());
  Require(machine_.task().CloseOnExec(*device).value_or(false));
  Require(machine_.task().Close(*device).has_value());
}

void StressWorld::ComeAndGoWithAVm(std::mt19937_64& random) {
  const auto vm = machine_.CreateVm(VmTypeFor(kind_));
  Require(vm.has_value());
  if (!vm) return;
  // The default arm64 host's GICv3 is no GICv2.
  const Result<std::int64_t> irqchip = machine_.CreateIrqchip(*vm);
  if (kind_ == Kind::kArm64) {
    RequireFails(irqchip, Errno::kENODEV);
  } else {
    Require(irqchip.has_value());
  }
  Require(
      machine_.EnableCap(*vm, uapi::Cap("KVM_CAP_DIRTY_LOG_RING_ACQ_REL"), 1U << 16).has_value());
  // Takes the slots lock too.
  const Result<std::int64_t> with_bitmap =
      machine_.EnableCap(*vm, uapi::Cap("KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP"));
  Require(with_bitmap.has_value() == (kind_ == Kind::kArm64));
  Require(machine_.SetSlot(*vm, 0, 0, kPages, own_memory_).has_value());
  const auto vcpu = machine_.CreateVcpu(*vm);
  Require(vcpu.has_value());
  Require(machine_.Check(*vm, uapi::Cap("KVM_CAP_MAX_VCPUS")).has_value());
  const std::uint64_t gpa = random() % kPages * machine_.page_size();
  Require(std::holds_alternative<std::byte>(GuestWrite(
      *machine_.VmOf(*vm), gpa, std::byte{1}, GuestAddressing::kShared, Trail(&listener_))));
  // The vCPU holds on to its VM.
  const bool vcpu_first = random() % 2 == 0;
  if (vcpu && vcpu_first) Require(machine_.task().Close(*vcpu).has_value());
  Require(machine_.task().Close(*vm).has_value());
  if (vcpu && !vcpu_first) Require(machine_.task().Close(*vcpu).has_value());
}

void StressWorld::MakeAVcpu(std::mt19937_64& random) {
  constexpr std::uint64_t kIds = 256;
  const auto vcpu = machine_.CreateVcpu(vm_fd_, random() % kIds);
  RequireDoneOr(vcpu, Errno::kEEXIST);
  if (!vcpu) return;
  ++made_vcpus_;
  Require(machine_.task().Close(*vcpu).has_value());
}

void StressWorld::UseTheVcpu(std::mt19937_64& random) {
  const std::uint64_t gpa = random() % (4 * kFirstGfn) * machine_.page_size();
  const auto addressing = static_cast<GuestAddressing>(random() % 3);
  const std::uint32_t run = machine_.Request(uapi::Ioctl("KVM_RUN"));
  const auto immediate_exit = run_address_ + offsetof(uapi::kvm_run, immediate_exit);
  uapi::kvm_pre_fault_memory range{};
  range.gpa = gpa;
  range.size = machine_.page_size();
  switch (random() % 5) {
    case 0:
      RequireFails(machine_.task().Ioctl(vcpu_fd_, run, std::uint64_t{1}), Errno::kEINVAL);
      break;
    case 1:
      // It stays set, whatever exits others leave beside it.
      Require(machine_.task().HostWrite(immediate_exit, std::byte{1}).has_value());
      RequireFails(machine_.task().Ioctl(vcpu_fd_, run, std::uint64_t{0}), Errno::kEINTR);
      break;
    case 2:
      (void)machine_.task().Ioctl(vcpu_fd_, machine_.Request(uapi::Ioctl("KVM_PRE_FAULT_MEMORY")),
                                  &range);
      break;
    case 3:
      (void)vcpu_->Read(gpa, addressing, Trail(&listener_));
      (void)vcpu_->Write(gpa, static_cast<std::byte>(random()), addressing, Trail(&listener_));
      break;
    default: {
      const auto address =
          machine_.task().Mmap(machine_.page_size(), PROT_READ, MAP_SHARED, vcpu_fd_, 0);
      Require(address.has_value() && machine_.task().HostRead(*address).has_value());
      if (address) Require(machine_.task().Munmap(*address, machine_.page_size()).has_value());
    }
  }
}

void StressWorld::EnableACapability(std::mt19937_64& random) {
  Require(machine_.EnableCap(vm_fd_, uapi::Cap("KVM_CAP_HALT_POLL"), random() % 1000).has_value());
  RequireFails(machine_.EnableCap(vm_fd_, uapi::Cap("KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP")),
               Errno::kEINVAL);
}

void StressWorld::MakeADevice(std::mt19937_64& random) {
  const bool its = random() % 2 == 0;
  const auto device =
      machine_.CreateDevice(vm_fd_, its ? uapi::kDevTypeArmVgicIts : uapi::kDevTypeArmVgicV3);
  if (kind_ != Kind::kArm64) {
    RequireFails(device, Errno::kENODEV);
    return;
  }
  // A VM has one GIC, and as many ITSes as it likes.
  Require(device.has_value() || (!its && device.error() == Errno::kEEXIST));
  if (device) Require(machine_.task().Close(*device).has_value());
}

void StressWorld::LogDirtyPages(std::mt19937_64& random) {
  constexpr std::uint64_t kManual[] = {
      0, uapi::kDirtyLogManualProtectEnable,
      uapi::kDirtyLogManualProtectEnable | uapi::kDirtyLogInitiallySet};
  Require(machine_
              .EnableCap(vm_fd_, uapi::Cap("KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2"),
                         kManual[random() % std::size(kManual)])
              .has_value());
  const std::uint32_t flags = random() % 2 == 0 ? uapi::kMemLogDirtyPages : 0;
  Require(machine_.SetSlot(vm_fd_, kLoggedSlot, kLoggedGfn, kOrdinaryPages, own_memory_, flags)
              .has_value());
  const std::uint64_t gpa = (kLoggedGfn + random() % kOrdinaryPages) * machine_.page_size();
  Require(std::holds_alternative<std::byte>(
      GuestWrite(*vm_, gpa, std::byte{7}, GuestAddressing::kShared, Trail(&listener_))));
  std::uint64_t bits = 0;
  uapi::kvm_dirty_log log{};
  log.slot = kLoggedSlot;
  log.dirty_bitmap = reinterpret_cast<std::uint64_t>(&bits);
  // Another thread may have switched the log off.
  RequireDoneOr(
      machine_.task().Ioctl(vm_fd_, machine_.Request(uapi::Ioctl("KVM_GET_DIRTY_LOG")), &log),
      Errno::kENOENT);
  Require(bits >> kOrdinaryPages == 0);
  uapi::kvm_clear_dirty_log clear{};
  clear.slot = kLoggedSlot;
  clear.num_pages = kOrdinaryPages;
  clear.dirty_bitmap = log.dirty_bitmap;
  RequireDoneOr(
      machine_.task().Ioctl(vm_fd_, machine_.Request(uapi::Ioctl("KVM_CLEAR_DIRTY_LOG")), &clear),
      Errno::kENOENT);
}

void StressWorld::TouchReadOnlyMemory(std::mt19937_64& random) {
  const std::uint64_t gpa = (kReadOnlyGfn + random() % kOrdinaryPages) * machine_.page_size();
  Require(std::holds_alternative<MmioExit>(
      GuestWrite(*vm_, gpa, std::byte{1}, GuestAddressing::kShared, Trail(&listener_))));
  const auto read = GuestRead(*vm_, gpa, GuestAddressing::kShared, Trail(&listener_));
  const auto* const byte = std::get_if<std::byte>(&read);
  Require(kind_ == Kind::kSnp ? std::holds_alternative<MmioExit>(read)
                              : byte != nullptr && *byte == kConstant);
}

}  // namespace kvm_model
