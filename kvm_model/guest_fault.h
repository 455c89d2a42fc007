// Guest faults: what happens when a guest touches a page of its physical memory.
//
// No instruction is executed: a caller says which byte is read or written, and whether the guest
// addressed it as private. An access is atomic: where a conversion, a punched hole or a change of
// the memslots runs at the same time, it is made wholly before or wholly after it. A fault between
// whose steps an invalidation came starts over, as the kernel's does.
#ifndef KVM_MODEL_KVM_MODEL_GUEST_FAULT_H_
#define KVM_MODEL_KVM_MODEL_GUEST_FAULT_H_

#include <cstddef>
#include <cstdint>
#include <variant>

#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model {

// How a guest addresses memory. kAuto: as guests of this VM type do when nothing else is said. A
// software-protected guest takes memory as its attributes say, SNP and TDX guests mean private
// memory, all others shared.
enum class GuestAddressing : std::uint8_t { kAuto, kShared, kPrivate };

// KVM_EXIT_MMIO: nothing backs the address.
struct MmioExit {
  std::uint64_t gpa = 0;
  bool is_write = false;
};

// KVM_EXIT_MEMORY_FAULT; KVM_RUN fails with `error`, EFAULT or EHWPOISON.
struct MemoryFaultExit {
  std::uint64_t gpa = 0;    // bytes, the start of the page
  std::uint64_t size = 0;   // bytes, one page
  std::uint64_t flags = 0;  // KVM_MEMORY_EXIT_FLAG_PRIVATE or 0: how the guest addressed the page
  uapi::Errno error = uapi::Errno::kEFAULT;
};

// The access was made (the byte that was read, or written), or the exit to user space, or the errno
// of KVM_RUN without an exit.
using GuestAccessResult = std::variant<std::byte, MmioExit, MemoryFaultExit, uapi::Errno>;

// The guest reads or writes the byte at `gpa`. ENOMEM without an exit: the program's own memory is
// short, and nothing was written.
// Models kvm_mmu_faultin_pfn() of x86 (linux-7.0, rfc-v4); other architectures don't compare
// addressing with attributes.
GuestAccessResult GuestRead(Vm& vm, std::uint64_t gpa, GuestAddressing addressing,
                            const Trail& trail);
GuestAccessResult GuestWrite(Vm& vm, std::uint64_t gpa, std::byte value, GuestAddressing addressing,
                             const Trail& trail);

// KVM_PRE_FAULT_MEMORY with its argument copied in; `range` holds what is left to do when it
// returns, also on errors. 0 once at least one page was done, otherwise the errno. EINVAL,
// EOPNOTSUPP (this VM or its page tables can't), ENOENT (no memslot), EFAULT (private or shared
// where the other is meant), ENOMEM, EHWPOISON, EINTR (a signal is
// pending, which is looked for before each page). At most 2^22 pages a call, a bound of the model's
// own. Models kvm_vcpu_pre_fault_memory() and x86's
// kvm_arch_vcpu_pre_fault_memory().
Result<> PreFaultMemory(Vm& vm, uapi::kvm_pre_fault_memory& range, const Trail& trail);

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_GUEST_FAULT_H_
