// The order of the checks of what touches memory: faults of the guest, pre-faulting, populating,
// and the system calls on files and mappings, as the decision trail shows it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/falloc.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/allocation_gate.h"
#include "kvm_model/guest_fault.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/memory_calls.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/populate.h"
#include "kvm_model/shortage.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "tests/kvm_model/check_order.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using uapi::Errno;
using Settings = std::vector<SettingAssignment>;

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kLargestOffset = std::numeric_limits<std::int64_t>::max();
// Nothing is mapped there.
constexpr std::uint64_t kNowhere = 8;
constexpr std::uint64_t kMmap = uapi::kGuestMemfdFlagMmap;
constexpr std::uint64_t kShared = kMmap | uapi::kGuestMemfdFlagInitShared;

struct PreFault {
  std::string_view arch = "x86";
  Settings settings = {};
  std::uint64_t vm_type = uapi::kX86DefaultVm;
  bool in_another_process = false;
  std::uint32_t request = uapi::RequestOf("KVM_PRE_FAULT_MEMORY");
  bool unreadable = false;
  std::uint64_t failing_allocation = 0;
  uapi::kvm_pre_fault_memory args = {.gpa = 0, .size = kPage, .flags = 0, .padding = {}};

  void Make(TrailRecorder& recorder) const {
    Machine machine(arch, settings);
    const int vm = *machine.CreateVm(vm_type);
    const int vcpu = *machine.CreateVcpu(vm);
    const int file = *machine.CreateGuestMemfd(vm, 1, kShared);
    (void)machine.BindSlot(vm, 0, 0, 1, file);
    const auto child = machine.task().Fork();
    Task& task = in_another_process ? *child : machine.task();
    uapi::kvm_pre_fault_memory range = args;
    machine.kernel().allocations().FailNth(failing_allocation);
    task.SetTrailListener(&recorder);
    (void)task.Ioctl(vcpu, request,
                     unreadable ? kNowhere : reinterpret_cast<std::uint64_t>(&range));
    task.SetTrailListener(nullptr);
  }
};

TEST(MemoryCallOrderTest, PreFault) {
  using Call = PreFault;
  ExpectInOrder<Call>({
      {"the caller's mm is not the VM's", [](Call& call) { call.in_another_process = true; }},
      {"the request's type is not KVMIO", [](Call& call) { call.request = 0x1234; }},
      {"CONFIG_KVM_GENERIC_PRE_FAULT_MEMORY", [](Call& call) { call.arch = "arm64"; }},
      {"the argument can't be read", [](Call& call) { call.unreadable = true; }},
      {"flags != 0"},
      {"gpa is not page aligned"},
      {"size is not page aligned"},
      {"gpa + size <= gpa"},
      {"pre_fault_allowed is false"},
      {"the page tables are not two-dimensional"},
      {"the argument can't be written"},
  });
}

TEST(MemoryCallOrderTest, RangeOfAPreFault) {
  using Call = PreFault;
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.args.flags = 1; }},
      {"gpa is not page aligned", [](Call& call) { call.args.gpa += 1; }},
      {"size is not page aligned", [](Call& call) { call.args.size += 1; }},
      {"gpa + size <= gpa", [](Call& call) { call.args.size = 0; }},
      {"a signal is pending"},
      {"pre_fault_allowed is false", [](Call& call) { call.vm_type = uapi::kX86SnpVm; }},
      {"memory for page tables is short", [](Call& call) { call.failing_allocation = 1; }},
      {"tdp_mmu_enabled"},
      {"the page tables are not two-dimensional",
       [](Call& call) { call.settings = {{"hw.vendor", "pvm"}}; }},
  });
}

// The guest reads, or writes, the first byte of a page whose privacy its VM tracks.
struct GuestAccess {
  bool is_write = false;
  GuestAddressing addressing = GuestAddressing::kPrivate;
  bool slot = true;
  // The slot's memory: a guest_memfd, open or closed, or what the process has at an address.
  bool guest_memfd = true;
  bool closed = false;
  std::uint64_t userspace_addr = 0;
  std::uint32_t flags = 0;
  PageIndex page = 0;
  bool poisoned = false;
  std::uint64_t failing_allocation = 0;
  std::uint64_t failing_allocation_of_the_slot = 0;

