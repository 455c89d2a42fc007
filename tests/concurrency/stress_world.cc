#include "tests/concurrency/stress_world.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>
#include <source_location>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "kvm_model/attribute_map.h"
#include "kvm_model/guest_fault.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/host.h"
#include "kvm_model/memory_attributes.h"
#include "kvm_model/memory_calls.h"
#include "kvm_model/mm.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/populate.h"
#include "kvm_model/result.h"
#include "kvm_model/setting.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "tests/kvm_model/machine.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/header_version.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using uapi::Errno;
using uapi::kMemoryAttributePrivate;

constexpr std::uint64_t kModes[] = {uapi::kSetMemoryAttributes2ModeUnspecified,
                                    uapi::kSetMemoryAttributes2Zero,
                                    uapi::kSetMemoryAttributes2Preserve};

PageRange RandomRange(std::mt19937_64& random) {
  const PageIndex start = random() % StressWorld::kPages;
  return {start, start + 1 + random() % (StressWorld::kPages - start)};
}

std::string_view ArchFor(StressWorld::Kind kind) {
  return kind == StressWorld::Kind::kArm64 ? "arm64" : "x86";
}

std::vector<SettingAssignment> SettingsFor(StressWorld::Kind kind) {
  if (kind != StressWorld::Kind::kVm) return {};
  return {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}};
}

// INIT_SHARED is for hosts whose guest_memfds keep the attributes.
std::uint64_t FlagsFor(StressWorld::Kind kind) {
  return uapi::kGuestMemfdFlagMmap |
         (kind != StressWorld::Kind::kVm ? uapi::kGuestMemfdFlagInitShared : 0);
}

}  // namespace

StressWorld::StressWorld(Kind kind)
    : kind_(kind),
      machine_(ArchFor(kind), SettingsFor(kind)),
      vm_fd_(machine_.CreateVm(VmTypeFor(kind)).value()),
      file_fd_(machine_.CreateGuestMemfd(vm_fd_, kPages, FlagsFor(kind)).value()),
      vm_(machine_.VmOf(vm_fd_)),
      inode_(machine_.GuestMemfdOf(file_fd_)->inode()),
      address_(machine_.Map(file_fd_, kPages).value()),
      vcpu_fd_(machine_.CreateVcpu(vm_fd_, 0).value()),
      vcpu_(machine_.VcpuOf(vcpu_fd_)),
      run_address_(machine_.task()
                       .Mmap(machine_.page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, vcpu_fd_, 0)
                       .value()),
      own_memory_(MapOwnMemory()),
      constant_memory_(MapOwnMemory()) {
  machine_.task().SetTrailListener(&listener_);
  Require(machine_.BindSlot(vm_fd_, 0, kFirstGfn, kPages, file_fd_).has_value());
  Require(
      machine_.SetSlot(vm_fd_, kLoggedSlot, kLoggedGfn, kOrdinaryPages, own_memory_).has_value());
  for (PageIndex page = 0; page < kOrdinaryPages; ++page) {
    Require(machine_.task()
                .HostWrite(constant_memory_ + page * machine_.page_size(), kConstant)
                .has_value());
  }
  // An SNP VM, whose state is protected, has no such slots.
  const Result<std::int64_t> read_only = machine_.SetSlot(
      vm_fd_, kReadOnlySlot, kReadOnlyGfn, kOrdinaryPages, constant_memory_, uapi::kMemReadonly);
  Require(read_only.has_value() == (kind != Kind::kSnp));
}

StressWorld::~StressWorld() {
  (void)machine_.task().Munmap(address_, kPages * machine_.page_size());
  (void)machine_.task().Munmap(run_address_, machine_.page_size());
}

std::uint64_t StressWorld::VmTypeFor(Kind kind) {
  switch (kind) {
    case Kind::kGuestMemfd:
    case Kind::kVm:
      return uapi::kX86SwProtectedVm;
    case Kind::kSnp:
      return uapi::kX86SnpVm;
    case Kind::kArm64:
      break;
  }
  return 0;
}

