#include "tests/twin/twin_backend.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tests/twin/history.h"
#include "tests/twin/host.h"
#include "tests/twin/page.h"
#include "tests/twin/twin.h"
#include "tools/backends/arguments.h"
#include "tools/backends/backend.h"
#include "tools/backends/dirty_bitmap.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model::twin {
namespace {

namespace answer = scenario::answer;
using scenario::Answer;
using scenario::CallId;
using scenario::CallRequest;
using A = scenario::ArgumentId;

constexpr std::uint64_t kBitsAByte = 8;

answer::Errno Error(uapi::Errno error) { return {.error = error}; }

Answer FdOr(const Result<int>& result) {
  if (!result) return Error(result.error());
  return answer::Fd{*result};
}
Answer ZeroOr(const Result<>& result) {
  if (!result) return Error(result.error());
  return answer::Number{.value = 0};
}
Answer OkOr(const Result<>& result) {
  if (!result) return Error(result.error());
  return answer::Ok{};
}
Answer NumberOr(const Result<std::uint64_t>& result) {
  if (!result) return Error(result.error());
  return answer::Number{.value = *result};
}

answer::Signal SignalOf(Signal signal) {
  return signal == Signal::kSigbus ? answer::Signal::kSigbus : answer::Signal::kSigsegv;
}

Answer PagesOr(const Result<Pages>& pages) {
  if (!pages) return Error(pages.error());
  answer::Runs runs;
  for (const Run& run : *pages) runs.runs.push_back({run.start, run.end, std::nullopt});
  return runs;
}

Answer RunsOr(const Result<std::vector<Run>>& result) {
  if (!result) return Error(result.error());
  answer::Runs runs;
  for (const Run& run : *result) runs.runs.push_back({run.start, run.end, run.value});
  return runs;
}

Addressing AddressingOf(std::uint64_t value) {
  switch (static_cast<scenario::Addressing>(value)) {
    case scenario::Addressing::kShared:
      return Addressing::kShared;
    case scenario::Addressing::kPrivate:
      return Addressing::kPrivate;
    case scenario::Addressing::kAuto:
      break;
  }
  return Addressing::kAuto;
}

}  // namespace

std::expected<void, std::string> TwinBackend::Start(const scenario::Scenario& scenario) {
  const auto& line = scenario.host;
  const auto host = MakeHost(line.arch, line.revision, line.settings);
  if (!host) return std::unexpected(host.error().reason);
  twin_.emplace(*host);
  return {};
}

void TwinBackend::Finish() {
  unknown_.reset();
  twin_.reset();
}

void TwinBackend::Learn(std::uint8_t byte) {
  if (unknown_) unknown_->Write(byte);
  unknown_.reset();
}

Answer TwinBackend::Execute(const CallRequest& request) {
  unknown_.reset();
  if (!twin_->HasProcess(request.process)) return answer::Broken{"there is no such process"};
  Answer got = Dispatch(request);
  const auto* error = std::get_if<answer::Errno>(&got);
  if (error != nullptr && error->error == uapi::Errno::kENOSYS) {
    return answer::NotModelled{"the twin doesn't have this"};
  }
  return got;
}

// Descriptors and processes; everything else in the functions below.
Answer TwinBackend::Dispatch(const CallRequest& request) {
  const scenario::ProcessId process = request.process;
  switch (request.id) {
    case CallId::kOpen:
      return FdOr(twin_->Open(process));
    case CallId::kCreateVm:
      return FdOr(twin_->CreateVm(process, request.Int(A::kKvm), request[A::kType]));
    case CallId::kCreateVcpu:
      return FdOr(twin_->CreateVcpu(process, request.Int(A::kVm), request[A::kId]));
    case CallId::kCreateGuestMemfd:
      return FdOr(twin_->CreateGuestMemfd(process, request.Int(A::kVm), request[A::kSize],
                                          request[A::kFlags]));
    case CallId::kCheckExtension:
      return NumberOr(twin_->CheckExtension(process, request.Int(A::kFd), request[A::kCap]));
    case CallId::kEnableCap:
      return ZeroOr(twin_->EnableCap(process, request.Int(A::kFd),
                                     static_cast<std::uint32_t>(request[A::kCap]),
                                     static_cast<std::uint32_t>(request[A::kFlags]),
                                     request.list.empty() ? 0 : request.list.front()));
    case CallId::kClose:
      return ZeroOr(twin_->Close(process, request.Int(A::kFd)));
    case CallId::kDup:
      return FdOr(twin_->Dup(process, request.Int(A::kFd)));
    case CallId::kFork:
      return answer::Ok{.value = twin_->Fork(process)};
    case CallId::kInterrupt:
      twin_->Interrupt(request[A::kN]);
      return answer::Ok{};
    case CallId::kIoctl:
      return Ioctl(request);
    default:
      return Memory(request);
  }
}