  void Make(TrailRecorder& recorder) const {
    Machine machine("x86", {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}});
    const int vm = *machine.CreateVm(uapi::kX86SwProtectedVm);
    (void)machine.Convert(vm, {0, guest_memfd ? 4u : 0u}, uapi::kMemoryAttributePrivate);
    const int file = *machine.CreateGuestMemfd(vm, 2, kMmap);
    machine.kernel().allocations().FailNth(failing_allocation_of_the_slot);
    if (slot && guest_memfd) (void)machine.BindSlot(vm, 0, 0, 2, file);
    if (slot && !guest_memfd) (void)machine.SetSlot(vm, 0, 0, 2, userspace_addr, flags);
    GuestMemfdInode& inode = machine.GuestMemfdOf(file)->inode();
    if (poisoned) {
      (void)machine.Allocate(file, {0, 1});
      (void)inode.page_cache().Poison(0);
    }
    if (closed) (void)machine.task().Close(file);
    machine.kernel().allocations().FailNth(failing_allocation);
    const Trail trail(&recorder);
    Vm& of = *machine.VmOf(vm);
    if (is_write) {
      (void)GuestWrite(of, page * kPage, std::byte{1}, addressing, trail);
    } else {
      (void)GuestRead(of, page * kPage, addressing, trail);
    }
  }
};

TEST(MemoryCallOrderTest, FaultFromAGuestMemfd) {
  using Call = GuestAccess;
  ExpectInOrder<Call>({
      {"the access is private, the attributes are not, or the other way round",
       [](Call& call) { call.addressing = GuestAddressing::kShared; }},
      {"the gfn has no memslot"},
      {"the access is private, or all faults of the slot are guest_memfd's"},
      {"the slot has no open guest_memfd", [](Call& call) { call.closed = true; }},
      {"the file doesn't know of the memslot",
       [](Call& call) { call.failing_allocation_of_the_slot = 2; }},
      {"the page lies past the end of the file"},
      {"the page is poisoned", [](Call& call) { call.poisoned = true; }},
      {"memory for the page is short", [](Call& call) { call.failing_allocation = 1; }},
  });
}

struct UserMemoryAccess : GuestAccess {
  UserMemoryAccess() {
    is_write = true;
    addressing = GuestAddressing::kShared;
    guest_memfd = false;
  }
};

TEST(MemoryCallOrderTest, FaultFromUserMemory) {
  using Call = UserMemoryAccess;
  ExpectInOrder<Call>({
      {"the access is private, the attributes are not, or the other way round",
       [](Call& call) { call.addressing = GuestAddressing::kPrivate; }},
      {"the gfn has no memslot"},
      {"the access is private, or all faults of the slot are guest_memfd's"},
      {"a write to a read-only slot", [](Call& call) { call.flags = uapi::kMemReadonly; }},
      {"the user page can't be had"},
  });
}

struct PopulateCall {
  std::uint64_t vm_type = uapi::kX86SnpVm;
  std::uint64_t pages = 1;
  PageIndex gfn = 0;
  bool closed = false;
  bool poisoned = false;
  bool again = false;
  std::optional<std::byte> source = std::byte{1};
  std::uint64_t failing_allocation = 0;
  std::uint64_t flags = kMmap;

  void Make(TrailRecorder& recorder) const {
    Machine machine;
    const int vm = *machine.CreateVm(vm_type);
    const int file = *machine.CreateGuestMemfd(vm, 1, flags);
    (void)machine.BindSlot(vm, 0, 0, 1, file);
    if (poisoned) {
      (void)machine.Allocate(file, {0, 1});
      (void)machine.GuestMemfdOf(file)->inode().page_cache().Poison(0);
    }
    if (closed) (void)machine.task().Close(file);
    if (again) (void)Populate(*machine.VmOf(vm), gfn, pages, source, Trail(nullptr));
    machine.kernel().allocations().FailNth(failing_allocation);
    (void)Populate(*machine.VmOf(vm), gfn, pages, source, Trail(&recorder));
  }
};

