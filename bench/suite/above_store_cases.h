// Adds every case that isn't about stores beside each other: what is built on the model's store,
// and who reads it while it is written.
#ifndef KVM_MODEL_BENCH_SUITE_ABOVE_STORE_CASES_H_
#define KVM_MODEL_BENCH_SUITE_ABOVE_STORE_CASES_H_

#include "bench/accesses/access_cases.h"
#include "bench/beside_writer/beside_writer_cases.h"
#include "bench/capabilities/capability_cases.h"
#include "bench/conversions/conversion_cases.h"
#include "bench/suite/suite.h"

namespace kvm_model::bench {

inline void AddAboveStoreCases(Suite& suite) {
  AddConversionCases(suite);
  AddAccessCases(suite);
  AddCapabilityCases(suite);
  AddBesideWriterCases(suite);
}

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_SUITE_ABOVE_STORE_CASES_H_
