// What two hosts answer otherwise, capability by capability, and why: all that `kvmsim caps diff`
// tells, and its forms.
#ifndef KVM_MODEL_TOOLS_CLI_CAPS_DIFFERENCE_H_
#define KVM_MODEL_TOOLS_CLI_CAPS_DIFFERENCE_H_

#include <expected>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "tools/cli/capability_query.h"
#include "tools/cli/caps_options.h"
#include "tools/cli/host_difference.h"

namespace kvm_model::cli {

// One side: a host and its descriptor.
struct DiffSide {
  AskedHost host;
  std::unique_ptr<CapabilityAsker> asker;
};

// The host that `text` names, as ParseHostSpec reads it; `scope` is "vm" or "system". An error in
// words, led by `option`.
std::expected<DiffSide, std::string> OpenDiffSide(const std::string& option,
                                                  const std::string& text,
                                                  const std::string& scope);

struct CapabilityDifference {
  CapabilityAnswer from;
  CapabilityAnswer to;
  std::vector<HostDifference> because;  // empty: can't be told
  std::vector<HostDifference> needed;   // what there is no such host without
};

// In order of number, then of name.
std::vector<CapabilityDifference> FindDifferences(const DiffSide& from, const DiffSide& to);

void PrintDifferences(const DiffSide& from, const DiffSide& to,
                      const std::vector<CapabilityDifference>& differences,
                      const std::string& scope, std::ostream& out);
void PrintDifferencesCsv(const std::vector<CapabilityDifference>& differences, std::ostream& out);
void PrintDifferencesJson(const DiffSide& from, const DiffSide& to,
                          const std::vector<CapabilityDifference>& differences, std::ostream& out);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_CAPS_DIFFERENCE_H_
