// Cases of accesses: what it costs that a guest or its process touches a page of a guest_memfd.
//
//   access/<operation>/<state>/<runs>/model
//
//   guest_read, guest_write   GuestRead() and GuestWrite() of one byte
//     shared_again, private_again
//                             the page is resident, holds a byte, and the guest has it mapped
//     shared_first, private_first
//                             the page is a hole
//     wrong_attribute         a private page addressed as shared, or the other way round:
//                             KVM_EXIT_MEMORY_FAULT, all pages resident and mapped
//   host_read                 Task::HostRead() of one byte
//     mapped                  the page is in the process's page tables: no fault
//   host_fault                the same, with a fault
//     first                   the page is a hole
//     again                   the page is resident, but not in the process's page tables
//     private                 SIGBUS
//   pre_fault                 PreFaultMemory() of one page
//     private_again, shared_first, private_first
//                             as above
//
//   runs                      of attributes that the file of 2^24 pages has: 10, 1000, 262144
//
// items_per_second are accesses: to 4096 different pages of the whole file, at random, the same in
// each iteration. What the model keeps of them fits the caches better than a guest's whole memory
// would. Each access's outcome and byte are compared with what the state says, within the time.
//
// Times are the thread's, with what the machine's kernel does for it. Where a page must be as it
// was before the next iteration, that is done in between and not timed. A read or write of a page
// that is there is a system call of the model's, as bytes lie in a memory file; a first write takes
// a page of the machine's own memory, which the machine's kernel has to find and clear.
#ifndef KVM_MODEL_BENCH_ACCESSES_ACCESS_CASES_H_
#define KVM_MODEL_BENCH_ACCESSES_ACCESS_CASES_H_

#include "bench/suite/suite.h"

namespace kvm_model::bench {

void AddAccessCases(Suite& suite);

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_ACCESSES_ACCESS_CASES_H_
