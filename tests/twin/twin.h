// The twin: everything that memory can do, a second time and as plainly as possible.
//
// It is written from the facts about the kernel alone and shares no code with the model, so that
// the two can be held against each other: what both answer alike has been derived twice. Each check
// is one line, in the kernel's order; where an ioctl has many, they are numbered.
//
// What it takes for granted: x86 or arm64 with pages of 4096 bytes, small worlds, one call at a
// time. Everything is a std::map or a std::vector; there are no locks. Numbers may be any 64-bit
// number. ENOSYS, which no call of KVM's answers, means that the twin doesn't have something.
//
// Offsets, addresses and sizes are bytes unless a name says pages.
#ifndef KVM_MODEL_TESTS_TWIN_TWIN_H_
#define KVM_MODEL_TESTS_TWIN_TWIN_H_

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "tests/twin/history.h"
#include "tests/twin/host.h"
#include "tests/twin/page.h"
#include "tests/twin/state.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model::twin {

template <typename T = void>
using Result = std::expected<T, uapi::Errno>;
using Failure = std::unexpected<uapi::Errno>;

// What a program's own access dies with.
enum class Signal : std::uint8_t { kSigbus, kSigsegv };

// How the guest addresses memory; kAuto: as guests of its VM type do.
enum class Addressing : std::uint8_t { kAuto, kShared, kPrivate };

// What a guest's access leads to.
struct MmioExit {};
struct MemoryFaultExit {
  std::uint64_t gpa = 0;
  bool is_private = false;  // The access, not the page.
  uapi::Errno error{};
};
using GuestAccess = std::variant<Place, MmioExit, MemoryFaultExit, uapi::Errno>;

// Pages in order, as runs without a value.
using Pages = std::vector<Run>;

class Twin {
 public:
  explicit Twin(const Host& host) : host_(host) { processes_.try_emplace(0); }

  // ---- Descriptors and processes (twin_files.cc) ----
  Result<int> Open(ProcessId process);
  Result<int> CreateVm(ProcessId process, int kvm, std::uint64_t type);
  Result<int> CreateVcpu(ProcessId process, int vm, std::uint64_t id);
  Result<int> CreateGuestMemfd(ProcessId process, int vm, std::uint64_t size, std::uint64_t flags);
  Result<> EnableCap(ProcessId process, int fd, std::uint32_t cap, std::uint32_t flags,
                     std::uint64_t argument);
  Result<int> Dup(ProcessId process, int fd);
  Result<> Close(ProcessId process, int fd);
  ProcessId Fork(ProcessId parent);
  bool HasProcess(ProcessId process) const { return processes_.contains(process); }
  // An ioctl whose argument, if it has one, can't be read.
  Result<> IoctlWithBadPointer(ProcessId process, int fd, std::uint32_t request);

  // ---- A process's memory (twin_memory.cc) ----
  Result<std::uint64_t> Mmap(ProcessId process, std::uint64_t size, std::uint64_t prot,
                             std::uint64_t flags, int fd, std::uint64_t offset);
  Result<> Munmap(ProcessId process, std::uint64_t address, std::uint64_t size);
  Result<> Madvise(ProcessId process, std::uint64_t address, std::uint64_t size,
                   std::uint64_t advice);
  // The byte that a program's access finds.
  std::expected<Place, Signal> HostAccess(ProcessId process, std::uint64_t address, bool write);
  // The number of the pin.
  std::expected<std::uint64_t, Signal> Pin(ProcessId process, std::uint64_t address);
  Result<> Unpin(ProcessId process, std::uint64_t pin);
  bool IsMapped(ProcessId process, std::uint64_t address) const;
  // In pages of the mapping. EFAULT where nothing is mapped. Ordinary memory always answers none.
  Result<Pages> Mapped(ProcessId process, std::uint64_t address) const;

  // ---- guest_memfd (twin_guest_memfd.cc) ----
  Result<> Fallocate(ProcessId process, int fd, int mode, std::uint64_t offset, std::uint64_t size);
  Result<> Poison(ProcessId process, int fd, std::uint64_t offset);
  Result<Pages> Resident(ProcessId process, int fd) const;
  // nullopt: a byte that nobody used yet, which reads as 0.
  Result<std::optional<Place>> Peek(ProcessId process, int fd, std::uint64_t offset) const;
  // Of a guest_memfd, or of a VM's own store.
  Result<std::vector<Run>> Attributes(ProcessId process, int fd) const;

