// Cases of capabilities: what an answer to KVM_CHECK_EXTENSION costs.
//
//   capability/<architecture>/<numbers>/<subject>
//
//   numbers   of 0 to 255. generic: the generic function answers. arch: it leaves the answer to the
//             architecture, and the model has one; numbers that nobody knows are among them. all:
//             all 256, also those that the model has no answer for (ENOSYS)
//   subject   typed: CheckExtension(). door: Task::Ioctl() on the VM's descriptor
//
// A VM of type 0 is asked, on the architecture's host of the default revision with default
// settings; nobody listens to the trail. Before the clock starts both subjects must answer alike,
// and the answers of each pass are added up and compared. items_per_second are answers; the numbers
// are asked in ascending order, again and again, so code and data are in the caches and branches
// are foreseen: the least that an answer can cost.
#ifndef KVM_MODEL_BENCH_CAPABILITIES_CAPABILITY_CASES_H_
#define KVM_MODEL_BENCH_CAPABILITIES_CAPABILITY_CASES_H_

#include "bench/suite/suite.h"

namespace kvm_model::bench {

void AddCapabilityCases(Suite& suite);

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_CAPABILITIES_CAPABILITY_CASES_H_