std::uint64_t StressWorld::MapOwnMemory() {
  return machine_.task()
      .Mmap(kPages * machine_.page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
            0)
      .value();
}

void StressWorld::Require(bool holds, std::source_location where) {
  if (holds || surprises_++ != 0) return;
  ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line())) << "no such answer is allowed";
}

void StressWorld::MakeACall(std::mt19937_64& random) {
  constexpr void (StressWorld::* kCalls[])(std::mt19937_64&) = {
      &StressWorld::Convert,
      &StressWorld::Convert,
      &StressWorld::TouchAsHost,
      &StressWorld::TouchAsHost,
      &StressWorld::TouchAsGuest,
      &StressWorld::TouchAsGuest,
      &StressWorld::Pin,
      &StressWorld::PreFault,
      &StressWorld::Ask,
      &StressWorld::ComeAndGoWithAFile,
      &StressWorld::ChangeASlot,
      &StressWorld::PunchOrAllocate,
      &StressWorld::MapForAMoment,
      &StressWorld::ForkAndTouch,
      &StressWorld::CopyADescriptor,
      &StressWorld::OpenTheDevice,
      &StressWorld::ComeAndGoWithAVm,
      &StressWorld::MakeAVcpu,
      &StressWorld::UseTheVcpu,
      &StressWorld::EnableACapability,
      &StressWorld::MakeADevice,
      &StressWorld::LogDirtyPages,
      &StressWorld::TouchReadOnlyMemory,
      &StressWorld::Advise,
      &StressWorld::Poison,
      &StressWorld::PopulatePages,
  };
  (this->*kCalls[random() % std::size(kCalls)])(random);
}

void StressWorld::Convert(std::mt19937_64& random) {
  const PageRange range = RandomRange(random);
  const std::uint64_t attributes = random() % 2 * kMemoryAttributePrivate;
  const std::uint64_t mode = kModes[random() % std::size(kModes)];
  if (kind_ == Kind::kVm) {
    const PageRange gfns{kFirstGfn + range.start, kFirstGfn + range.end};
    Require(machine_.Convert(vm_fd_, gfns, attributes).has_value());
    return;
  }
  const Result<std::int64_t> converted = machine_.Convert(file_fd_, range, attributes, mode);
  if (kind_ == Kind::kArm64 && attributes != 0) {
    RequireFails(converted, Errno::kEINVAL);
    return;
  }
  // A page is pinned or poisoned; the mode is not for private pages, or not for the VM's type.
  Require(converted.has_value() || converted.error() == Errno::kEAGAIN ||
          converted.error() == Errno::kEOPNOTSUPP);
}

void StressWorld::TouchAsHost(std::mt19937_64& random) {
  const std::uint64_t address = AddressOf(random() % kPages);
  if (random() % 2 == 0) {
    (void)machine_.task().HostRead(address);
  } else {
    (void)machine_.task().HostWrite(address, static_cast<std::byte>(random()));
  }
}

void StressWorld::TouchAsGuest(std::mt19937_64& random) {
  // The gfns of other slots too.
  const std::uint64_t gpa = random() % (4 * kFirstGfn) * machine_.page_size();
  const auto addressing = static_cast<GuestAddressing>(random() % 3);
  if (random() % 2 == 0) {
    (void)GuestRead(*vm_, gpa, addressing, Trail(&listener_));
  } else {
    (void)GuestWrite(*vm_, gpa, static_cast<std::byte>(random()), addressing, Trail(&listener_));
  }
}

void StressWorld::Pin(std::mt19937_64& random) {
  (void)machine_.task().Pin(AddressOf(random() % kPages));
}

void StressWorld::PreFault(std::mt19937_64& random) {
  uapi::kvm_pre_fault_memory range{};
  range.gpa = (kFirstGfn + random() % kPages) * machine_.page_size();
  range.size = (1 + random() % 4) * machine_.page_size();
  (void)PreFaultMemory(*vm_, range, Trail(&listener_));
}