  // ---- Attributes (twin_attributes.cc) ----
  Result<> SetMemoryAttributes(ProcessId process, int fd,
                               const uapi::kvm_memory_attributes& argument);
  // Writes error_offset where KVM does.
  Result<> SetMemoryAttributes2(ProcessId process, int fd, uapi::kvm_memory_attributes2& argument);

  // ---- Capabilities (twin_capabilities.cc) ----
  // Those of memory attributes and guest_memfd, and what the numbers behind them mean here.
  Result<std::uint64_t> CheckExtension(ProcessId process, int fd, std::uint64_t cap) const;
  static bool HasCapability(std::uint64_t cap);

  // ---- Memslots and dirty logs (twin_slots.cc) ----
  Result<> SetUserMemoryRegion(ProcessId process, int vm,
                               const uapi::kvm_userspace_memory_region2& region);
  Result<> SetUserMemoryRegion2(ProcessId process, int vm,
                                const uapi::kvm_userspace_memory_region2& region);
  // The caller has room for a bitmap of `room` pages. The dirty pages of the slot.
  Result<Pages> GetDirtyLog(ProcessId process, int vm, std::uint32_t slot, std::uint64_t room);
  // `bitmap`: of the pages from `first` on; what is not in it is 0.
  Result<> ClearDirtyLog(ProcessId process, int vm, std::uint32_t slot, std::uint64_t first,
                         std::uint32_t pages, const std::vector<std::uint64_t>& bitmap,
                         std::uint64_t room);

  // ---- The guest (twin_guest.cc) ----
  GuestAccess AccessGuest(ProcessId process, int vm, std::uint64_t gpa, bool write,
                          Addressing addressing);
  // Writes back how far it got.
  Result<> PreFault(ProcessId process, int vcpu, uapi::kvm_pre_fault_memory& range);
  // The number of pages done. nullopt: what the pages are to be is in them already.
  Result<std::uint64_t> Populate(ProcessId process, int vm, std::uint64_t gpa, std::uint64_t pages,
                                 std::optional<std::uint8_t> byte);
  Result<Pages> GuestMapped(ProcessId process, int vm) const;

  // A signal is pending when the kernel looks for one the nth time from here on.
  void Interrupt(std::uint64_t n) { looks_until_signal_ = n; }

 private:
  // Looking up (twin_files.cc).
  Result<std::shared_ptr<OpenFile>> FileOf(ProcessId process, int fd) const;
  // What a file answers to an ioctl that it doesn't know.
  uapi::Errno UnknownIoctl(ProcessId process, const OpenFile& file) const;
  // The VM, for an ioctl of VMs.
  Result<std::shared_ptr<Vm>> VmForIoctl(ProcessId process, int fd) const;
  // The VM or file, for a call of the scenario language's own: any other file is ENOTTY.
  Result<std::shared_ptr<Vm>> VmOf(ProcessId process, int fd) const;
  Result<std::shared_ptr<GuestMemfd>> GuestMemfdOf(ProcessId process, int fd) const;
  // What a guest_memfd's flags may be; of any VM where `vm` is null.
  std::uint64_t FileFlags(const Vm* vm) const;
  Result<int> NewFd(ProcessId process, std::shared_ptr<OpenFile> file);
  bool FdsAreFull(ProcessId process) const;
  Result<> IoctlOnVm(std::uint32_t request) const;
  bool VmsTakeAttributes2() const;
  bool SignalIsPending();

