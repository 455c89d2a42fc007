#include "tools/serve/limited_backend.h"

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_format.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_inode.h"
#include "tools/backends/backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/serve/limits.h"
#include "uapi/constants.h"
#include "uapi/ioctls.h"

namespace kvm_model::serve {

using scenario::Answer;
using scenario::ArgumentId;
using scenario::CallId;
using scenario::CallRequest;

std::expected<void, std::string> LimitedBackend::Start(const scenario::Scenario& scenario) {
  start_ = std::chrono::steady_clock::now();
  return model_.Start(scenario);
}

Answer LimitedBackend::Execute(const CallRequest& request) {
  if (std::optional<std::string> reason = TooMuch(request)) {
    return scenario::answer::Broken{*std::move(reason)};
  }
  ++calls_;
  Answer answer = model_.Execute(request);
  if (std::optional<std::string> reason = TooLarge(request, answer)) {
    return scenario::answer::Broken{*std::move(reason)};
  }
  return answer;
}

std::optional<std::string> LimitedBackend::Exhausted() const {
  if (calls_ >= kMostCalls) {
    return absl::StrFormat("the page runs at most %d calls", kMostCalls);
  }
  if (std::chrono::steady_clock::now() - start_ >= kMostRunTime) {
    return absl::StrFormat("the page runs a scenario for at most %d seconds", kMostRunTime.count());
  }
  return std::nullopt;
}

namespace {

// Whether a raw ioctl would make a memslot of any size, from a struct in the process's memory.
bool MakesSlot(const CallRequest& request, std::uint64_t page_size) {
  // What an architecture packs otherwise lies above these bits.
  constexpr std::uint64_t kTypeAndNumber = 0xffff;
  const std::uint64_t wanted = request[ArgumentId::kRequest] & kTypeAndNumber;
  const auto is = [wanted](uapi::IoctlId id) {
    return wanted == (uapi::Request(id, uapi::Encoding::kGeneric) & kTypeAndNumber);
  };
  const bool slot = is(uapi::Ioctl("KVM_SET_USER_MEMORY_REGION")) ||
                    is(uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2"));
  // NULL and BAD can't be read.
  return slot && request[ArgumentId::kArg] > page_size;
}

bool IsLargeSlot(const CallRequest& request) {
  const bool slot =
      request.id == CallId::kSetUserMemoryRegion || request.id == CallId::kSetUserMemoryRegion2;
  return slot && request[ArgumentId::kSize] > kMostSlotBytes;
}

}  // namespace

std::optional<std::string> LimitedBackend::TooMuch(const CallRequest& request) {
  if (IsLargeSlot(request)) {
    return absl::StrFormat("the page's memslots have at most %d GiB", kMostSlotBytes >> 30);
  }
  if (request.id == CallId::kIoctl && MakesSlot(request, model_.PageSize())) {
    return "on the page a memslot is made by its own call, not by ioctl()";
  }
  if (request.id == CallId::kFork && ++processes_ > kMostProcesses) {
    return absl::StrFormat("the page runs at most %d processes", kMostProcesses);
  }
  const bool makes_memory =
      request.id == CallId::kMmap && (request[ArgumentId::kFlags] & uapi::kMapAnonymous) != 0;
  return makes_memory ? Take(request[ArgumentId::kSize]) : std::nullopt;
}

std::optional<std::string> LimitedBackend::TooLarge(const CallRequest& request,
                                                    const Answer& answer) {
  if (request.id != CallId::kCreateGuestMemfd && request.id != CallId::kIoctl) return std::nullopt;
  if (!scenario::Succeeded(answer)) return std::nullopt;
  const auto fd = static_cast<int>(scenario::ValueOf(answer));
  const std::shared_ptr<GuestMemfd> file = model_.FindGuestMemfd(fd, request.process);
  if (file == nullptr) return std::nullopt;
  const std::uint64_t pages = file->inode().pages();
  if (pages > kMostFilePages) {
    return absl::StrFormat("the page draws a guest_memfd of at most %d pages, not %d",
                           kMostFilePages, pages);
  }
  return Take(pages * model_.PageSize());
}

std::optional<std::string> LimitedBackend::Take(std::uint64_t bytes) {
  if (bytes > kMostMemoryBytes - bytes_) {
    return absl::StrFormat("the page's scenarios make at most %d MiB of memory",
                           kMostMemoryBytes >> 20);
  }
  bytes_ += bytes;
  return std::nullopt;
}

}  // namespace kvm_model::serve
