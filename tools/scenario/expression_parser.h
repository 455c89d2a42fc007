// Reads one value expression. Internal to the parser; include tools/scenario/parser.h.
#ifndef KVM_MODEL_TOOLS_SCENARIO_EXPRESSION_PARSER_H_
#define KVM_MODEL_TOOLS_SCENARIO_EXPRESSION_PARSER_H_

#include <optional>
#include <string>

#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/parse_state.h"

namespace kvm_model::scenario {

// Where an expression stands, which decides what names mean in it.
struct ExpressionPlace {
  NameDomain domain = NameDomain::kNone;
  bool pointer = false;  // NULL and BAD may stand here.
  std::string what;      // "size of create_guest_memfd", for messages.
};

// Nothing after an error, which has been reported.
std::optional<Expression> ParseExpression(ParseState& state, const ExpressionPlace& place);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_SCENARIO_EXPRESSION_PARSER_H_