void StressWorld::Ask(std::mt19937_64& random) {
  constexpr auto kFlags =
      uapi::Cap("KVM_CAP_MEMORY_ATTRIBUTES2_FLAGS", uapi::HeaderVersion::kRfcV4);
  Require(machine_.Check(vm_fd_, kFlags).has_value());
  Require(machine_.Check(machine_.kvm(), kFlags).has_value());
  Require(inode_.page_cache().ResidentRuns().size() <= kPages);
  const ReaderLock lock(vm_->slots_lock());
  (void)GfnAttributes(*vm_, kFirstGfn + random() % kPages, Trail(&listener_));
}

void StressWorld::ComeAndGoWithAFile(std::mt19937_64& random) {
  const auto file = machine_.CreateGuestMemfd(vm_fd_, 4, FlagsFor(kind_));
  Require(file.has_value());
  if (!file) return;
  const auto slot = static_cast<std::uint32_t>(1 + random() % 2);
  const bool bound = machine_.BindSlot(vm_fd_, slot, 32 + 4 * slot, 4, *file).has_value();
  const auto address = machine_.Map(*file, 4);
  Require(address.has_value());
  (void)machine_.task().HostWrite(*address, std::byte{1});
  (void)machine_.Convert(*file, {0, 2}, kMemoryAttributePrivate);
  // Closed before it is unmapped, or after.
  const bool close_first = random() % 2 == 0;
  if (close_first) Require(machine_.task().Close(*file).has_value());
  Require(machine_.task().Munmap(*address, 4 * machine_.page_size()).has_value());
  if (!close_first) Require(machine_.task().Close(*file).has_value());
  if (bound) (void)machine_.SetSlot(vm_fd_, slot, 32 + 4 * slot, 0);
}

void StressWorld::ChangeASlot(std::mt19937_64& random) {
  if (random() % 4 == 0) {
    // The lasting file's slot goes for a moment.
    const bool deleted = machine_.SetSlot(vm_fd_, 0, kFirstGfn, 0).has_value();
    if (deleted) {
      Require(machine_.BindSlot(vm_fd_, 0, kFirstGfn, kPages, file_fd_).has_value());
    }
    return;
  }
  // Made, moved or, when another thread made it, refused; and deleted.
  const auto slot = static_cast<std::uint32_t>(3 + random() % 2);
  const PageIndex gfn = 48 + 4 * (random() % 3);
  const std::uint32_t flags = random() % 4 == 0 ? uapi::kMemReadonly : 0;
  (void)machine_.SetSlot(vm_fd_, slot, gfn, 4, own_memory_, flags);
  if (random() % 2 == 0) (void)machine_.SetSlot(vm_fd_, slot, gfn, 0);
}

void StressWorld::PunchOrAllocate(std::mt19937_64& random) {
  const PageRange range = RandomRange(random);
  if (random() % 2 == 0) {
    Require(machine_.PunchHole(file_fd_, range).has_value());
  } else {
    Require(machine_.Allocate(file_fd_, range).has_value());
  }
}

void StressWorld::MapForAMoment(std::mt19937_64& random) {
  const auto address = machine_.Map(file_fd_, kPages);
  Require(address.has_value());
  if (!address) return;
  const std::uint64_t page_size = machine_.page_size();
  (void)machine_.task().HostRead(*address + random() % kPages * page_size);
  if (random() % 2 == 0) {
    RequireDoneOr(machine_.task().Mlock(*address, 3 * page_size), Errno::kENOMEM);
    RequireFails(machine_.task().Madvise(*address, page_size, MemoryAdvice::kDontNeed),
                 Errno::kEINVAL);
  }
  // In two pieces.
  Require(machine_.task().Munmap(*address + 2 * page_size, 2 * page_size).has_value());
  Require(machine_.task().Munmap(*address, kPages * page_size).has_value());
  Require(!machine_.task().HostRead(*address).has_value());
}

void StressWorld::ForkAndTouch(std::mt19937_64& random) {
  const auto child = machine_.task().Fork();
  (void)child->HostRead(AddressOf(random() % kPages));
}

