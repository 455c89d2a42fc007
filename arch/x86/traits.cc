#include <algorithm>
#include <cstdint>
#include <string_view>

#include "arch/x86/arch.h"
#include "arch/x86/facts.h"
#include "kvm_model/allocations.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_type.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model {
namespace {

// kvm_mmu_reload(): ENOSPC where no page tables may be made.
Result<> LoadMmu(const Vm& vm, const Trail& caller) {
  const Trail trail = caller.In("kvm_mmu_load");
  if (trail.If("tdp_mmu_enabled", x86::FactsOf(vm.host()).tdp_mmu_enabled)) return {};
  if (trail.If("kvm_mmu_available_pages() == 0: the VM never had a memslot", !vm.had_memslots()))
    return trail.Fail(uapi::Errno::kENOSPC);
  return {};
}

}  // namespace

const ArchTraits& X86::traits() const {
  static constexpr std::uint32_t kDeviceTypes[] = {uapi::kDevTypeVfio};
  static constexpr std::string_view kPrivateMemSymbols[] = {
      "CONFIG_KVM_SW_PROTECTED_VM", "CONFIG_KVM_INTEL_TDX", "CONFIG_KVM_AMD_SEV"};
  static constexpr ArchTraits kTraits = {
      .name = "x86",
      .ioctl_arch = uapi::IoctlArch::kX86,
      .unknown_device_ioctl = uapi::Errno::kEINVAL,
      .unknown_vm_ioctl = uapi::Errno::kENOTTY,
      .unknown_vcpu_ioctl = uapi::Errno::kEINVAL,
      // Four-level page tables; the last page below the canonical hole is not user space's.
      .user_address_end = (std::uint64_t{1} << 47) - 4096,
      .coalesced_mmio_page_offset = uapi::kX86CoalescedMmioPageOffset,
      // The page of port I/O data.
      .extra_vcpu_mmap_pages = 1,
      .private_mem_symbols = kPrivateMemSymbols,
      .guest_fault_checks_privacy = true,
      .device_types = kDeviceTypes,
  };
  return kTraits;
}

// Three slots are KVM's own.
std::uint32_t X86::UserMemSlots(const Revision&) const { return uapi::kMemSlotsNum - 3; }

// A trust domain has no more vCPUs than the machine has processors.
std::uint64_t X86::MaxVcpus(const Host& host, const VmType& type) const {
  const std::uint64_t most = x86::FactsOf(host).max_vcpus;
  return type.number == uapi::kX86TdxVm ? std::min(most, host.facts().cpus) : most;
}

// Four ids for each vCPU, so that ids can follow a sparse topology.
std::uint64_t X86::MaxVcpuIds(const Host& host) const { return 4 * x86::FactsOf(host).max_vcpus; }

std::uint64_t X86::DirtyLogManualCaps(const Host&, const Trail&) const {
  return uapi::kDirtyLogManualProtectEnable | uapi::kDirtyLogInitiallySet;
}

// What the page-modification log of Intel's two-dimensional page tables may still hold.
std::uint32_t X86::CpuDirtyLogSize(const Host& host) const {
  const x86::Facts& facts = x86::FactsOf(host);
  return facts.intel && facts.tdp_enabled ? 512 : 0;
}

int X86::MaxAddressSpaces(const Host& host) const { return x86::FactsOf(host).smm ? 2 : 1; }

// A VM with private memory has no address space for system management mode.
int X86::AddressSpaces(const Host& host, const VmType& type) const {
  return host.facts().private_mem_hook && type.has_private_mem ? 1 : MaxAddressSpaces(host);
}

bool X86::HasPreFaultMemory(const Revision&) const { return true; }

// kvm_arch_vcpu_pre_fault_memory() up to kvm_tdp_map_page().
Result<> X86::PreparePreFault(const Vm& vm, const Trail& trail) const {
  if (trail.If("pre_fault_allowed is false", !vm.type().pre_fault_allowed,
               {{"vm type", vm.type().number}}))
    return trail.Fail(uapi::Errno::kEOPNOTSUPP);
  if (trail.If("memory for page tables is short", !vm.kernel().allocations().Allocate()))
    return trail.Fail(uapi::Errno::kENOMEM);
  if (const Result<> loaded = LoadMmu(vm, trail); !loaded) return loaded;
  if (trail.If("the page tables are not two-dimensional", !x86::FactsOf(vm.host()).tdp_enabled))
    return trail.Fail(uapi::Errno::kEOPNOTSUPP);
  return {};
}

}  // namespace kvm_model