Answer TwinBackend::Memory(const CallRequest& request) {
  const scenario::ProcessId process = request.process;
  switch (request.id) {
    case CallId::kMmap: {
      const auto address =
          twin_->Mmap(process, request[A::kSize], static_cast<std::uint32_t>(request[A::kProt]),
                      static_cast<std::uint32_t>(request[A::kFlags]), request.Int(A::kGmem),
                      request[A::kOffset]);
      if (!address) return Error(address.error());
      return answer::Ok{.value = *address};
    }
    case CallId::kMunmap:
      return ZeroOr(twin_->Munmap(process, request[A::kMap], request[A::kSize]));
    case CallId::kMadvise:
      return ZeroOr(twin_->Madvise(process, request[A::kMap] + request[A::kOffset],
                                   request[A::kSize], request[A::kAdvice]));
    case CallId::kFallocate:
      return ZeroOr(twin_->Fallocate(process, request.Int(A::kGmem), request.Int(A::kMode),
                                     request[A::kOffset], request[A::kLen]));
    case CallId::kHostRead:
      return HostAccess(request, false);
    case CallId::kHostWrite:
      return HostAccess(request, true);
    case CallId::kPin:
      return Pin(request);
    case CallId::kUnpin:
      return OkOr(twin_->Unpin(request.process, request[A::kPin]));
    case CallId::kPoison:
      return OkOr(twin_->Poison(process, request.Int(A::kGmem), request[A::kOffset]));
    default:
      return Guest(request);
  }
}

Answer TwinBackend::Guest(const CallRequest& request) {
  switch (request.id) {
    case CallId::kSetUserMemoryRegion:
      return SetUserMemoryRegion(request, false);
    case CallId::kSetUserMemoryRegion2:
      return SetUserMemoryRegion(request, true);
    case CallId::kSetMemoryAttributes:
      return SetMemoryAttributes(request);
    case CallId::kSetMemoryAttributes2:
      return SetMemoryAttributes2(request);
    case CallId::kGetDirtyLog:
      return GetDirtyLog(request);
    case CallId::kClearDirtyLog:
      return ClearDirtyLog(request);
    case CallId::kGuestRead:
      return GuestAccess(request, false);
    case CallId::kGuestWrite:
      return GuestAccess(request, true);
    case CallId::kPreFault:
      return PreFault(request);
    case CallId::kPopulate:
      return Populate(request);
    default:
      return Look(request);
  }
}

Answer TwinBackend::Look(const CallRequest& request) {
  const scenario::ProcessId process = request.process;
  switch (request.id) {
    case CallId::kAttributes:
      return RunsOr(twin_->Attributes(process, request.Int(A::kGmem)));
    case CallId::kResident:
      return PagesOr(twin_->Resident(process, request.Int(A::kGmem)));
    case CallId::kPeek:
      return Peek(request);
    case CallId::kMapped:
      return PagesOr(twin_->Mapped(process, request[A::kMap]));
    case CallId::kGuestMapped:
      return PagesOr(twin_->GuestMapped(process, request.Int(A::kVm)));
    default:
      return answer::NotModelled{"the twin has no such call"};
  }
}

// ---- Accesses ----

Answer TwinBackend::ByteAt(const Place& place) {
  const Byte byte = place.Read();
  if (!byte) unknown_ = place;
  return answer::Byte{byte.value_or(0)};
}

Answer TwinBackend::HostAccess(const CallRequest& request, bool write) {
  const auto place =
      twin_->HostAccess(request.process, request[A::kMap] + request[A::kOffset], write);
  if (!place) return SignalOf(place.error());
  if (!write) return ByteAt(*place);
  place->Write(static_cast<std::uint8_t>(request[A::kByte]));
  return answer::Ok{};
}

Answer TwinBackend::GuestAccess(const CallRequest& request, bool write) {
  const auto found = twin_->AccessGuest(request.process, request.Int(A::kVm), request[A::kGpa],
                                        write, AddressingOf(request[A::kAs]));
  if (const auto* error = std::get_if<uapi::Errno>(&found)) return Error(*error);
  if (std::holds_alternative<MmioExit>(found)) return answer::Mmio{};
  if (const auto* fault = std::get_if<MemoryFaultExit>(&found)) {
    const std::uint64_t flags = fault->is_private ? uapi::kMemoryExitFlagPrivate : 0;
    return answer::MemoryFault{fault->gpa, kPageSize, flags, fault->error};
  }
  const Place& place = std::get<Place>(found);
  if (!write) return ByteAt(place);
  place.Write(static_cast<std::uint8_t>(request[A::kByte]));
  return answer::Ok{};
}