TEST(MemoryCallOrderTest, Populate) {
  using Call = PopulateCall;
  ExpectInOrder<Call>({
      {"the VM type has no launch flow",
       [](Call& call) { call.vm_type = uapi::kX86SwProtectedVm; }},
      {"pages == 0, or more than a signed number holds", [](Call& call) { call.pages = 0; }},
      {"there is no source page", [](Call& call) { call.source.reset(); }},
      {"no guest_memfd slot holds the gfn", [](Call& call) { call.gfn = 1; }},
      {"the guest_memfd is closed", [](Call& call) { call.closed = true; }},
      {"the page lies past the end of the file"},
      {"the page is poisoned", [](Call& call) { call.poisoned = true; }},
      {"memory for the page is short", [](Call& call) { call.failing_allocation = 1; }},
      {"the page is not private", [](Call& call) { call.flags = kShared; }},
      {"the page is the guest's in the reverse map", [](Call& call) { call.again = true; }},
      {kProgramsMemoryIsShort},
      {kRoomForContentsIsShort},
      {kProgramsMemoryIsShort},
  });
}

struct MmapCall {
  std::uint64_t offset = 0;
  std::uint64_t length = kPage;
  int flags = MAP_SHARED;
  int prot = PROT_READ;
  std::uint64_t file_flags = kShared;
  bool of_a_vm = false;
  std::uint64_t failing_allocation = 0;

  void Make(TrailRecorder& recorder) const {
    Machine machine;
    const int vm = *machine.CreateVm();
    const int file = *machine.CreateGuestMemfd(vm, 1, file_flags);
    machine.kernel().allocations().FailNth(failing_allocation);
    Listen(machine, recorder,
           [&] { return machine.task().Mmap(length, prot, flags, of_a_vm ? vm : file, offset); });
  }
};

TEST(MemoryCallOrderTest, Mmap) {
  using Call = MmapCall;
  ExpectInOrder<Call>({
      {"offset is not page aligned", [](Call& call) { call.offset = 1; }},
      {"length == 0", [](Call& call) { call.length = 0; }},
      {"length > the address space", [](Call& call) { call.length = kMost; }},
      {"the end lies beyond the file's largest offset",
       [](Call& call) { call.offset = kMost & ~(kPage - 1); }},
      {"no mapping type", [](Call& call) { call.flags = 0; }},
      {"PROT_EXEC where nothing may be executed", [](Call& call) { call.prot = PROT_EXEC; }},
      {"the file has no mmap operation", [](Call& call) { call.of_a_vm = true; }},
      {"memory for the area is short", [](Call& call) { call.failing_allocation = 1; }},
      {"the file has no GUEST_MEMFD_FLAG_MMAP", [](Call& call) { call.file_flags = 0; }},
      {"the mapping is not shared", [](Call& call) { call.flags = MAP_PRIVATE; }},
  });
}

struct FallocateCall {
  int mode = FALLOC_FL_KEEP_SIZE;
  std::uint64_t offset = 0;
  std::uint64_t length = kPage;
  bool on_a_vm = false;
  std::uint64_t failing_allocation = 0;

  void Make(TrailRecorder& recorder) const {
    Machine machine;
    const int vm = *machine.CreateVm();
    const int file = *machine.CreateGuestMemfd(vm, 1, kShared);
    machine.kernel().allocations().FailNth(failing_allocation);
    Listen(machine, recorder,
           [&] { return machine.task().Fallocate(on_a_vm ? vm : file, mode, offset, length); });
  }
};

