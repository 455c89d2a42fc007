// A scenario's text, run on the model and told as JSON: each call as C, its answer and what that
// means, the decisions, and the pages that it leaves.
//
// A call that answers something else than is expected doesn't end the run, as it does in
// `kvmsim run`: the page is for looking at what comes. Each step tells whether it was met.
#ifndef KVM_MODEL_TOOLS_SERVE_SCENARIO_RUN_H_
#define KVM_MODEL_TOOLS_SERVE_SCENARIO_RUN_H_

#include <string_view>

#include "tools/cli/caps_format.h"

namespace kvm_model::serve {

// What went wrong: {"errors": [{"line", "column", "message"}]}; nothing has run then. Otherwise:
//
//   host      {"arch", "revision", "page_size", "in_place", "chosen", "settings": [{"name",
//             "value"}]}: in_place says whether guest_memfds track attributes, chosen are the
//             settings of the host line
//   rule, description
//   steps     [{"line", "turn", "call", "c", "answer", "outcome", "meaning", "expected", "met",
//             "trail", "changed", "gone"}]
//             outcome is "ok", "failed" (an errno, a signal or an exit) or "unknown"
//             meaning is null, or {"means", "helps"}
//             expected is null where the scenario says nothing; met then is whether it is ok
//             trail is as TrailToJson has it, null past kMostTrailSteps
//             changed has the files that look otherwise than before: {NAME: {"pages", "rows":
//             [{"kind", "label", "runs": [[start, end, mark]]}]}}, half-open, in pages
//   end       null, or {"line", "reason"}: what ended the run before its last call
cli::Json RunText(std::string_view text);

}  // namespace kvm_model::serve

#endif  // KVM_MODEL_TOOLS_SERVE_SCENARIO_RUN_H_
