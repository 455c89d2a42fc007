// Cases of conversions: what a whole conversion costs, layer by layer, over the store's own.
//
//   conversion/<fragmentation>/<pages>/<mode>/<residency>/<subject>
//
//   fragmentation     uniform, every_second, random (bench/conversions/workload.h), of a
//   guest_memfd
//                     of 2^24 pages
//   pages             of each conversion: 1, 16, 512, 262144
//   mode              UNSPECIFIED, ZERO, PRESERVE. ZERO is timed to shared only, as to private it
//   is
//                     EOPNOTSUPP
//   residency         none, or resident: some pages of each conversion are; the counters
//                     resident_pages and resident_pages_per_conversion say how many
//   subject           store_set, store, typed, door, door_task_memory
//   (bench/conversions/subjects.h)
//                     and null, which reads the list of conversions and does nothing: what each
//                     time contains anyway
//
// items_per_second are conversions, pages_per_second their pages. A time is that of the steady
// clock around a round of conversions, not the thread's: what else runs on the machine shows.
//
// All subjects of a case convert the same list from the same state. The map knows nothing of modes
// and residency: store_set and store do the same in every case of a list, and stand in each so that
// they are measured beside the layers that they are compared with.
#ifndef KVM_MODEL_BENCH_CONVERSIONS_CONVERSION_CASES_H_
#define KVM_MODEL_BENCH_CONVERSIONS_CONVERSION_CASES_H_

#include "bench/suite/suite.h"

namespace kvm_model::bench {

void AddConversionCases(Suite& suite);

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_CONVERSIONS_CONVERSION_CASES_H_
