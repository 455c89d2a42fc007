#include "tests/hostile/allowed.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/vfs_ioctls.h"

namespace kvm_model::hostile {
namespace {

using enum uapi::Errno;
using uapi::Errno;
using uapi::FdKind;

// The ioctls that the model has, with every errno that they may answer. ENOSYS: a part of it is
// known and not modelled.
struct Allowed {
  FdKind kind;
  std::string_view ioctl;
  std::vector<Errno> errnos;
  std::vector<std::string_view> architectures = {};  // none: all
};

const std::vector<Allowed>& Modelled() {
  static const auto* const kModelled = new std::vector<Allowed>{
      {FdKind::kSystem, "KVM_GET_API_VERSION", {kEINVAL}},
      {FdKind::kSystem, "KVM_CREATE_VM", {kEMFILE, kENOMEM, kEINVAL}},
      {FdKind::kSystem, "KVM_CHECK_EXTENSION", {kEINVAL}, {"arm64"}},
      {FdKind::kSystem, "KVM_CHECK_EXTENSION", {}},
      {FdKind::kSystem, "KVM_GET_VCPU_MMAP_SIZE", {kEINVAL}},
      {FdKind::kVm, "KVM_CHECK_EXTENSION", {}},
      {FdKind::kVm, "KVM_CREATE_IRQCHIP", {kEEXIST, kEINVAL, kENOTTY, kENOMEM}, {"x86"}},
      {FdKind::kVm, "KVM_CREATE_IRQCHIP", {kENXIO, kENODEV, kEEXIST, kE2BIG, kENOMEM}, {"arm64"}},
      {FdKind::kVm, "KVM_CREATE_IRQCHIP", {}, {"loongarch"}},
      {FdKind::kVm, "KVM_SET_BOOT_CPU_ID", {kEBUSY, kEINVAL}, {"x86"}},
      {FdKind::kVm,
       "KVM_CREATE_DEVICE",
       {kEFAULT, kENODEV, kENOMEM, kEEXIST, kE2BIG, kEMFILE, kENOSYS}},
      {FdKind::kVm, "KVM_CREATE_VCPU", {kEINVAL, kENOMEM, kEEXIST, kEMFILE}},
      {FdKind::kVm,
       "KVM_ENABLE_CAP",
       {kEFAULT, kEINVAL, kE2BIG, kEEXIST, kENXIO, kEBADF, kEPERM, kENODEV, kEBUSY}},
      {FdKind::kVm, "KVM_SET_USER_MEMORY_REGION", {kEFAULT, kEINVAL, kEEXIST, kENOMEM}},
      {FdKind::kVm, "KVM_SET_USER_MEMORY_REGION2", {kEFAULT, kEINVAL, kEEXIST, kENOMEM, kEBADF}},
      {FdKind::kVm, "KVM_SET_MEMORY_ATTRIBUTES", {kENOTTY, kEFAULT, kEINVAL, kENOMEM}},
      {FdKind::kVm, "KVM_SET_MEMORY_ATTRIBUTES2", {kENOTTY, kEFAULT, kEINVAL, kENOMEM}},
      {FdKind::kVm, "KVM_GET_DIRTY_LOG", {kENXIO, kEINVAL, kENOENT, kEFAULT, kEOPNOTSUPP}},
      {FdKind::kVm, "KVM_CLEAR_DIRTY_LOG", {kENXIO, kEINVAL, kENOENT, kEFAULT}},
      {FdKind::kVm, "KVM_CREATE_GUEST_MEMFD", {kEFAULT, kEINVAL, kEMFILE, kENOMEM}},
      {FdKind::kVcpu,
       "KVM_ENABLE_CAP",
       {kEFAULT, kEINVAL, kENOTTY, kEBADF, kEPERM, kENXIO, kENOSYS}},
      {FdKind::kVcpu, "KVM_RUN", {kEINVAL, kEINTR, kENOSYS}},
      {FdKind::kVcpu,
       "KVM_PRE_FAULT_MEMORY",
       {kEFAULT, kEINVAL, kEOPNOTSUPP, kENOENT, kENOMEM, kEHWPOISON}},
      {FdKind::kGuestMemfd,
       "KVM_SET_MEMORY_ATTRIBUTES2",
       {kENOTTY, kEFAULT, kEINVAL, kEOPNOTSUPP, kENOMEM, kEAGAIN}},
  };
  return *kModelled;
}

// The ioctls of that list that this host has: what it is built without is unknown to it.
bool HasModelled(const Host& host, FdKind kind, std::string_view ioctl) {
  if (kind == FdKind::kGuestMemfd) return host.facts().in_place_conversion;
  if (kind == FdKind::kVcpu && ioctl == "KVM_ENABLE_CAP") {
    return host.arch().traits().has_vcpu_enable_cap;
  }
  if (ioctl == "KVM_CLEAR_DIRTY_LOG") return host.facts().dirtylog_read_protect;
  if (ioctl == "KVM_CREATE_GUEST_MEMFD") return host.facts().guest_memfd;
  if (ioctl == "KVM_PRE_FAULT_MEMORY") return host.arch().traits().name == "x86";
  if (ioctl == "KVM_SET_MEMORY_ATTRIBUTES") return host.facts().vm_memory_attributes_config;
  if (ioctl == "KVM_SET_MEMORY_ATTRIBUTES2") {
    return host.facts().vm_memory_attributes_config &&
           host.revision().memory_attributes2_cap.has_value();
  }
  return true;
}

Errno UnknownTo(const Host& host, FdKind kind) {
  const ArchTraits& traits = host.arch().traits();
  switch (kind) {
    case FdKind::kSystem:
      return traits.unknown_device_ioctl;
    case FdKind::kVm:
      return traits.unknown_vm_ioctl;
    case FdKind::kVcpu:
      return traits.unknown_vcpu_ioctl;
    default:
      return kENOTTY;
  }
}

// Whether the architecture has the ioctl on such a descriptor, by the table of ioctls.
bool IsKnown(const Host& host, FdKind kind, const uapi::IoctlDef& ioctl) {
  const uapi::IoctlArch own = host.arch().traits().ioctl_arch;
  if (ioctl.fds.Contains(kind)) return ioctl.arch == uapi::IoctlArch::kAll || ioctl.arch == own;
  return ioctl.x86_fds.Contains(kind) && own == uapi::IoctlArch::kX86;
}

std::vector<Errno> OfVfs(uapi::VfsIoctl id, FdKind kind) {
  switch (id) {
    case uapi::VfsIoctl::kFioclex:
    case uapi::VfsIoctl::kFionclex:
      return {};
    case uapi::VfsIoctl::kFionbio:
    case uapi::VfsIoctl::kFigetbsz:
      return {kEFAULT};
    case uapi::VfsIoctl::kFioasync:
      return {kEFAULT, kENOTTY};
    case uapi::VfsIoctl::kFioqsize:
      return {kENOTTY, kEFAULT};
    case uapi::VfsIoctl::kFiemap:
    case uapi::VfsIoctl::kFifreeze:
      return {kEOPNOTSUPP};
    case uapi::VfsIoctl::kFiclone:
      return {kind == FdKind::kGuestMemfd ? kEOPNOTSUPP : kEINVAL};
  }
  return {};
}

// The errnos that may come, and whether the call may also succeed.
struct Expected {
  std::vector<Errno> errnos;
  bool may_succeed = false;
};

Expected ExpectedOf(const Host& host, FdKind kind, std::uint32_t request) {
  const ArchTraits& traits = host.arch().traits();
  if (const auto vfs = uapi::FindVfsIoctl(request, traits.vfs_numbering)) {
    const bool tells_size = !host.revision().anonymous_inodes_are_special;
    const bool always_fails = (*vfs == uapi::VfsIoctl::kFioqsize && !tells_size) ||
                              *vfs == uapi::VfsIoctl::kFiemap ||
                              *vfs == uapi::VfsIoctl::kFifreeze || *vfs == uapi::VfsIoctl::kFiclone;
    return {OfVfs(*vfs, kind), !always_fails};
  }
  if (kind == FdKind::kVcpu && (request >> 8 & 0xff) != uapi::kKvmio) return {{kEINVAL}, false};
  const std::optional<uapi::IoctlId> id = uapi::FindIoctl(request, traits.ioctl_encoding);
  const std::vector<Errno> unknown = {UnknownTo(host, kind)};
  if (!id.has_value()) return {unknown, false};
  const uapi::IoctlDef& ioctl = uapi::GetIoctl(*id);
  const auto modelled = std::ranges::find_if(Modelled(), [&](const Allowed& allowed) {
    const auto& architectures = allowed.architectures;
    return allowed.kind == kind && allowed.ioctl == ioctl.name &&
           (architectures.empty() ||
            std::ranges::find(architectures, traits.name) != architectures.end());
  });
  if (modelled != Modelled().end()) {
    if (!HasModelled(host, kind, ioctl.name)) return {unknown, false};
    return {modelled->errnos, true};
  }
  // A guest_memfd has one ioctl; KVM's other files have those of the table.
  if (kind != FdKind::kGuestMemfd && IsKnown(host, kind, ioctl)) return {{kENOSYS}, false};
  return {unknown, false};
}

}  // namespace

std::string WhyNotAllowed(const Host& host, FdKind kind, std::uint32_t request,
                          const Result<std::int64_t>& answer) {
  const Expected expected = ExpectedOf(host, kind, request);
  if (answer) {
    return expected.may_succeed ? "" : absl::StrFormat("request %#x succeeded", request);
  }
  const Errno error = answer.error();
  if (std::ranges::find(expected.errnos, error) != expected.errnos.end()) return "";
  return absl::StrFormat("request %#x answered %s", request, std::string(uapi::ErrnoName(error)));
}

}  // namespace kvm_model::hostile
