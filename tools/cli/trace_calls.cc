#include "tools/cli/trace_calls.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "tools/backends/arguments.h"
#include "tools/backends/backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/names.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model::cli {
namespace {

using A = scenario::ArgumentId;
using scenario::CallId;
using scenario::NameDomain;

// A number in the names of its domain, single values by their names too.
std::string Decoded(NameDomain domain, std::uint64_t value, const scenario::NameContext& names) {
  if (domain == NameDomain::kNone) return scenario::FormatPlainNumber(value);
  const bool single = domain == NameDomain::kVmType || domain == NameDomain::kAddressing ||
                      domain == NameDomain::kCapability || domain == NameDomain::kAdvice ||
                      domain == NameDomain::kIoctl;
  if (single) {
    for (const std::string_view name : scenario::NamesIn(domain, names)) {
      if (scenario::ResolveName(domain, name, names) == value) return std::string(name);
    }
  }
  return scenario::FormatNumber(domain, value, names);
}

class IoctlDecoder {
 public:
  IoctlDecoder(const scenario::CallRequest& request, const scenario::NameContext& names)
      : request_(request), names_(names) {
    const Arch* arch = FindArch(names.arch);
    if (arch != nullptr) encoding_ = arch->traits().ioctl_encoding;
  }

  std::optional<TracedIoctl> Decode() {
    switch (request_.id) {
      case CallId::kCreateVm:
        Number(A::kKvm, uapi::Ioctl("KVM_CREATE_VM"), "type", A::kType, NameDomain::kVmType);
        break;
      case CallId::kCheckExtension:
        Number(A::kFd, uapi::Ioctl("KVM_CHECK_EXTENSION"), "cap", A::kCap, NameDomain::kCapability);
        break;
      case CallId::kCreateVcpu:
        Number(A::kVm, uapi::Ioctl("KVM_CREATE_VCPU"), "id", A::kId, NameDomain::kNone);
        break;
      case CallId::kEnableCap:
        EnableCap();
        break;
      case CallId::kCreateGuestMemfd:
        CreateGuestMemfd();
        break;
      case CallId::kSetUserMemoryRegion:
        SetUserMemoryRegion();
        break;
      case CallId::kSetUserMemoryRegion2:
        SetUserMemoryRegion2();
        break;
      case CallId::kSetMemoryAttributes:
        SetMemoryAttributes();
        break;
      case CallId::kSetMemoryAttributes2:
        SetMemoryAttributes2();
        break;
      case CallId::kPreFault:
        PreFault();
        break;
      case CallId::kGetDirtyLog:
        GetDirtyLog();
        break;
      case CallId::kClearDirtyLog:
        ClearDirtyLog();
        break;
      case CallId::kIoctl:
        Raw();
        break;
      default:
        return std::nullopt;
    }
    return std::move(traced_);
  }

 private:
  void Begin(A fd, uapi::IoctlId id, std::string_view struct_name) {
    traced_.name = uapi::GetIoctl(id).name;
    traced_.request = uapi::Request(id, encoding_);
    traced_.fd = request_.Int(fd);
    traced_.struct_name = struct_name;
  }

  NamedValue Named(std::string_view name, std::uint64_t value, NameDomain domain) const {
    return {std::string(name), value, Decoded(domain, value, names_)};
  }
  void Field(std::string_view name, std::uint64_t value, NameDomain domain = NameDomain::kNone) {
    traced_.fields.push_back(Named(name, value, domain));
  }
  void Number(A fd, uapi::IoctlId id, std::string_view name, A argument, NameDomain domain) {
    Begin(fd, id, "");
    traced_.argument = Named(name, request_[argument], domain);
  }

  void EnableCap() {
    Begin(A::kFd, uapi::Ioctl("KVM_ENABLE_CAP"), "kvm_enable_cap");
    const uapi::kvm_enable_cap argument = scenario::EnableCapArgument(request_);
    Field("cap", argument.cap, NameDomain::kCapability);
    Field("flags", argument.flags);
    for (std::size_t i = 0; i < std::size(argument.args); ++i) {
      Field(absl::StrFormat("args[%d]", i), argument.args[i]);
    }
  }

  void CreateGuestMemfd() {
    Begin(A::kVm, uapi::Ioctl("KVM_CREATE_GUEST_MEMFD"), "kvm_create_guest_memfd");
    const uapi::kvm_create_guest_memfd argument = scenario::CreateGuestMemfdArgument(request_);
    Field("size", argument.size);
    Field("flags", argument.flags, NameDomain::kGuestMemfdFlag);
    if (argument.reserved[0] != 0) Field("reserved[0]", argument.reserved[0]);
  }