void StressWorld::CopyADescriptor(std::mt19937_64& random) {
  const int originals[] = {machine_.kvm(), vm_fd_, file_fd_, vcpu_fd_};
  const auto copy = machine_.task().Dup(originals[random() % std::size(originals)]);
  Require(copy.has_value());
  if (!copy) return;
  Require((machine_.task().StatusFlags(*copy).value_or(0) & O_ACCMODE) == O_RDWR);
  Require(!machine_.task().CloseOnExec(*copy).value_or(true));
  Require(machine_.task().Close(*copy).has_value());
}

void StressWorld::Advise(std::mt19937_64& random) {
  const PageRange range = RandomRange(random);
  const std::uint64_t bytes = range.pages() * machine_.page_size();
  const MemoryAdvice advice = random() % 2 == 0 ? MemoryAdvice::kDontNeed : MemoryAdvice::kRemove;
  Require(machine_.task().Madvise(AddressOf(range.start), bytes, advice).has_value());
  // What guests without a file have, goes too.
  Require(machine_.task().Madvise(own_memory_, bytes, MemoryAdvice::kDontNeed).has_value());
}

// A hole cures the page.
void StressWorld::Poison(std::mt19937_64& random) {
  const PageIndex page = random() % kPages;
  RequireDoneOr(machine_.GuestMemfdOf(file_fd_)->MemoryError(page, Trail(&listener_)),
                Errno::kENOENT);
  Require(machine_.PunchHole(file_fd_, {page, page + 1}).has_value());
}

void StressWorld::PopulatePages(std::mt19937_64& random) {
  const Result<std::int64_t> populated =
      Populate(*vm_, kFirstGfn + random() % kPages, 1 + random() % 3,
               static_cast<std::byte>(random()), Trail(&listener_));
  // The pages may be shared, poisoned, the guest's already, or without a slot for the moment.
  constexpr Errno kMayBe[] = {Errno::kEINVAL, Errno::kEHWPOISON, Errno::kEEXIST};
  Require(populated.has_value() ? kind_ == Kind::kSnp
                                : std::ranges::find(kMayBe, populated.error()) != std::end(kMayBe));
}

void StressWorld::ExpectOrder() {
  EXPECT_EQ(surprises_, 0);
  std::vector<PageRange> mapped;
  for (const Mm::Area& area :
       machine_.task().mm().AreasIn(address_, address_ + kPages * machine_.page_size())) {
    const std::vector<PageRange> runs = area.mapping->Mapped();
    mapped.insert(mapped.end(), runs.begin(), runs.end());
  }
  const GuestMemfdInode& inode = inode_;
  const Vm& vm = *vm_;
  const MutexLock state(vm.state_lock());
  EXPECT_EQ(vm.state().vcpu_ids.size(), made_vcpus_);
  const ReaderLock slots(vm.slots_lock());
  const ReaderLock lock(inode.invalidate_lock());
  std::string why;
  EXPECT_TRUE(vm.gfn_attributes().CheckInvariants(&why)) << why;
  EXPECT_TRUE(inode.attributes().CheckInvariants(&why)) << why;
  std::uint64_t resident = 0;
  for (const PageRange& run : inode.page_cache().ResidentRuns()) resident += run.pages();
  EXPECT_EQ(resident, inode.page_cache().resident_pages());
  for (const PageRange& run : mapped) {
    for (PageIndex page = run.start; page < run.end; ++page) {
      EXPECT_TRUE(inode.page_cache().resident(page)) << page << " is mapped by the process";
      EXPECT_FALSE(kind_ != Kind::kVm && inode.IsPrivate(page))
          << page << " is private and mapped by the process";
    }
  }
  for (const PageRange& run : vm.MappedStage2()) {
    for (PageIndex gfn = run.start; gfn < run.end; ++gfn) {
      EXPECT_NE(vm.slots().Containing(0, gfn), nullptr) << "gfn " << gfn << " is mapped";
    }
  }
}

}  // namespace kvm_model
