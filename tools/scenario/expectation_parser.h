// Reads what stands behind `->`. Internal to the parser; include tools/scenario/parser.h.
#ifndef KVM_MODEL_TOOLS_SCENARIO_EXPECTATION_PARSER_H_
#define KVM_MODEL_TOOLS_SCENARIO_EXPECTATION_PARSER_H_

#include <optional>

#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/parse_state.h"

namespace kvm_model::scenario {

// An expectation that `call` can meet; `domain` is what the number in its answer is made of.
// Nothing after an error, which has been reported: among them an answer that this call never gives.
std::optional<Expectation> ParseExpectation(ParseState& state, const CallSpec& call,
                                            NameDomain domain);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_SCENARIO_EXPECTATION_PARSER_H_
