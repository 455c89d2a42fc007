// Why a call of a scenario fails, in words and as JSON.
#ifndef KVM_MODEL_TOOLS_CLI_WHY_NOT_TEXT_H_
#define KVM_MODEL_TOOLS_CLI_WHY_NOT_TEXT_H_

#include <ostream>

#include "nlohmann/json_fwd.hpp"
#include "tools/explain/why_not.h"
#include "tools/scenario/ast.h"

namespace kvm_model::cli {

// The decisions, and each single change that would let the call succeed.
void PrintWhyNot(const scenario::Scenario& scenario, const explain::WhyNot& why, std::ostream& out);
nlohmann::ordered_json ToJson(const scenario::Scenario& scenario, const explain::WhyNot& why);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_WHY_NOT_TEXT_H_
