// From an expression to its number, on one host and in one turn of a repeat.
//
// Every value of a scenario is a 64-bit number, as in the C program that it stands for: a
// descriptor, an address or a pin too, so a call can be given any of them wherever it takes a
// number. A call that failed leaves -1 behind in its variable.
#ifndef KVM_MODEL_TOOLS_SCENARIO_EVALUATE_H_
#define KVM_MODEL_TOOLS_SCENARIO_EVALUATE_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/names.h"

namespace kvm_model::scenario {

struct Environment {
  std::uint64_t page_size = 4096;     // In bytes.
  std::uint64_t bad_address = 0;      // What BAD stands for.
  std::optional<std::uint64_t> turn;  // Of the innermost repeat: $i.
  absl::FunctionRef<std::optional<std::uint64_t>(std::string_view)> variable;
};

// The value, modulo 2^64; or, in words, why there is none: a number of pages that doesn't fit 64
// bits on this host, or a variable whose call never ran (its repeat had no turn).
std::expected<std::uint64_t, std::string> Evaluate(const Expression& expression,
                                                   const Environment& environment);

// The value of an expression that is the same on every host; nothing for any other.
std::optional<std::uint64_t> EvaluateConstant(const Expression& expression);

// What the call's answer counts or flags, by the host's names: decided by the call, and for
// check_extension by the capability that it asks for.
NameDomain AnswerDomain(const Call& call, const NameContext& names);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_SCENARIO_EVALUATE_H_
