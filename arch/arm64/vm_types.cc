#include <cstdint>
#include <span>

#include "arch/arm64/arch.h"
#include "arch/arm64/facts.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/page.h"
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
    {.number = 0, .name = "DEFAULT"},
};

}  // namespace

std::span<const VmType> Arm64::named_vm_types() const { return kVmTypes; }

// KVM_VM_TYPE_ARM_IPA_SIZE(): 0 means 40 bits. In protected mode every VM has the host's limit.
Result<VmType> Arm64::InitVm(const Host& host, const Privileges&, std::uint64_t type,
                             const Trail& trail) const {
  constexpr std::uint64_t kDefaultIpaBits = 40;
  constexpr std::uint64_t kMinIpaBits = 32;
  const arm64::Facts& facts = arm64::FactsOf(host);
  if (trail.If("type & ~KVM_VM_TYPE_ARM_IPA_SIZE_MASK", (type & ~uapi::kVmTypeArmIpaSizeMask) != 0,
               {{"type", type}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  std::uint64_t bits = type == 0 ? kDefaultIpaBits : type;
  if (trail.If("is_protected_kvm_enabled()", facts.pkvm)) bits = facts.ipa_limit;
  if (trail.If("the IPA size is below the smallest", bits < kMinIpaBits, {{"bits", bits}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  if (trail.If("the IPA size is above the host's limit", bits > facts.ipa_limit,
               {{"bits", bits}, {"limit", facts.ipa_limit}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  VmType vm_type = kVmTypes[0];
  vm_type.number = type;
  if (type != 0) vm_type.name = "IPA";
  vm_type.gpa_bits = static_cast<unsigned>(bits);
  return vm_type;
}

// kvm_arch_prepare_memory_region(): create, move and flags-only changes.
Result<> Arm64::PrepareMemoryRegion(const Vm& vm, const MemoryRegionChange& change,
                                    const Trail& caller) const {
  if (change.kind == MemoryRegionChange::Kind::kDelete) return {};
  const Trail trail = caller.In("kvm_arch_prepare_memory_region");
  const PageIndex gfns = PageIndex{1} << (vm.type().gpa_bits - vm.host().facts().page_shift);
  if (trail.If("the end lies beyond the IPA size", change.base_gfn + change.npages > gfns,
               {{"end", change.base_gfn + change.npages}, {"gfns", gfns}}))
    return trail.Fail(uapi::Errno::kEFAULT);
  if (trail.If("a guest_memfd slot whose file can't be mapped",
               (change.flags & uapi::kMemGuestMemfd) != 0 && !change.gmem_only))
    return trail.Fail(uapi::Errno::kEINVAL);
  return {};
}

}  // namespace kvm_model