TEST(MemoryCallOrderTest, Fallocate) {
  using Call = FallocateCall;
  ExpectInOrder<Call>({
      {"offset < 0 or length <= 0", [](Call& call) { call.length = 0; }},
      {"no file takes this mode", [](Call& call) { call.mode = FALLOC_FL_PUNCH_HOLE; }},
      {"not a regular file", [](Call& call) { call.on_a_vm = true; }},
      {"offset + length > 2^63-1", [](Call& call) { call.offset = kLargestOffset; }},
      {"mode lacks KEEP_SIZE", [](Call& call) { call.mode = 0; }},
      {"mode & ~(KEEP_SIZE|PUNCH_HOLE)",
       [](Call& call) { call.mode = FALLOC_FL_KEEP_SIZE | FALLOC_FL_ZERO_RANGE; }},
      {"offset or length is not page aligned", [](Call& call) { call.length = 1; }},
      {"mode has PUNCH_HOLE",
       [](Call& call) { call.mode = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE; }},
      {"offset + length > i_size", [](Call& call) { call.offset = kPage; }},
      {"memory for a page is short", [](Call& call) { call.failing_allocation = 1; }},
  });
}

// Advice and locks are given to one page of the process's own memory, or of a guest_memfd.
struct MemoryCall {
  MemoryAdvice advice = MemoryAdvice::kDontNeed;
  // Lock it, rather than give advice.
  bool lock = false;
  std::uint64_t misaligned_by = 0;
  std::uint64_t length = kPage;
  bool anonymous = false;
  bool shared = false;
  bool locked = false;
  int prot = PROT_READ | PROT_WRITE;
  std::uint64_t file_flags = kShared;

  void Make(TrailRecorder& recorder) const {
    Machine machine;
    Task& task = machine.task();
    const int file = *machine.CreateGuestMemfd(*machine.CreateVm(), 1, file_flags);
    const int own = MAP_ANONYMOUS | (shared ? MAP_SHARED : MAP_PRIVATE);
    const int flags = anonymous ? own : MAP_SHARED;
    const std::uint64_t address = *task.Mmap(kPage, prot, flags, anonymous ? -1 : file, 0);
    if (locked) (void)task.Mlock(address, kPage);
    Listen(machine, recorder, [&] {
      return lock ? task.Mlock(address, length)
                  : task.Madvise(address + misaligned_by, length, advice);
    });
  }
};

TEST(MemoryCallOrderTest, MadviseDontNeed) {
  using Call = MemoryCall;
  ExpectInOrder<Call>({
      {"address is not page aligned", [](Call& call) { call.misaligned_by = 1; }},
      {"the length wraps around", [](Call& call) { call.length = kMost; }},
      {"the end wraps around", [](Call& call) { call.length = kMost - kPage; }},
      {"no page", [](Call& call) { call.length = 0; }},
      {"the memory is locked", [](Call& call) { call.locked = true; }},
      {"part of it is not mapped"},
  });
}

TEST(MemoryCallOrderTest, MadviseRemove) {
  struct Call : MemoryCall {
    Call() { advice = MemoryAdvice::kRemove; }
  };
  ExpectInOrder<Call>({
      {"the memory is locked", [](Call& call) { call.locked = true; }},
      {"no file is mapped", [](Call& call) { call.anonymous = true; }},
      {"the mapping is private"},
      {"offset < 0 or length <= 0"},
      {"mode lacks KEEP_SIZE"},
      {"part of it is not mapped"},
  });
}

struct OwnSharedMemory : MemoryCall {
  OwnSharedMemory() { anonymous = shared = true; }
};

TEST(MemoryCallOrderTest, MadviseDontNeedOfOwnSharedMemory) {
  using Call = OwnSharedMemory;
  ExpectInOrder<Call>({
      {"the memory is locked", [](Call& call) { call.locked = true; }},
      {"part of it is not mapped"},
  });
}

TEST(MemoryCallOrderTest, MadviseRemoveOfOwnSharedMemory) {
  struct Call : OwnSharedMemory {
    Call() { advice = MemoryAdvice::kRemove; }
  };
  ExpectInOrder<Call>({
      {"the memory is locked", [](Call& call) { call.locked = true; }},
      {"no file is mapped", [](Call& call) { call.shared = false; }},
      {"the mapping is private"},
      {"part of it is not mapped"},
  });
}

TEST(MemoryCallOrderTest, MlockOfOwnMemoryFaultsNothingIn) {
  MemoryCall call;
  call.lock = call.anonymous = true;
  constexpr OrderedCheck<MemoryCall> kQuestions[] = {
      {"the mapping takes no access"},
      {"the page can't be faulted in"},
  };
  EXPECT_EQ(Asked<MemoryCall>(call, kQuestions),
            std::vector<std::string>{"the mapping takes no access"});
}

