// Whether an answer is one that a scenario expects.
#ifndef KVM_MODEL_TOOLS_SCENARIO_MATCH_H_
#define KVM_MODEL_TOOLS_SCENARIO_MATCH_H_

#include <cstdint>
#include <expected>
#include <string>

#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/evaluate.h"

namespace kvm_model::scenario {

// True if `answer` is what `expectation` says; an error, in words, if one of its numbers can't be
// evaluated here. `error_offset` is what the caller put into that field, which `unwritten` means.
//
// Only fields that the expectation names are compared. A plain 0 is not met by a pre_fault that
// left something to do; `ok` is met by 0. An errno is met by a memory fault that carries it, except
// for EFAULT, which every ordinary memory fault carries: MEMORY_FAULT says that.
std::expected<bool, std::string> Matches(const Expectation& expectation, const Answer& answer,
                                         std::uint64_t error_offset,
                                         const Environment& environment);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_SCENARIO_MATCH_H_
