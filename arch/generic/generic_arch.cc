#include "arch/generic/generic_arch.h"

#include <cstdint>
#include <memory>
#include <optional>

#include "kvm_model/arch.h"
#include "kvm_model/file.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vcpu.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_type.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {

std::uint32_t GenericArch::UserMemSlots(const Revision&) const { return uapi::kMemSlotsNum; }

int GenericArch::MaxAddressSpaces(const Host&) const { return 1; }

int GenericArch::AddressSpaces(const Host& host, const VmType&) const {
  return MaxAddressSpaces(host);
}

std::uint64_t GenericArch::DirtyLogManualCaps(const Host&, const Trail&) const {
  return uapi::kDirtyLogManualProtectEnable;
}

std::uint32_t GenericArch::CpuDirtyLogSize(const Host&) const { return 0; }

Result<> GenericArch::CheckDirtyLog(const Vm&, const Trail&) const { return {}; }

std::unique_ptr<const ArchFacts> GenericArch::MakeFacts(const HostDraft&) const {
  return std::make_unique<ArchFacts>();
}

std::unique_ptr<ArchVm> GenericArch::MakeVm(const Host&, const VmType&) const { return nullptr; }

Result<> GenericArch::PrecreateVcpu(Vm&, std::uint64_t, const Trail&) const { return {}; }

Result<std::int64_t> GenericArch::EnableCap(Vm&, Caller&, const uapi::kvm_enable_cap& cap,
                                            const Trail& trail) const {
  trail.If("the architecture enables nothing on a VM", true, {{"cap", cap.cap}});
  return trail.Fail(uapi::Errno::kEINVAL);
}

Result<std::int64_t> GenericArch::EnableVcpuCap(Vcpu&, Caller&, const uapi::kvm_enable_cap& cap,
                                                const Trail& trail) const {
  trail.If("the architecture enables nothing on a vCPU", true, {{"cap", cap.cap}});
  return trail.Fail(uapi::Errno::kEINVAL);
}

IoctlAnswer GenericArch::VmIoctl(Vm&, Caller&, uapi::IoctlId, std::uint64_t, const Trail&) const {
  return std::nullopt;
}

Result<std::shared_ptr<File>> GenericArch::CreateDevice(const std::shared_ptr<Vm>&, std::uint32_t,
                                                        bool, const Trail& trail) const {
  trail.Note(Certainty::kNotModelled, "devices of this architecture");
  return trail.Fail(uapi::Errno::kENOSYS);
}

bool GenericArch::SupportsGmemInitShared(const Host&, const VmType&, const Trail& caller) const {
  const Trail trail = caller.In("kvm_arch_supports_gmem_init_shared");
  trail.Note(Certainty::kInferred, "the weak default is true");
  return true;
}

Result<> GenericArch::PrepareMemoryRegion(const Vm&, const MemoryRegionChange&,
                                          const Trail&) const {
  return {};
}

bool GenericArch::HasPreFaultMemory(const Revision&) const { return false; }

Result<> GenericArch::PreparePreFault(const Vm&, const Trail&) const { return {}; }

}  // namespace kvm_model
