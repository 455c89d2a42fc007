// How two hosts differ, and which of it makes a capability's answer differ: found by trying.
//
// Cost: two hosts are a handful of differences; each combination that is tried boots a host once,
// whatever number of capabilities it is then asked for.
#ifndef KVM_MODEL_TOOLS_CLI_HOST_DIFFERENCE_H_
#define KVM_MODEL_TOOLS_CLI_HOST_DIFFERENCE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tools/cli/capability_query.h"
#include "tools/cli/caps_options.h"

namespace kvm_model::cli {

struct HostDifference {
  enum class What : std::uint8_t { kArch, kRevision, kVmType, kSetting };
  What what = What::kSetting;
  std::string name;  // "architecture", "revision", "VM type", or the setting's
  // Empty where the host doesn't have the setting.
  std::string from;
  std::string to;
};

// Architecture, revision, VM type (where VMs are asked), and every setting that the hosts' texts
// don't give the same value. When the architectures differ there is only that.
std::vector<HostDifference> DifferencesBetween(const AskedHost& from, const AskedHost& to);

// Indices of differences.
struct DifferencesBehind {
  std::vector<std::size_t> because;
  std::vector<std::size_t> needed;
};

// Says which differences are behind an answer.
class DifferenceTracer {
 public:
  DifferenceTracer(const AskedHost& from, const AskedHost& to);

  const std::vector<HostDifference>& differences() const { return differences_; }

  // A smallest set of differences with which `from` answers as `to` does: none of them can be left
  // out. Where that is only so because there is no host without it, a difference that changes
  // nothing by itself is needed and not behind the answer.
  DifferencesBehind Behind(const CapabilityAnswer& from, const CapabilityAnswer& to);

 private:
  // A bit for each difference that is taken from `to`.
  using Mixture = std::vector<bool>;
  // Null where there is no such host, or it can't make the VM.
  CapabilityAsker* Asker(const Mixture& mixture);
  CapabilityAsker* Asker(const HostSpec& spec);
  HostSpec Mix(const Mixture& mixture) const;
  // Whether the difference alone changes the answer, on hosts that are alike otherwise; true where
  // there are no such hosts.
  bool Matters(std::size_t difference, const CapabilityAnswer& from, const CapabilityAnswer& to);

  const AskedHost& from_;
  const AskedHost& to_;
  const std::vector<HostDifference> differences_;
  std::map<std::string, std::unique_ptr<CapabilityAsker>> askers_;  // by the host's text
};

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_HOST_DIFFERENCE_H_
