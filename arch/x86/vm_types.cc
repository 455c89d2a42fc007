#include "arch/x86/vm_types.h"

#include <cstdint>
#include <span>

#include "arch/x86/arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_type.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

constexpr VmType kVmTypes[] = {
    {.number = uapi::kX86DefaultVm, .name = "DEFAULT"},
    {.number = uapi::kX86SwProtectedVm,
     .name = "SW_PROTECTED",
     .has_private_mem = true,
     .privacy_follows_attributes = true},
    {.number = uapi::kX86SevVm, .name = "SEV"},
    {.number = uapi::kX86SevEsVm, .name = "SEV_ES", .has_protected_state = true},
    {.number = uapi::kX86SnpVm,
     .name = "SNP",
     .has_private_mem = true,
     .has_protected_state = true,
     .pre_fault_allowed = false,
     .has_launch_flow = true,
     .guest_addresses_privately = true},
    {.number = uapi::kX86TdxVm,
     .name = "TDX",
     .has_private_mem = true,
     .has_protected_state = true,
     .pre_fault_allowed = false,
     .has_launch_flow = true,
     .guest_addresses_privately = true},
};

}  // namespace

namespace x86 {

std::uint64_t SupportedVmTypes(const Host& host) {
  const auto bit = [](std::uint64_t type, bool supported) {
    return supported ? std::uint64_t{1} << type : 0;
  };
  const bool tdp_mmu = host["hw.tdp"] != 0 && host["kvm.tdp_mmu"] != 0;
  return bit(uapi::kX86DefaultVm, true) |
         bit(uapi::kX86SwProtectedVm, host["CONFIG_KVM_SW_PROTECTED_VM"] != 0 && tdp_mmu) |
         bit(uapi::kX86SevVm, host["hw.sev"] != 0) |
         bit(uapi::kX86SevEsVm, host["hw.sev_es"] != 0) |
         bit(uapi::kX86SnpVm, host["hw.snp"] != 0) | bit(uapi::kX86TdxVm, host["hw.tdx"] != 0);
}

}  // namespace x86

std::span<const VmType> X86::named_vm_types() const { return kVmTypes; }

Result<VmType> X86::InitVm(const Host& host, std::uint64_t type, const Trail& caller) const {
  const Trail trail = caller.In("kvm_is_vm_type_supported");
  const std::uint64_t supported = x86::SupportedVmTypes(host);
  if (!trail.If("type < 32", type < 32, {{"type", type}})) return trail.Fail(uapi::Errno::kEINVAL);
  if (!trail.If("the type's bit is in supported_vm_types", (supported >> type & 1) != 0,
                {{"type", type}, {"supported_vm_types", supported}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  return kVmTypes[type];
}

// kvm_arch_prepare_memory_region().
Result<> X86::PrepareMemoryRegion(const Vm& vm, const MemoryRegionChange& change,
                                  const Trail& caller) const {
  if (change.kind != MemoryRegionChange::Kind::kCreate &&
      change.kind != MemoryRegionChange::Kind::kMove) {
    return {};
  }
  const Trail trail = caller.In("kvm_arch_prepare_memory_region");
  const Host& host = vm.host();
  // Without two-dimensional page tables KVM's own limit counts: 52 bits.
  const auto bits = static_cast<std::uint64_t>(host["hw.tdp"] != 0 ? host["hw.maxphyaddr"] : 52);
  const PageIndex gfns = PageIndex{1} << (bits - host.facts().page_shift);
  trail.Note(Certainty::kInferred, "the highest gfn follows from the host's physical addresses");
  if (trail.If("the last gfn lies above the MMU's highest", change.base_gfn + change.npages > gfns,
               {{"end", change.base_gfn + change.npages}, {"gfns", gfns}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  return {};
}

}  // namespace kvm_model
