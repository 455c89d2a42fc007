#include "tests/concurrency/recorded_world.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>
#include <span>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "kvm_model/guest_fault.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/host.h"
#include "kvm_model/memory_attributes.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/result.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "tests/concurrency/file_state.h"
#include "tests/concurrency/linearizability.h"
#include "tests/concurrency/yielding_listener.h"
#include "tests/kvm_model/machine.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using Kind = Operation::Kind;
using Outcome = Answer::Outcome;

constexpr PageIndex kFirstGfn = 32;

std::vector<SettingAssignment> SettingsFor(AttributeStore store) {
  if (store == AttributeStore::kGuestMemfd) return {};
  return {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}};
}

std::uint64_t FlagsFor(AttributeStore store) {
  return uapi::kGuestMemfdFlagMmap |
         (store == AttributeStore::kGuestMemfd ? uapi::kGuestMemfdFlagInitShared : 0);
}

template <typename T>
Answer DoneOr(const Result<T>& result) {
  if (result) return {};
  return {Outcome::kErrno, static_cast<std::uint64_t>(result.error())};
}

}  // namespace

RecordedWorld::RecordedWorld(AttributeStore store, std::size_t pages)
    : store_(store),
      pages_(pages),
      machine_("x86", SettingsFor(store)),
      vm_fd_(machine_.CreateVm(uapi::kX86SwProtectedVm).value()),
      file_fd_(machine_.CreateGuestMemfd(vm_fd_, pages, FlagsFor(store)).value()),
      vm_(machine_.VmOf(vm_fd_)),
      inode_(machine_.GuestMemfdOf(file_fd_)->inode()),
      address_(machine_.Map(file_fd_, pages).value()) {
  machine_.task().SetTrailListener(&listener_);
  (void)machine_.BindSlot(vm_fd_, 0, kFirstGfn, pages_, file_fd_);
}

RecordedWorld::~RecordedWorld() {
  (void)machine_.task().Munmap(address_, pages_ * machine_.page_size());
}

FileState RecordedWorld::Look() {
  FileState state;
  state.store = store_;
  state.size = pages_;
  const std::uint64_t attributes = AttributesAtOnce(0, pages_ - 1);
  const ReaderLock slots(vm_->slots_lock());
  state.slot = !vm_->slots().empty();
  const ReaderLock lock(inode_.invalidate_lock());
  PageCache& cache = inode_.page_cache();
  for (std::size_t i = 0; i < pages_; ++i) {
    std::byte byte{};
    cache.Read(i, 0, std::span(&byte, 1));
    state.pages[i] = {std::to_integer<std::uint8_t>(byte), (attributes >> i & 1) != 0,
                      cache.resident(i),
                      cache.FirstBusy({i, i + 1}, /*in_stages=*/false).first_busy.has_value()};
  }
  return state;
}

Answer RecordedWorld::GuestAccess(const Operation& operation) {
  const std::uint64_t gpa = (kFirstGfn + operation.first) * machine_.page_size();
  const auto addressing =
      operation.addressing == Operation::Addressing::kAuto     ? GuestAddressing::kAuto
      : operation.addressing == Operation::Addressing::kShared ? GuestAddressing::kShared
                                                               : GuestAddressing::kPrivate;
  const GuestAccessResult result =
      operation.kind == Kind::kGuestRead
          ? GuestRead(*vm_, gpa, addressing, trail_)
          : GuestWrite(*vm_, gpa, std::byte{operation.value}, addressing, trail_);
  if (const auto* byte = std::get_if<std::byte>(&result)) {
    return {Outcome::kDone, std::to_integer<std::uint64_t>(*byte)};
  }
  if (const auto* fault = std::get_if<MemoryFaultExit>(&result)) {
    return {Outcome::kMemoryFault, fault->flags != 0 ? 1u : 0u};
  }
  if (std::holds_alternative<MmioExit>(result)) return {Outcome::kMmio, 0};
  return {Outcome::kErrno, static_cast<std::uint64_t>(std::get<uapi::Errno>(result))};
}

