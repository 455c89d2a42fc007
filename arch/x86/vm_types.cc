
#include <cstdint>
#include <memory>
#include <span>

#include "arch/x86/arch.h"
#include "arch/x86/facts.h"
#include "arch/x86/vm.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/privileges.h"
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
     .guest_addresses_privately = true,
     .has_reverse_map = true},
    {.number = uapi::kX86TdxVm,
     .name = "TDX",
     .has_private_mem = true,
     .has_protected_state = true,
     .pre_fault_allowed = false,
     .has_launch_flow = true,
     .guest_addresses_privately = true,
     .mirrored_page_tables = true},
};

}  // namespace

std::unique_ptr<ArchVm> X86::MakeVm(const Host&, const VmType&) const {
  return std::make_unique<x86::VmState>();
}

std::span<const VmType> X86::named_vm_types() const { return kVmTypes; }

Result<VmType> X86::InitVm(const Host& host, const Privileges&, std::uint64_t type,
                           const Trail& caller) const {
  const Trail trail = caller.In("kvm_is_vm_type_supported");
  const std::uint64_t supported = x86::FactsOf(host).supported_vm_types;
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
  const x86::Facts& facts = x86::FactsOf(vm.host());
  // Without two-dimensional page tables KVM's own limit counts: 52 bits.
  const unsigned bits = facts.tdp_enabled ? facts.maxphyaddr : 52;
  const PageIndex gfns = PageIndex{1} << (bits - vm.host().facts().page_shift);
  trail.Note(Certainty::kInferred, "the highest gfn follows from the host's physical addresses");
  if (trail.If("the last gfn lies above the MMU's highest", change.base_gfn + change.npages > gfns,
               {{"end", change.base_gfn + change.npages}, {"gfns", gfns}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  if (trail.If("memory for what the MMU notes of each page is short",
               !vm.kernel().allocations().Allocate()))
    return trail.Fail(uapi::Errno::kENOMEM);
  return {};
}

}  // namespace kvm_model
