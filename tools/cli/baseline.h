// The known differences of a kernel: failures that a report expects.
#ifndef KVM_MODEL_TOOLS_CLI_BASELINE_H_
#define KVM_MODEL_TOOLS_CLI_BASELINE_H_

#include <expected>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/conformance.h"

namespace kvm_model::cli {

struct BaselineEntry {
  int line = 0;  // of the file
  std::string backend;
  std::string scenario;  // its file
  int call = 0;          // the line of the call that answers otherwise
  std::string answer;
  std::string why;
};

// A line an entry: backend, scenario, line, answer, why, separated by tabs. Lines that open with #
// and empty lines are none. On failure each wrong line, with the file's name and the line's number.
std::expected<std::vector<BaselineEntry>, std::vector<std::string>> ParseBaseline(
    std::string_view file, std::string_view text);

// An entry that says what isn't so.
struct StaleEntry {
  BaselineEntry entry;
  std::string reason;
};

// Marks the failures that the entries name as known. What comes back are the entries whose scenario
// was run and did not fail so, and those whose scenario is none of `all`; one that was skipped, or
// not run, is not judged.
std::vector<StaleEntry> ApplyBaseline(const std::vector<BaselineEntry>& entries,
                                      const std::set<std::string>& all, ConformanceRun& run);

// The failures of the run as such a file, those that are not known with `why` left to be said, and
// the entries whose scenario the run doesn't judge.
std::string WriteBaseline(const ConformanceRun& run, const std::vector<BaselineEntry>& entries);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_BASELINE_H_