  template <typename Region>
  void RegionFields(const Region& argument) {
    Field("slot", argument.slot);
    Field("flags", argument.flags, NameDomain::kMemslotFlag);
    Field("guest_phys_addr", argument.guest_phys_addr);
    Field("memory_size", argument.memory_size);
    Field("userspace_addr", argument.userspace_addr);
  }
  void SetUserMemoryRegion() {
    Begin(A::kVm, uapi::Ioctl("KVM_SET_USER_MEMORY_REGION"), "kvm_userspace_memory_region");
    RegionFields(scenario::MemoryRegionArgument(request_));
  }
  void SetUserMemoryRegion2() {
    Begin(A::kVm, uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2"), "kvm_userspace_memory_region2");
    const uapi::kvm_userspace_memory_region2 argument = scenario::MemoryRegion2Argument(request_);
    RegionFields(argument);
    Field("guest_memfd_offset", argument.guest_memfd_offset);
    Field("guest_memfd", argument.guest_memfd);
  }

  void SetMemoryAttributes() {
    Begin(A::kVm, uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES"), "kvm_memory_attributes");
    const uapi::kvm_memory_attributes argument = scenario::MemoryAttributesArgument(request_);
    Field("address", argument.address);
    Field("size", argument.size);
    Field("attributes", argument.attributes, NameDomain::kMemoryAttribute);
    Field("flags", argument.flags, NameDomain::kContentMode);
  }
  void SetMemoryAttributes2() {
    Begin(A::kFd, uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES2"), "kvm_memory_attributes2");
    const uapi::kvm_memory_attributes2 argument = scenario::MemoryAttributes2Argument(request_);
    Field("offset", argument.offset);
    Field("size", argument.size);
    Field("attributes", argument.attributes, NameDomain::kMemoryAttribute);
    Field("flags", argument.flags, NameDomain::kContentMode);
    Field("error_offset", argument.error_offset);
    if (argument.reserved[0] != 0) Field("reserved[0]", argument.reserved[0]);
  }

  void PreFault() {
    Begin(A::kVcpu, uapi::Ioctl("KVM_PRE_FAULT_MEMORY"), "kvm_pre_fault_memory");
    const uapi::kvm_pre_fault_memory argument = scenario::PreFaultArgument(request_);
    Field("gpa", argument.gpa);
    Field("size", argument.size);
    Field("flags", argument.flags);
  }

  // Where the bitmap lies is the backend's affair.
  void GetDirtyLog() {
    Begin(A::kVm, uapi::Ioctl("KVM_GET_DIRTY_LOG"), "kvm_dirty_log");
    Field("slot", scenario::DirtyLogArgument(request_).slot);
  }
  void ClearDirtyLog() {
    Begin(A::kVm, uapi::Ioctl("KVM_CLEAR_DIRTY_LOG"), "kvm_clear_dirty_log");
    const uapi::kvm_clear_dirty_log argument = scenario::ClearDirtyLogArgument(request_);
    Field("slot", argument.slot);
    Field("num_pages", argument.num_pages);
    Field("first_page", argument.first_page);
  }

  void Raw() {
    traced_.request = static_cast<std::uint32_t>(request_[A::kRequest]);
    if (const auto id = uapi::FindIoctl(traced_.request, encoding_)) {
      traced_.name = uapi::GetIoctl(*id).name;
    }
    traced_.fd = request_.Int(A::kFd);
    traced_.argument = Named("arg", request_[A::kArg], NameDomain::kNone);
  }

  const scenario::CallRequest& request_;
  const scenario::NameContext& names_;
  uapi::Encoding encoding_ = uapi::Encoding::kGeneric;
  TracedIoctl traced_;
};

std::string ArgumentText(const scenario::ArgumentSpec& spec, std::uint64_t value,
                         const scenario::NameContext& names) {
  // -1 and its like are descriptors that somebody else's failure left behind.
  if (spec.kind == scenario::ArgumentKind::kDescriptor) {
    return absl::StrFormat("%d", static_cast<std::int32_t>(static_cast<std::uint32_t>(value)));
  }
  const bool no_source = spec.domain == NameDomain::kSourceByte && value == scenario::kNoSourceByte;
  if (no_source) return "NULL";
  if (spec.kind == scenario::ArgumentKind::kByte) {
    return scenario::FormatByte(static_cast<std::uint8_t>(value));
  }
  return Decoded(spec.domain, value, names);
}

}  // namespace

std::vector<NamedValue> ArgumentsOf(const scenario::CallRequest& request,
                                    const scenario::NameContext& names) {
  std::vector<NamedValue> arguments;
  for (const scenario::ArgumentSpec& spec : scenario::GetCall(request.id).arguments) {
    const std::string name(scenario::ArgumentName(spec.id));
    if (spec.kind == scenario::ArgumentKind::kList) {
      for (std::size_t i = 0; i < request.list.size(); ++i) {
        arguments.push_back({absl::StrFormat("%s[%d]", name, i), request.list[i],
                             scenario::FormatPlainNumber(request.list[i])});
      }
      continue;
    }
    arguments.push_back({name, request[spec.id], ArgumentText(spec, request[spec.id], names)});
  }
  return arguments;
}

std::optional<TracedIoctl> IoctlOf(const scenario::CallRequest& request,
                                   const scenario::NameContext& names) {
  return IoctlDecoder(request, names).Decode();
}

}  // namespace kvm_model::cli
