// From the text of a scenario file to its syntax tree, or to everything that is wrong with it.
//
// The whole file is read before anything runs: a file with one error runs nothing. Names, arguments
// and expectations are checked here as far as the text alone decides them; a descriptor of the
// wrong kind is no error, because showing what the kernel answers to it is what scenarios are for.
//
// Cost: linear in the text. Terminates on any bytes.
#ifndef KVM_MODEL_TOOLS_SCENARIO_PARSER_H_
#define KVM_MODEL_TOOLS_SCENARIO_PARSER_H_

#include <cstdint>
#include <expected>
#include <string_view>
#include <vector>

#include "tools/scenario/ast.h"
#include "tools/scenario/diagnostic.h"

namespace kvm_model::scenario {

// How deep repeats may nest, and how many turns one line may have in all: a scenario is to be read,
// and to end.
inline constexpr int kMaxRepeatDepth = 8;
inline constexpr std::uint64_t kMaxTurns = 1'000'000;

// `file` is the name that messages have. The errors come in the order of the file, at most twenty.
std::expected<Scenario, std::vector<Diagnostic>> Parse(std::string_view file,
                                                       std::string_view text);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_SCENARIO_PARSER_H_