Answer TwinBackend::Pin(const CallRequest& request) {
  const auto pin = twin_->Pin(request.process, request[A::kMap] + request[A::kOffset]);
  if (!pin) return SignalOf(pin.error());
  return answer::Ok{.value = *pin};
}

Answer TwinBackend::Peek(const CallRequest& request) {
  const auto place = twin_->Peek(request.process, request.Int(A::kGmem), request[A::kOffset]);
  if (!place) return Error(place.error());
  if (!*place) return answer::Byte{0};
  return ByteAt(**place);
}

// ---- Calls with a struct ----

Answer TwinBackend::SetUserMemoryRegion(const CallRequest& request, bool second_form) {
  const uapi::kvm_userspace_memory_region2 region = scenario::MemoryRegion2Argument(request);
  const int vm = request.Int(A::kVm);
  if (!second_form) return ZeroOr(twin_->SetUserMemoryRegion(request.process, vm, region));
  return ZeroOr(twin_->SetUserMemoryRegion2(request.process, vm, region));
}

Answer TwinBackend::SetMemoryAttributes(const CallRequest& request) {
  const uapi::kvm_memory_attributes argument = scenario::MemoryAttributesArgument(request);
  return ZeroOr(twin_->SetMemoryAttributes(request.process, request.Int(A::kVm), argument));
}

Answer TwinBackend::SetMemoryAttributes2(const CallRequest& request) {
  uapi::kvm_memory_attributes2 argument = scenario::MemoryAttributes2Argument(request);
  const Result<> done = twin_->SetMemoryAttributes2(request.process, request.Int(A::kFd), argument);
  if (!done) return answer::Errno{.error = done.error(), .error_offset = argument.error_offset};
  return answer::Number{.value = 0, .error_offset = argument.error_offset};
}

Answer TwinBackend::PreFault(const CallRequest& request) {
  uapi::kvm_pre_fault_memory range = scenario::PreFaultArgument(request);
  const Result<> done = twin_->PreFault(request.process, request.Int(A::kVcpu), range);
  if (!done) return answer::Errno{.error = done.error(), .gpa = range.gpa, .size = range.size};
  return answer::Progress{range.gpa, range.size};
}

Answer TwinBackend::Populate(const CallRequest& request) {
  const std::uint64_t byte = request[A::kByte];
  std::optional<std::uint8_t> source;
  if (byte != scenario::kNoSourceByte) source = static_cast<std::uint8_t>(byte);
  return NumberOr(twin_->Populate(request.process, request.Int(A::kVm), request[A::kGpa],
                                  request[A::kPages], source));
}

Answer TwinBackend::GetDirtyLog(const CallRequest& request) {
  const std::uint64_t shown = std::min(request[A::kPages], scenario::kMostBitmapPages);
  const auto dirty = twin_->GetDirtyLog(request.process, request.Int(A::kVm),
                                        static_cast<std::uint32_t>(request[A::kSlot]),
                                        scenario::kDirtyBitmapArea * kBitsAByte);
  if (!dirty) return Error(dirty.error());
  Pages pages;
  for (const Run& run : *dirty) {
    if (run.start < shown) pages.push_back({run.start, std::min(run.end, shown), 0});
  }
  return PagesOr(pages);
}

Answer TwinBackend::ClearDirtyLog(const CallRequest& request) {
  return ZeroOr(twin_->ClearDirtyLog(
      request.process, request.Int(A::kVm), static_cast<std::uint32_t>(request[A::kSlot]),
      request[A::kFirst], static_cast<std::uint32_t>(request[A::kPages]),
      scenario::BitmapOf(request[A::kPages], request[A::kMask]),
      scenario::kDirtyBitmapArea * kBitsAByte));
}

// Of a pointer into mapped memory the twin knows nothing.
Answer TwinBackend::Ioctl(const CallRequest& request) {
  if (twin_->IsMapped(request.process, request[A::kArg])) return Error(uapi::Errno::kENOSYS);
  return ZeroOr(twin_->IoctlWithBadPointer(request.process, request.Int(A::kFd),
                                           static_cast<std::uint32_t>(request[A::kRequest])));
}

}  // namespace kvm_model::twin