Answer RecordedWorld::HostAccess(const Operation& operation) {
  const std::uint64_t address = address_ + operation.first * machine_.page_size();
  if (operation.kind == Kind::kHostWrite) {
    if (!machine_.task().HostWrite(address, std::byte{operation.value})) {
      return {Outcome::kSigbus, 0};
    }
    return {Outcome::kDone, operation.value};
  }
  const auto byte = machine_.task().HostRead(address);
  if (!byte) return {Outcome::kSigbus, 0};
  return {Outcome::kDone, std::to_integer<std::uint64_t>(*byte)};
}

Answer RecordedWorld::PreFault(std::size_t page) {
  uapi::kvm_pre_fault_memory range{};
  range.gpa = (kFirstGfn + page) * machine_.page_size();
  range.size = machine_.page_size();
  return DoneOr(PreFaultMemory(*vm_, range, trail_));
}

Answer RecordedWorld::GfnPrivate(std::size_t page) {
  const ReaderLock lock(vm_->slots_lock());
  return {Outcome::kDone, GfnIsPrivate(*vm_, kFirstGfn + page, trail_) ? 1u : 0u};
}

std::uint64_t RecordedWorld::AttributesAtOnce(std::size_t first, std::size_t last) {
  std::uint64_t bits = 0;
  const ReaderLock slots(vm_->slots_lock());
  const ReaderLock lock(inode_.invalidate_lock());
  for (std::size_t i = first; i <= last; ++i) {
    const std::uint64_t attributes = store_ == AttributeStore::kVm
                                         ? vm_->gfn_attributes().Get(kFirstGfn + i)
                                         : inode_.AttributesOf(i);
    if ((attributes & uapi::kMemoryAttributePrivate) != 0) bits |= std::uint64_t{1} << i;
    YieldingListener::MaybeYield();
  }
  return bits;
}

Answer RecordedWorld::AllAttributes() {
  if (!page_by_page_) return {Outcome::kDone, AttributesAtOnce(0, pages_ - 1)};
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < pages_; ++i) bits |= AttributesAtOnce(i, i);
  return {Outcome::kDone, bits};
}

Answer RecordedWorld::Convert(const Operation& operation) {
  uapi::kvm_memory_attributes2 left{};
  Answer answer = DoneOr(machine_.Convert(
      file_fd_, {operation.first, operation.last + 1},
      operation.to_private ? uapi::kMemoryAttributePrivate : 0,
      operation.zero ? uapi::kSetMemoryAttributes2Zero : uapi::kSetMemoryAttributes2Preserve,
      &left));
  answer.error_page = left.error_offset / machine_.page_size();
  return answer;
}

