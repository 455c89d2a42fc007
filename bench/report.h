// The report: a run's JSON, as Google Benchmark writes it, as a table of ratios.
//
// One line a family of the model, in the run's order: its conversions and pages a second, and how
// its conversions a second compare with those of the peers std_map and bitmap on the same
// conversions in the same run. Above 1 the model is faster, below 1 the peer is; nothing is left
// out. Peers are bare stores: beside a whole conversion (typed, door) they do far less. ZERO's
// conversions go one way only, its peers' both. With repetitions the median counts.
#ifndef KVM_MODEL_BENCH_REPORT_H_
#define KVM_MODEL_BENCH_REPORT_H_

#include <expected>
#include <string>
#include <string_view>

namespace kvm_model::bench {

// The table, each line ending in a newline; or what keeps it from being made: text that is no run,
// a benchmark that reported an error, or no family of the model.
std::expected<std::string, std::string> RatioTable(std::string_view json);

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_REPORT_H_
