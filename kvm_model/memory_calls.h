// madvise(2) and mlock(2), as far as they can reach a guest_memfd through a mapping.
//
// Addresses and lengths are bytes. Answers and their order are those of linux-6.18 with transparent
// huge pages configured, as they were seen there. A process may lock as much memory as it likes.
//
// Cost: Mlock() touches each page of a mapped file; neither does anything a page for memory of the
// process's own.
#ifndef KVM_MODEL_KVM_MODEL_MEMORY_CALLS_H_
#define KVM_MODEL_KVM_MODEL_MEMORY_CALLS_H_

#include <cstdint>

#include "kvm_model/file.h"
#include "kvm_model/result.h"

namespace kvm_model {

// The numbers are those of MADV_DONTNEED, MADV_REMOVE and MADV_HUGEPAGE. Other advice is not
// modelled, so it can't be given.
enum class MemoryAdvice : std::uint8_t { kDontNeed = 4, kRemove = 9, kHugePage = 14 };

// kDontNeed takes the pages out of the process's page tables, and forgets its own memory; kRemove
// punches a hole into the file behind a shared mapping; kHugePage changes nothing here. What comes
// before the first refusal is done. Models do_madvise().
//
// EINVAL: an unaligned address, a range that wraps around, locked memory (not for kHugePage), or
// kRemove on private memory of the process's own. EACCES: kRemove on a private mapping of a file.
// What fallocate(2) says of the file: ENODEV for a vCPU's. ENOMEM: part of the range is not mapped;
// the rest is done all the same.
Result<> Madvise(Caller& caller, std::uint64_t page_size, std::uint64_t address,
                 std::uint64_t length, MemoryAdvice advice);

// Marks what is mapped in the whole pages around the range as locked, which a forked child doesn't
// inherit, then faults it in. EINVAL: the range wraps around. ENOMEM: part of it is not mapped
// (what comes before is locked, nothing is faulted in), or a page can't be faulted in: it is
// private, lies past the end of the file, or the mapping takes no access. Models do_mlock().
Result<> Mlock(Caller& caller, std::uint64_t page_size, std::uint64_t address,
               std::uint64_t length);

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_MEMORY_CALLS_H_
