// Adds every case of the suite: stores beside each other, what is built on the model's, and who
// reads it while it is written. `for_each_store` says which stores, as in store_cases.h.
#ifndef KVM_MODEL_BENCH_SUITE_ALL_CASES_H_
#define KVM_MODEL_BENCH_SUITE_ALL_CASES_H_

#include "bench/accesses/access_cases.h"
#include "bench/beside_writer/beside_writer_cases.h"
#include "bench/capabilities/capability_cases.h"
#include "bench/conversions/conversion_cases.h"
#include "bench/suite/file_cases.h"
#include "bench/suite/store_cases.h"
#include "bench/suite/suite.h"

namespace kvm_model::bench {

template <typename ForEachStore>
void AddAllCases(Suite& suite, ForEachStore for_each_store) {
  AddUpdateCases(suite, for_each_store);
  AddQuestionCases(suite, for_each_store);
  AddFileCases(suite, for_each_store);
  AddMemoryCases(suite, for_each_store);
  AddConversionCases(suite);
  AddAccessCases(suite);
  AddCapabilityCases(suite);
  AddBesideWriterCases(suite);
}

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_SUITE_ALL_CASES_H_
