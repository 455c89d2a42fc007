#include "tools/backends/model_backend.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/file.h"
#include "kvm_model/guest_fault.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mapping.h"
#include "kvm_model/mm.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/populate.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_file.h"
#include "tools/backends/backend.h"
#include "tools/backends/dirty_bitmap.h"
#include "tools/backends/model_answers.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/mm_constants.h"

namespace kvm_model::scenario {
namespace {

using A = ArgumentId;

answer::Signal SignalOf(Signal signal) {
  return signal == Signal::kSIGBUS ? answer::Signal::kSigbus : answer::Signal::kSigsegv;
}

answer::Runs ValuedRuns(const AttributeMap& attributes) {
  answer::Runs runs;
  for (const AttributeRun& run : attributes.Runs()) {
    runs.runs.push_back({run.pages.start, run.pages.end, run.attributes});
  }
  return runs;
}

answer::Runs RunsOf(const std::vector<PageRange>& ranges) {
  answer::Runs runs;
  for (const PageRange& range : ranges) {
    runs.runs.push_back({range.start, range.end, std::nullopt});
  }
  return runs;
}

GuestAddressing AddressingOf(std::uint64_t value) {
  switch (static_cast<Addressing>(value)) {
    case Addressing::kShared:
      return GuestAddressing::kShared;
    case Addressing::kPrivate:
      return GuestAddressing::kPrivate;
    case Addressing::kAuto:
      break;
  }
  return GuestAddressing::kAuto;
}

}  // namespace

std::optional<std::string> ModelBackend::SkipReason(const Scenario& scenario) {
  if (FindRevision(scenario.host.revision) == nullptr) {
    return absl::StrFormat("the model has no revision %s", scenario.host.revision);
  }
  return std::nullopt;
}

std::expected<std::shared_ptr<const Host>, std::string> ModelBackend::BootedHost(
    const HostLine& line) {
  if (host_ != nullptr && line == host_line_) return host_;
  const Arch* arch = FindArch(line.arch);
  const Revision* revision = FindRevision(line.revision);
  if (arch == nullptr || revision == nullptr) {
    return std::unexpected(absl::StrFormat("the model has no %s %s", line.arch, line.revision));
  }
  std::vector<SettingAssignment> settings;
  for (const auto& [name, value] : line.settings) settings.push_back({name, value});
  auto host = Host::Create(*arch, *revision, settings);
  if (!host) return std::unexpected(host.error().message);
  host_line_ = line;
  host_ = *std::move(host);
  return host_;
}

std::expected<void, std::string> ModelBackend::Start(const Scenario& scenario) {
  auto host = BootedHost(scenario.host);
  if (!host) return std::unexpected(host.error());
  kernel_ = std::make_shared<Kernel>(*std::move(host), seed_);
  Process first{.task = std::make_unique<Task>(kernel_)};
  const Result<std::uint64_t> scratch =
      first.task->Mmap(PageSize(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!scratch) return std::unexpected("the first process has no memory");
  first.scratch = *scratch;
  const Result<std::uint64_t> bitmap = first.task->Mmap(kDirtyBitmapArea, PROT_READ | PROT_WRITE,
                                                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!bitmap) return std::unexpected("the first process has no memory");
  first.bitmap = *bitmap;
  if (record_ == Record::kTrails) first.task->SetTrailListener(&recorder_);
  processes_.emplace(kFirstProcess, std::move(first));
  return {};
}

void ModelBackend::Finish() {
  processes_.clear();
  kernel_.reset();
  recorder_.Clear();
}

Answer ModelBackend::Execute(const CallRequest& request) try {
  recorder_.Clear();
  const auto process = processes_.find(request.process);
  if (process == processes_.end()) return answer::Broken{"there is no such process"};
  Answer answer = Dispatch(process->second, request);
  const auto* error = std::get_if<answer::Errno>(&answer);
  const TrailStep* const missing = recorder_.First(Certainty::kNotModelled);
  if (error != nullptr && error->error == uapi::Errno::kENOSYS && missing != nullptr) {
    return answer::NotModelled{absl::StrFormat("the model doesn't have: %s", missing->text)};
  }
  return answer;
} catch (const std::bad_alloc&) {
  return answer::Broken{"kvmsim has no memory left"};
}

Answer ModelBackend::Dispatch(Process& process, const CallRequest& request) {
  Task& task = *process.task;
  switch (request.id) {
    case CallId::kOpen:
      return FdOr(task.Open("/dev/kvm", O_RDWR | O_CLOEXEC));
    case CallId::kCreateVm:
      return FdOr(
          Ioctl(process, request.Int(A::kKvm), uapi::Ioctl("KVM_CREATE_VM"), request[A::kType]));
    case CallId::kCheckExtension:
      return NumberOr(Ioctl(process, request.Int(A::kFd), uapi::Ioctl("KVM_CHECK_EXTENSION"),
                            request[A::kCap]));
    case CallId::kEnableCap:
      return EnableCap(process, request);
    case CallId::kCreateGuestMemfd:
      return CreateGuestMemfd(process, request);
    case CallId::kSetUserMemoryRegion:
      return SetUserMemoryRegion(process, request);
    case CallId::kSetUserMemoryRegion2:
      return SetUserMemoryRegion2(process, request);
    case CallId::kSetMemoryAttributes:
      return SetMemoryAttributes(process, request);
    case CallId::kSetMemoryAttributes2:
      return SetMemoryAttributes2(process, request);
    case CallId::kMmap: {
      const Result<std::uint64_t> address =
          task.Mmap(request[A::kSize], request.Int(A::kProt), request.Int(A::kFlags),
                    request.Int(A::kGmem), request[A::kOffset]);
      if (!address) return Error(address.error());
      return answer::Ok{.value = *address};
    }
    case CallId::kMunmap:
      return ZeroOr(task.Munmap(request[A::kMap], request[A::kSize]));
    case CallId::kMadvise:
      return Madvise(process, request);
    case CallId::kClose:
      return ZeroOr(task.Close(request.Int(A::kFd)));
    case CallId::kDup: {
      const Result<int> fd = task.Dup(request.Int(A::kFd));
      if (!fd) return Error(fd.error());
      return answer::Fd{*fd};
    }
    case CallId::kFallocate:
      return ZeroOr(task.Fallocate(request.Int(A::kGmem), request.Int(A::kMode),
                                   request[A::kOffset], request[A::kLen]));
    case CallId::kHostRead: {
      const auto byte = task.HostRead(request[A::kMap] + request[A::kOffset]);
      if (!byte) return SignalOf(byte.error());
      return answer::Byte{static_cast<std::uint8_t>(*byte)};
    }
    case CallId::kHostWrite: {
      const Access written = task.HostWrite(request[A::kMap] + request[A::kOffset],
                                            static_cast<std::byte>(request[A::kByte]));
      if (!written) return SignalOf(written.error());
      return answer::Ok{};
    }
    case CallId::kCreateVcpu:
      return FdOr(
          Ioctl(process, request.Int(A::kVm), uapi::Ioctl("KVM_CREATE_VCPU"), request[A::kId]));
    case CallId::kGuestRead:
    case CallId::kGuestWrite:
      return GuestAccess(process, request);
    case CallId::kGetDirtyLog:
      return GetDirtyLog(process, request);
    case CallId::kClearDirtyLog:
      return ClearDirtyLog(process, request);
    case CallId::kPreFault:
      return PreFault(process, request);
    case CallId::kPopulate:
      return Populate(process, request);
    case CallId::kPin:
      return Pin(process, request);
    case CallId::kUnpin:
      return Unpin(process, request);
    case CallId::kPoison:
      return Poison(process, request);
    case CallId::kFailAllocation:
      kernel_->allocations().FailNth(request[A::kN]);
      return answer::Ok{};
    case CallId::kInterrupt:
      kernel_->signals().Arm(request[A::kN]);
      return answer::Ok{};
    case CallId::kFork:
      return Fork(process);
    case CallId::kIoctl:
      return NumberOr(task.Ioctl(request.Int(A::kFd), request[A::kRequest], request[A::kArg]));
    case CallId::kAttributes:
      return Attributes(process, request);
    case CallId::kResident:
      return Resident(process, request);
    case CallId::kPeek:
      return Peek(process, request);
    case CallId::kMapped:
      return Mapped(process, request);
    case CallId::kGuestMapped:
      return GuestMapped(process, request);
  }
  return answer::Broken{"an unknown call"};
}

kvm_model::Trail ModelBackend::TrailOf(std::string_view call) {
  TrailListener* const listener = record_ == Record::kTrails ? &recorder_ : nullptr;
  return kvm_model::Trail(listener).In(call);
}

Result<std::shared_ptr<Vm>> ModelBackend::VmOf(Process& process, int fd,
                                               const kvm_model::Trail& trail) {
  const Result<std::shared_ptr<File>> file = process.task->fds().Get(fd);
  if (trail.If("the descriptor is not open", !file)) return trail.Fail(file.error());
  const auto vm_file = std::dynamic_pointer_cast<VmFile>(*file);
  if (trail.If("the file is no VM", vm_file == nullptr)) return trail.Fail(uapi::Errno::kENOTTY);
  if (trail.If("kvm->mm != current->mm", !vm_file->vm()->BelongsTo(process.task->mm())))
    return trail.Fail(uapi::Errno::kEIO);
  return vm_file->vm();
}

Result<std::shared_ptr<GuestMemfd>> ModelBackend::GuestMemfdOf(Process& process, int fd,
                                                               const kvm_model::Trail& trail) {
  const Result<std::shared_ptr<File>> file = process.task->fds().Get(fd);
  if (trail.If("the descriptor is not open", !file)) return trail.Fail(file.error());
  auto guest_memfd = std::dynamic_pointer_cast<GuestMemfd>(*file);
  if (trail.If("the file is no guest_memfd", guest_memfd == nullptr))
    return trail.Fail(uapi::Errno::kENOTTY);
  return guest_memfd;
}

std::shared_ptr<GuestMemfd> ModelBackend::FindGuestMemfd(int fd, ProcessId process) {
  const auto found = processes_.find(process);
  if (found == processes_.end()) return nullptr;
  return GuestMemfdOf(found->second, fd, kvm_model::Trail(nullptr)).value_or(nullptr);
}

std::vector<ProcessId> ModelBackend::Processes() const {
  std::vector<ProcessId> ids;
  for (const auto& [id, process] : processes_) ids.push_back(id);
  return ids;
}

Task* ModelBackend::FindTask(ProcessId process) {
  const auto found = processes_.find(process);
  return found == processes_.end() ? nullptr : found->second.task.get();
}

Answer ModelBackend::GuestAccess(Process& process, const CallRequest& request) {
  const bool is_read = request.id == CallId::kGuestRead;
  const kvm_model::Trail trail = TrailOf(is_read ? "guest_read" : "guest_write");
  const Result<std::shared_ptr<Vm>> vm = VmOf(process, request.Int(A::kVm), trail);
  if (!vm) return Error(vm.error());
  const GuestAddressing addressing = AddressingOf(request[A::kAs]);
  const GuestAccessResult result =
      is_read ? GuestRead(**vm, request[A::kGpa], addressing, trail)
              : GuestWrite(**vm, request[A::kGpa], static_cast<std::byte>(request[A::kByte]),
                           addressing, trail);
  if (const auto* byte = std::get_if<std::byte>(&result)) {
    if (is_read) return answer::Byte{static_cast<std::uint8_t>(*byte)};
    return answer::Ok{};
  }
  if (std::holds_alternative<MmioExit>(result)) return answer::Mmio{};
  if (const auto* fault = std::get_if<MemoryFaultExit>(&result)) {
    return answer::MemoryFault{fault->gpa, fault->size, fault->flags, fault->error};
  }
  return Error(std::get<uapi::Errno>(result));
}

Answer ModelBackend::Populate(Process& process, const CallRequest& request) {
  const kvm_model::Trail trail = TrailOf("populate");
  const Result<std::shared_ptr<Vm>> vm = VmOf(process, request.Int(A::kVm), trail);
  if (!vm) return Error(vm.error());
  const std::uint64_t gpa = request[A::kGpa];
  if (trail.If("gpa is not page aligned", gpa % PageSize() != 0, {{"gpa", gpa}}))
    return Error(trail.Fail(uapi::Errno::kEINVAL).error());
  const std::uint64_t byte = request[A::kByte];
  const std::optional<std::byte> source =
      byte == kNoSourceByte ? std::nullopt : std::optional(static_cast<std::byte>(byte));
  return NumberOr(kvm_model::Populate(**vm, gpa / PageSize(), request[A::kPages], source, trail));
}

Answer ModelBackend::Pin(Process& process, const CallRequest& request) {
  auto pin = process.task->Pin(request[A::kMap] + request[A::kOffset]);
  if (!pin) return SignalOf(pin.error());
  process.pins[++process.last_pin] = *std::move(pin);
  return answer::Ok{.value = process.last_pin};
}

Answer ModelBackend::Unpin(Process& process, const CallRequest& request) {
  const kvm_model::Trail trail = TrailOf("unpin");
  const std::uint64_t pin = request[A::kPin];
  if (trail.If("no page is pinned by that name", process.pins.erase(pin) == 0, {{"pin", pin}}))
    return Error(trail.Fail(uapi::Errno::kEINVAL).error());
  return answer::Ok{};
}

Answer ModelBackend::Fork(const Process& process) {
  std::unique_ptr<Task> task = process.task->Fork();
  if (task == nullptr) return Error(uapi::Errno::kENOMEM);
  const ProcessId child = processes_.rbegin()->first + 1;
  processes_.emplace(child, Process{.task = std::move(task),
                                    .scratch = process.scratch,
                                    .bitmap = process.bitmap,
                                    .pins = {},
                                    .last_pin = process.last_pin});
  return answer::Ok{.value = child};
}

Answer ModelBackend::Poison(Process& process, const CallRequest& request) {
  const kvm_model::Trail trail = TrailOf("poison");
  const Result<std::shared_ptr<GuestMemfd>> file =
      GuestMemfdOf(process, request.Int(A::kGmem), trail);
  if (!file) return Error(file.error());
  const Result<> poisoned = (*file)->MemoryError(request[A::kOffset] / PageSize(), trail);
  if (!poisoned) return Error(poisoned.error());
  return answer::Ok{};
}

Answer ModelBackend::Attributes(Process& process, const CallRequest& request) {
  const int fd = request.Int(A::kGmem);
  if (const auto vm = VmOf(process, fd, kvm_model::Trail(nullptr))) {
    const ReaderLock lock((*vm)->slots_lock());
    return ValuedRuns((*vm)->gfn_attributes());
  }
  const Result<std::shared_ptr<GuestMemfd>> file = GuestMemfdOf(process, fd, TrailOf("attributes"));
  if (!file) return Error(file.error());
  const GuestMemfdInode& inode = (*file)->inode();
  const ReaderLock lock(inode.invalidate_lock());
  return ValuedRuns(inode.attributes());
}

Answer ModelBackend::Resident(Process& process, const CallRequest& request) {
  const Result<std::shared_ptr<GuestMemfd>> file =
      GuestMemfdOf(process, request.Int(A::kGmem), TrailOf("resident"));
  if (!file) return Error(file.error());
  return RunsOf((*file)->inode().page_cache().ResidentRuns());
}

Answer ModelBackend::Peek(Process& process, const CallRequest& request) {
  const kvm_model::Trail trail = TrailOf("peek");
  const Result<std::shared_ptr<GuestMemfd>> file =
      GuestMemfdOf(process, request.Int(A::kGmem), trail);
  if (!file) return Error(file.error());
  const GuestMemfdInode& inode = (*file)->inode();
  const std::uint64_t offset = request[A::kOffset];
  if (trail.If("offset >= i_size", offset >= inode.size(), {{"offset", offset}}))
    return Error(trail.Fail(uapi::Errno::kEINVAL).error());
  const ReaderLock lock(inode.invalidate_lock());
  std::byte byte{};
  inode.page_cache().Read(offset >> inode.page_shift(), offset & (PageSize() - 1),
                          std::span(&byte, 1));
  return answer::Byte{static_cast<std::uint8_t>(byte)};
}

Answer ModelBackend::Mapped(Process& process, const CallRequest& request) {
  const kvm_model::Trail trail = TrailOf("mapped");
  const std::uint64_t address = request[A::kMap];
  const auto areas = process.task->mm().AreasIn(address, address + 1);
  if (trail.If("nothing is mapped there", areas.empty(), {{"address", address}}))
    return Error(trail.Fail(uapi::Errno::kEFAULT).error());
  return RunsOf(areas.front().mapping->Mapped());
}

Answer ModelBackend::GuestMapped(Process& process, const CallRequest& request) {
  const Result<std::shared_ptr<Vm>> vm =
      VmOf(process, request.Int(A::kVm), TrailOf("guest_mapped"));
  if (!vm) return Error(vm.error());
  return RunsOf((*vm)->MappedStage2());
}

Answer ModelBackend::Madvise(Process& process, const CallRequest& request) {
  switch (request[A::kAdvice]) {
    case uapi::kMadviseDontNeed:
    case uapi::kMadviseRemove:
    case uapi::kMadviseHugePage:
      return ZeroOr(process.task->Madvise(request[A::kMap] + request[A::kOffset], request[A::kSize],
                                          static_cast<MemoryAdvice>(request[A::kAdvice])));
    default:
      return answer::NotModelled{"the model doesn't have: this advice"};
  }
}

}  // namespace kvm_model::scenario