Answer RecordedWorld::SetVmAttributes(const Operation& operation) {
  uapi::kvm_memory_attributes args{};
  args.address = (kFirstGfn + operation.first) * machine_.page_size();
  args.size = (operation.last + 1 - operation.first) * machine_.page_size();
  args.attributes = operation.to_private ? uapi::kMemoryAttributePrivate : 0;
  return DoneOr(machine_.task().Ioctl(
      vm_fd_, machine_.Request(uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES")), &args));
}

// A reference that is held already goes only once the new one is there.
Answer RecordedWorld::Pin(std::size_t page) {
  auto pin = machine_.task().Pin(address_ + page * machine_.page_size());
  if (!pin) return {Outcome::kSigbus, 0};
  pins_[page] = *std::move(pin);
  return {};
}

Answer RecordedWorld::Make(const Operation& operation) {
  const PageRange range{operation.first, operation.last + 1};
  switch (operation.kind) {
    case Kind::kConvert:
      return Convert(operation);
    case Kind::kSetVmAttributes:
      return SetVmAttributes(operation);
    case Kind::kGuestRead:
    case Kind::kGuestWrite:
      return GuestAccess(operation);
    case Kind::kHostRead:
    case Kind::kHostWrite:
      return HostAccess(operation);
    case Kind::kPin:
      return Pin(operation.first);
    case Kind::kUnpin:
      pins_[operation.first] = nullptr;
      return {};
    case Kind::kPunch:
      return DoneOr(machine_.PunchHole(file_fd_, range));
    case Kind::kAllocate:
      return DoneOr(machine_.Allocate(file_fd_, range));
    case Kind::kPreFault:
      return PreFault(operation.first);
    case Kind::kGfnIsPrivate:
      return GfnPrivate(operation.first);
    case Kind::kAllAttributes:
      return AllAttributes();
    case Kind::kDeleteSlot:
      return DoneOr(machine_.SetSlot(vm_fd_, 0, kFirstGfn, 0));
    case Kind::kCreateSlot:
      return DoneOr(machine_.BindSlot(vm_fd_, 0, kFirstGfn, pages_, file_fd_));
  }
  return {};
}

History RecordedWorld::Run(const std::vector<std::vector<Operation>>& threads, std::uint64_t seed) {
  History history;
  history.before = Look();
  std::atomic<std::uint64_t> clock = 0;
  std::atomic<std::size_t> waiting = threads.size();
  std::vector<std::vector<Call>> calls(threads.size());
  std::vector<std::thread> running;
  for (std::size_t t = 0; t < threads.size(); ++t) {
    running.emplace_back([&, t] {
      YieldingListener::Seed(seed * 31 + t);
      --waiting;
      while (waiting != 0) std::this_thread::yield();
      for (const Operation& operation : threads[t]) {
        Call call{.thread = static_cast<int>(t), .operation = operation};
        call.invoked = clock.fetch_add(1);
        YieldingListener::MaybeYield();
        call.answer = Make(operation);
        YieldingListener::MaybeYield();
        call.answered = clock.fetch_add(1);
        calls[t].push_back(call);
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  for (const std::vector<Call>& made : calls) {
    history.calls.insert(history.calls.end(), made.begin(), made.end());
  }
  history.after = Look();
  return history;
}

std::vector<std::vector<Operation>> RandomOperations(AttributeStore store, std::size_t pages,
                                                     std::mt19937_64& random) {
  // Conversions and accesses are what meets most often.
  constexpr Kind kKinds[] = {Kind::kConvert,         Kind::kConvert,       Kind::kConvert,
                             Kind::kSetVmAttributes, Kind::kGuestRead,     Kind::kGuestRead,
                             Kind::kGuestWrite,      Kind::kGuestWrite,    Kind::kHostRead,
                             Kind::kHostWrite,       Kind::kPin,           Kind::kUnpin,
                             Kind::kPunch,           Kind::kAllocate,      Kind::kPreFault,
                             Kind::kGfnIsPrivate,    Kind::kAllAttributes, Kind::kAllAttributes,
                             Kind::kDeleteSlot,      Kind::kCreateSlot,    Kind::kCreateSlot};
  std::vector<std::vector<Operation>> threads(2 + random() % 2);
  for (std::size_t t = 0; t < threads.size(); ++t) {
    threads[t].resize(2 + random() % 3);
    for (Operation& operation : threads[t]) {
      operation.kind = kKinds[random() % std::size(kKinds)];
      // The call that the attributes are not kept by is refused: seldom is enough.
      if (store == AttributeStore::kVm && operation.kind == Kind::kConvert && random() % 4 != 0) {
        operation.kind = Kind::kSetVmAttributes;
      }
      operation.first = random() % pages;
      if (operation.kind == Kind::kPin || operation.kind == Kind::kUnpin) {
        operation.first = operation.first / threads.size() * threads.size() + t;
        if (operation.first >= pages) operation = {.kind = Kind::kGuestRead};
      }
      operation.last = operation.first;
      if (operation.kind == Kind::kConvert || operation.kind == Kind::kSetVmAttributes ||
          operation.kind == Kind::kPunch || operation.kind == Kind::kAllocate) {
        operation.last += random() % (pages - operation.first);
      }
      operation.to_private = random() % 2 != 0;
      operation.zero = random() % 2 != 0;
      operation.addressing = static_cast<Operation::Addressing>(random() % 3);
      operation.value = static_cast<std::uint8_t>(1 + random() % 255);
    }
  }
  return threads;
}

}  // namespace kvm_model
