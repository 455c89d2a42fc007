#include <atomic>
#include <cstdint>
#include <span>

#include "arch/arm64/arch.h"
#include "arch/arm64/facts.h"
#include "arch/arm64/vm.h"
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

// KVM_VM_TYPE_ARM_IPA_SIZE(): 0 means 40 bits. In protected mode every VM has the host's limit, and
// may be protected itself.
Result<VmType> Arm64::InitVm(const Host& host, const Privileges&, std::uint64_t type,
                             const Trail& trail) const {
  constexpr std::uint64_t kDefaultIpaBits = 40;
  constexpr std::uint64_t kMinIpaBits = 32;
  const arm64::Facts& facts = arm64::FactsOf(host);
  const std::uint64_t flags =
      host.revision().arm64_protected_vms ? type & uapi::kVmTypeArmProtected : 0;
  const std::uint64_t ipa = type & ~flags;
  if (trail.If("type & ~KVM_VM_TYPE_ARM_IPA_SIZE_MASK", (ipa & ~uapi::kVmTypeArmIpaSizeMask) != 0,
               {{"type", type}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  if (flags != 0 &&
      trail.If("KVM_VM_TYPE_ARM_PROTECTED && !is_protected_kvm_enabled()", !facts.pkvm))
    return trail.Fail(uapi::Errno::kEINVAL);
  std::uint64_t bits = ipa == 0 ? kDefaultIpaBits : ipa;
  if (trail.If("is_protected_kvm_enabled()", facts.pkvm)) bits = facts.ipa_limit;
  if (trail.If("the IPA size is below the smallest", bits < kMinIpaBits, {{"bits", bits}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  if (trail.If("the IPA size is above the host's limit", bits > facts.ipa_limit,
               {{"bits", bits}, {"limit", facts.ipa_limit}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  VmType vm_type = kVmTypes[0];
  vm_type.number = type;
  if (ipa != 0) vm_type.name = "IPA";
  if (flags != 0) vm_type.name = "PROTECTED";
  vm_type.gpa_bits = static_cast<unsigned>(bits);
  return vm_type;
}

namespace {

// A protected VM's memory: never read-only, never logged, and where it is once the VM has run.
Result<> CheckProtectedMemory(const Vm& vm, const MemoryRegionChange& change, const Trail& trail) {
  using Kind = MemoryRegionChange::Kind;
  constexpr std::uint32_t kRefused = uapi::kMemReadonly | uapi::kMemLogDirtyPages;
  if (!arm64::IsProtected(vm)) return {};
  const bool leaves = change.kind == Kind::kDelete || change.kind == Kind::kMove;
  if (leaves && trail.If("the protected VM has run", vm.has_run()))
    return trail.Fail(uapi::Errno::kEPERM);
  if (change.kind != Kind::kDelete &&
      trail.If("a slot of a protected VM is read-only or logged", (change.flags & kRefused) != 0))
    return trail.Fail(uapi::Errno::kEPERM);
  return {};
}

}  // namespace

// kvm_arch_prepare_memory_region().
Result<> Arm64::PrepareMemoryRegion(const Vm& vm, const MemoryRegionChange& change,
                                    const Trail& caller) const {
  const Trail trail = caller.In("kvm_arch_prepare_memory_region");
  if (const Result<> possible = CheckProtectedMemory(vm, change, trail); !possible) return possible;
  if (change.kind == MemoryRegionChange::Kind::kDelete) return {};
  const PageIndex gfns = PageIndex{1} << (vm.type().gpa_bits - vm.host().facts().page_shift);
  if (trail.If("the end lies beyond the IPA size", change.base_gfn + change.npages > gfns,
               {{"end", change.base_gfn + change.npages}, {"gfns", gfns}}))
    return trail.Fail(uapi::Errno::kEFAULT);
  if (trail.If("a guest_memfd slot whose file can't be mapped",
               (change.flags & uapi::kMemGuestMemfd) != 0 && !change.gmem_only))
    return trail.Fail(uapi::Errno::kEINVAL);
  if ((change.flags & uapi::kMemGuestMemfd) != 0 &&
      trail.If("kvm_has_mte(kvm)", arm64::StateOf(vm).mte.load(std::memory_order_relaxed)))
    return trail.Fail(uapi::Errno::kEINVAL);
  return {};
}

}  // namespace kvm_model
