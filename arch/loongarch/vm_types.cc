#include <cstdint>
#include <span>

#include "arch/loongarch/arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/page.h"
#include "kvm_model/privileges.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_type.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

constexpr VmType kVmTypes[] = {
    {.number = 0, .name = "DEFAULT"},
};

}  // namespace

std::span<const VmType> Loongarch::named_vm_types() const { return kVmTypes; }

// The type is not looked at.
Result<VmType> Loongarch::InitVm(const Host& host, const Privileges&, std::uint64_t type,
                                 const Trail&) const {
  VmType vm_type = kVmTypes[0];
  vm_type.number = type;
  vm_type.gpa_bits = static_cast<unsigned>(host["hw.gpa_bits"]);
  return vm_type;
}

// kvm_arch_prepare_memory_region().
Result<> Loongarch::PrepareMemoryRegion(const Vm& vm, const MemoryRegionChange& change,
                                        const Trail& caller) const {
  if (change.kind == MemoryRegionChange::Kind::kDelete) return {};
  const Trail trail = caller.In("kvm_arch_prepare_memory_region");
  const PageIndex gfns = PageIndex{1} << (vm.type().gpa_bits - vm.host().facts().page_shift);
  if (trail.If("the end lies beyond the guest's physical addresses",
               change.base_gfn + change.npages > gfns,
               {{"end", change.base_gfn + change.npages}, {"gfns", gfns}}))
    return trail.Fail(uapi::Errno::kENOMEM);
  return {};
}

}  // namespace kvm_model