  // Mapping and unmapping (twin_memory.cc).
  // What stands behind a mapping: filled in, but for the addresses.
  static Result<> MapAnonymous(std::uint64_t type, Area& area);
  Result<> MapFile(const std::shared_ptr<OpenFile>& file, std::uint64_t bytes, std::uint64_t prot,
                   std::uint64_t type, std::uint64_t offset, Area& area) const;
  // The MMU notifier: these user addresses no longer lead where they led.
  void UserAddressesChanged(ProcessId process, std::uint64_t start, std::uint64_t end);
  void UnmapAddresses(ProcessId process, std::uint64_t start, std::uint64_t end);
  // Takes pages of a file, or of shared memory, out of every process's page tables.
  void UnmapEverywhere(const void* backing, std::uint64_t start, std::uint64_t end);
  Result<> Advise(ProcessId process, const Area& area, std::uint64_t start, std::uint64_t end,
                  std::uint64_t advice);
  Result<> RemovePages(const Area& area, std::uint64_t start, std::uint64_t end);

  // guest_memfd (twin_guest_memfd.cc); pages.
  void PunchHole(GuestMemfd& file, std::uint64_t start, std::uint64_t end);
  Result<> Allocate(GuestMemfd& file, std::uint64_t start, std::uint64_t end);
  // Out of the page tables of all guests that have the file in a slot.
  static void ZapFilePages(const GuestMemfd& file, std::uint64_t start, std::uint64_t end,
                           Kinds kinds);

  // Attributes (twin_attributes.cc).
  // Of a VM; of all that there can be where `vm` is null.
  std::uint64_t SupportedAttributes(const Vm* vm) const;
  Result<> SetOnVm(Vm& vm, const uapi::kvm_memory_attributes2& argument) const;
  Result<> CheckConversion(const GuestMemfd& file,
                           const uapi::kvm_memory_attributes2& argument) const;
  // Pages. On failure `error_page` is the page to report.
  Result<> Convert(GuestMemfd& file, std::uint64_t start, std::uint64_t end,
                   std::uint64_t attributes, std::uint64_t mode, std::uint64_t& error_page);
  void ApplyContentMode(const GuestMemfd& file, std::uint64_t start, std::uint64_t end,
                        std::uint64_t mode) const;

  // Memslots (twin_slots.cc).
  std::uint32_t AddressSpaces(const Vm& vm) const;
  Result<> CheckRegion(const Vm& vm, const uapi::kvm_userspace_memory_region2& region) const;
  Result<> SetRegion(ProcessId process, Vm& vm, const uapi::kvm_userspace_memory_region2& region);
  Result<> CreateSlot(ProcessId process, Vm& vm, const uapi::kvm_userspace_memory_region2& region);
  Result<> ChangeSlot(Vm& vm, Slot& slot, const uapi::kvm_userspace_memory_region2& region) const;
  // Gives the slot its file.
  Result<> TakeFile(ProcessId process, Vm& vm, const uapi::kvm_userspace_memory_region2& region,
                    Slot& slot) const;
  // Of where the slot is to be.
  Result<> PrepareSlot(const Vm& vm, const Slot& slot, std::uint64_t gfn) const;
  Result<Slot*> DirtySlot(Vm& vm, std::uint32_t slot) const;

  // The guest (twin_guest.cc).
  bool IsPrivate(Vm& vm, std::uint64_t gfn) const;
  // The first byte of the page.
  GuestAccess GuestFault(Vm& vm, std::uint64_t gfn, bool write, bool is_private);
  GuestAccess FaultInFile(const Slot& slot, std::uint64_t gfn, bool is_private);
  GuestAccess FaultInUserMemory(Vm& vm, Slot& slot, std::uint64_t gfn, bool write);
  Result<> PreFaultPage(Vm& vm, std::uint64_t gfn);
  Result<> PopulatePage(Vm& vm, const Slot& slot, std::uint64_t gfn,
                        std::optional<std::uint8_t> byte) const;

  const Host host_;
  std::map<ProcessId, Process> processes_;
  std::vector<std::weak_ptr<Vm>> vms_;
  std::uint64_t looks_until_signal_ = 0;  // 0: no signal will be seen.
};

// Consecutive numbers as runs.
template <typename Numbers>
Pages RunsOf(const Numbers& numbers) {
  Pages runs;
  for (const std::uint64_t number : numbers) {
    if (!runs.empty() && runs.back().end == number) {
      ++runs.back().end;
    } else {
      runs.push_back({number, number + 1, 0});
    }
  }
  return runs;
}

}  // namespace kvm_model::twin

#endif  // KVM_MODEL_TESTS_TWIN_TWIN_H_
