#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "arch/riscv/arch.h"
#include "arch/riscv/facts.h"
#include "arch/riscv/vm.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/mm.h"
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

// Memory of the process that the slot lets the guest write, and the process itself can't.
bool ShowsReadOnlyMemory(const Vm& vm, const MemoryRegionChange& change) {
  if ((change.flags & uapi::kMemReadonly) != 0) return false;
  const std::uint64_t bytes = change.npages << vm.host().facts().page_shift;
  return std::ranges::any_of(vm.mm().AreasIn(change.userspace_addr, change.userspace_addr + bytes),
                             [](const Mm::Area& area) { return (area.prot & PROT_WRITE) == 0; });
}

}  // namespace

std::span<const VmType> Riscv::named_vm_types() const { return kVmTypes; }

// The type is not looked at.
Result<VmType> Riscv::InitVm(const Host&, const Privileges&, std::uint64_t type,
                             const Trail&) const {
  VmType vm_type = kVmTypes[0];
  vm_type.number = type;
  return vm_type;
}

std::unique_ptr<ArchVm> Riscv::MakeVm(const Host& host, const VmType&) const {
  return std::make_unique<riscv::VmState>(riscv::FactsOf(host).gpa_bits);
}

// kvm_arch_prepare_memory_region(): the last possible page can't be used either.
Result<> Riscv::PrepareMemoryRegion(const Vm& vm, const MemoryRegionChange& change,
                                    const Trail& caller) const {
  if (change.kind == MemoryRegionChange::Kind::kDelete) return {};
  const Trail trail = caller.In("kvm_arch_prepare_memory_region");
  const unsigned bits = riscv::StateOf(vm).gpa_bits.load(std::memory_order_relaxed);
  const PageIndex gfns = PageIndex{1} << (bits - vm.host().facts().page_shift);
  if (trail.If("the end reaches the guest's last page", change.base_gfn + change.npages >= gfns,
               {{"end", change.base_gfn + change.npages}, {"gfns", gfns}}))
    return trail.Fail(uapi::Errno::kEFAULT);
  if (trail.If("a writable slot shows memory that can't be written",
               ShowsReadOnlyMemory(vm, change)))
    return trail.Fail(uapi::Errno::kEPERM);
  return {};
}

}  // namespace kvm_model