TEST(MemoryCallOrderTest, Mlock) {
  struct Call : MemoryCall {
    Call() { lock = true; }
  };
  ExpectInOrder<Call>({
      {"the end wraps around", [](Call& call) { call.length = kMost - kPage; }},
      {"no page", [](Call& call) { call.length = 0; }},
      {"part of it is not mapped", [](Call& call) { call.length = 2 * kPage; }},
      {"the mapping takes no access", [](Call& call) { call.prot = PROT_NONE; }},
      {"the page can't be faulted in", [](Call& call) { call.file_flags = kMmap; }},
  });
}

// A conversion of a file's first page, and what supports its content mode.
struct Conversion {
  uapi::kvm_memory_attributes2 args = Valid();
  std::uint64_t failing_allocation = 0;

  static uapi::kvm_memory_attributes2 Valid() {
    uapi::kvm_memory_attributes2 args{};
    args.size = kPage;
    args.attributes = uapi::kMemoryAttributePrivate;
    args.flags = uapi::kSetMemoryAttributes2Preserve;
    return args;
  }

  void Make(TrailRecorder& recorder) const {
    Machine machine;
    const int file =
        *machine.CreateGuestMemfd(*machine.CreateVm(uapi::kX86SwProtectedVm), 1, kShared);
    const auto pin = machine.task().Pin(*machine.Map(file, 1));
    uapi::kvm_memory_attributes2 copy = args;
    machine.kernel().allocations().FailNth(failing_allocation);
    Listen(machine, recorder, [&] {
      return machine.task().Ioctl(file, machine.Request(uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES2")),
                                  &copy);
    });
  }
};

TEST(MemoryCallOrderTest, Conversion) {
  using Call = Conversion;
  ExpectInOrder<Call>({
      {"size == 0", [](Call& call) { call.args.size = 0; }},
      {"offset + size wraps",
       [](Call& call) { call.args.size = 0 - kPage, call.args.offset = 2 * kPage; }},
      {"mode == UNSPECIFIED"},
      {"mode == ZERO, to private",
       [](Call& call) { call.args.flags = uapi::kSetMemoryAttributes2Zero; }},
      {"kvm_arch_gmem_supported_content_modes(kvm) & mode"},
      {"the whole range has these attributes already",
       [](Call& call) { call.args.attributes = 0; }},
      {"memory for the tree's nodes is short", [](Call& call) { call.failing_allocation = 1; }},
      {"a page has unexpected references"},
  });
}

TEST(MemoryCallOrderTest, AMemoryErrorLooksForThePageFirst) {
  Machine machine;
  const int file = *machine.CreateGuestMemfd(*machine.CreateVm(), 1, kMmap);
  const auto trail_of = [&](PageIndex page) {
    TrailRecorder recorder;
    EXPECT_THAT(machine.GuestMemfdOf(file)->MemoryError(page, Trail(&recorder)),
                FailsWith(Errno::kENOENT));
    return recorder.ToText();
  };
  EXPECT_EQ(trail_of(0),
            "kvm_gmem_error_folio()\n"
            "  the page lies past the end of the file: no (page=0)\n"
            "  the page is a hole: yes (page=0)\n"
            "  = ENOENT\n");
  EXPECT_EQ(trail_of(1),
            "kvm_gmem_error_folio()\n"
            "  the page lies past the end of the file: yes (page=1)\n"
            "  = ENOENT\n");
}

TEST(MemoryCallOrderTest, PunchingPastTheEndOfAFileHasNoEffect) {
  Machine machine;
  const int file = *machine.CreateGuestMemfd(*machine.CreateVm(), 1, kMmap);
  TrailRecorder recorder;
  Listen(machine, recorder, [&] { return machine.PunchHole(file, {1, 2}); });
  for (const TrailStep& step : recorder.steps()) {
    EXPECT_NE(step.kind, TrailStep::Kind::kEffect) << step.text;
  }
}

}  // namespace
}  // namespace kvm_model
