// What lies above the store, as operations of the gate: conversions, and accesses of guest and
// host.
//
//   conversion/<layer>/<page, or 2m>   64 conversions, to private and back to shared: what they ask
//                                      of the map alone, by the typed call
//                                      (GuestMemfd::SetMemoryAttributes), or through the door
//                                      (Task::Ioctl) with the struct in this process's own memory
//                                      or in memory that the task mapped
//   access/<who>_<mapped, or fault>    64 pages read that are in the page tables, or written to
//                                      when none is; the pages are resident
//
// Nothing is resident in conversions; they ask to PRESERVE.
#ifndef KVM_MODEL_BENCH_GATE_CONVERSION_OPERATIONS_H_
#define KVM_MODEL_BENCH_GATE_CONVERSION_OPERATIONS_H_

#include <vector>

#include "bench/gate/operation.h"

namespace kvm_model::bench {

// Ends the program when a VM can't be set up.
std::vector<Operation> ConversionOperations();
std::vector<Operation> AccessOperations();

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_GATE_CONVERSION_OPERATIONS_H_
