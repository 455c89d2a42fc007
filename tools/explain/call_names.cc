#include "tools/explain/call_names.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "tools/backends/backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model::explain {

using scenario::CallId;
namespace answer = scenario::answer;

std::string_view KernelName(CallId id) {
  switch (id) {
    case CallId::kCreateVm:
      return "KVM_CREATE_VM";
    case CallId::kCheckExtension:
      return "KVM_CHECK_EXTENSION";
    case CallId::kEnableCap:
      return "KVM_ENABLE_CAP";
    case CallId::kCreateGuestMemfd:
      return "KVM_CREATE_GUEST_MEMFD";
    case CallId::kSetUserMemoryRegion:
      return "KVM_SET_USER_MEMORY_REGION";
    case CallId::kSetUserMemoryRegion2:
      return "KVM_SET_USER_MEMORY_REGION2";
    case CallId::kSetMemoryAttributes:
      return "KVM_SET_MEMORY_ATTRIBUTES";
    case CallId::kSetMemoryAttributes2:
      return "KVM_SET_MEMORY_ATTRIBUTES2";
    case CallId::kCreateVcpu:
      return "KVM_CREATE_VCPU";
    case CallId::kGetDirtyLog:
      return "KVM_GET_DIRTY_LOG";
    case CallId::kClearDirtyLog:
      return "KVM_CLEAR_DIRTY_LOG";
    case CallId::kPreFault:
      return "KVM_PRE_FAULT_MEMORY";
    case CallId::kGuestRead:
    case CallId::kGuestWrite:
      return "guest access";
    case CallId::kHostRead:
    case CallId::kHostWrite:
      return "host access";
    case CallId::kUnpin:
    case CallId::kFailAllocation:
    case CallId::kInterrupt:
    case CallId::kAttributes:
    case CallId::kResident:
    case CallId::kPeek:
    case CallId::kMapped:
    case CallId::kGuestMapped:
      return {};
    default:
      return scenario::GetCall(id).name;
  }
}

std::string KernelName(const scenario::Scenario& scenario, const scenario::Call& call,
                       const scenario::CallRequest& request) {
  if (call.id != CallId::kIoctl) return std::string(KernelName(call.id));
  const Arch* const arch = FindArch(scenario.host.arch);
  if (arch == nullptr) return "ioctl";
  const auto number = static_cast<std::uint32_t>(request[scenario::ArgumentId::kRequest]);
  const std::optional<uapi::IoctlId> id = uapi::FindIoctl(number, arch->traits().ioctl_encoding);
  return id.has_value() ? std::string(uapi::GetIoctl(*id).name) : "ioctl";
}

std::string_view FailureName(const scenario::Answer& given) {
  if (const auto* error = std::get_if<answer::Errno>(&given)) {
    return uapi::ErrnoName(error->error);
  }
  if (const auto* signal = std::get_if<answer::Signal>(&given)) {
    return *signal == answer::Signal::kSigbus ? "SIGBUS" : "SIGSEGV";
  }
  if (std::holds_alternative<answer::Mmio>(given)) return "MMIO";
  if (std::holds_alternative<answer::MemoryFault>(given)) return "MEMORY_FAULT";
  return {};
}

}  // namespace kvm_model::explain
