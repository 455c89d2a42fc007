// Reads one call with its arguments and its expectation. Internal to the parser; include
// tools/scenario/parser.h.
#ifndef KVM_MODEL_TOOLS_SCENARIO_CALL_PARSER_H_
#define KVM_MODEL_TOOLS_SCENARIO_CALL_PARSER_H_

#include <optional>

#include "tools/scenario/ast.h"
#include "tools/scenario/parse_state.h"

namespace kvm_model::scenario {

// [PROCESS:] [NAME =] CALL(ARGUMENTS) [-> EXPECTATION]. Nothing after an error, which has been
// reported; a NAME is defined even then, so that its later uses are no errors as well.
std::optional<Call> ParseCall(ParseState& state);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_SCENARIO_CALL_PARSER_H_
