#include <cstdint>
#include <span>

#include "arch/riscv/arch.h"
#include "arch/riscv/facts.h"
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

std::span<const VmType> Riscv::named_vm_types() const { return kVmTypes; }

// The type is not looked at.
Result<VmType> Riscv::InitVm(const Host& host, const Privileges&, std::uint64_t type,
                             const Trail&) const {
  VmType vm_type = kVmTypes[0];
  vm_type.number = type;
  vm_type.gpa_bits = riscv::FactsOf(host).gpa_bits;
  return vm_type;
}

// kvm_arch_prepare_memory_region(): the last possible page can't be used either.
Result<> Riscv::PrepareMemoryRegion(const Vm& vm, const MemoryRegionChange& change,
                                    const Trail& caller) const {
  if (change.kind == MemoryRegionChange::Kind::kDelete) return {};
  const Trail trail = caller.In("kvm_arch_prepare_memory_region");
  const PageIndex gfns = PageIndex{1} << (vm.type().gpa_bits - vm.host().facts().page_shift);
  if (trail.If("the end reaches the guest's last page", change.base_gfn + change.npages >= gfns,
               {{"end", change.base_gfn + change.npages}, {"gfns", gfns}}))
    return trail.Fail(uapi::Errno::kEFAULT);
  return {};
}

}  // namespace kvm_model
