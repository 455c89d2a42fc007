// A scenario's calls made one after the other, whatever its expectations say: what came back is
// what is looked at.
#ifndef KVM_MODEL_TOOLS_REVISIONS_REPLAY_H_
#define KVM_MODEL_TOOLS_REVISIONS_REPLAY_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "tools/backends/backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"

namespace kvm_model::revisions {

struct Step {
  const scenario::Call* call = nullptr;  // of the scenario that was replayed
  // Which one check_extension asks for.
  std::optional<std::uint64_t> capability;
  // Nothing where the call couldn't be made, as its process or a variable isn't there.
  std::optional<scenario::Answer> answer;
  // The answer as a scenario writes it: "EINVAL", "8", "fd"; why there is none otherwise.
  std::string text;
};

// Every call, those of repeats once a turn. In words, why the backend can't run the scenario. The
// scenario must outlive what is returned.
std::expected<std::vector<Step>, std::string> Replay(const scenario::Scenario& scenario,
                                                     scenario::Backend& backend);

}  // namespace kvm_model::revisions

#endif  // KVM_MODEL_TOOLS_REVISIONS_REPLAY_H_
