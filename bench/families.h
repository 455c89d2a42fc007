// Families: every benchmark that there is.
//
// Names are <layer>/<store>/<fragmentation>/<pages>/<mode>/<residency>:
//
//   null              reads the timed conversions and does nothing: what each time contains anyway
//   store             the map of attributes alone: model, std_map, bitmap
//   typed, door, door_task_memory
//                     a conversion of the model's guest_memfd (bench/subjects.h)
//   fragmentation     uniform, every_second, random (bench/workload.h)
//   pages             of each conversion: 1, 16, 512, 262144
//   mode              UNSPECIFIED, ZERO, PRESERVE; no_mode where there are no contents. ZERO is
//                     timed to shared only, as to private it is EOPNOTSUPP
//   residency         none, or resident: some pages of each conversion are; the counters
//                     resident_pages and resident_pages_per_conversion say how many
#ifndef KVM_MODEL_BENCH_FAMILIES_H_
#define KVM_MODEL_BENCH_FAMILIES_H_

#include <string_view>

namespace kvm_model::bench {

// Registers every benchmark with Google Benchmark, those of one workload next to each other.
void RegisterFamilies();

// A filter for a dozen model families and all of their peers.
std::string_view ShortFilter();

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_FAMILIES_H_
