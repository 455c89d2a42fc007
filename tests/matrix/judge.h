// What a cell of the matrix finds out: whether the model answers as a scenario says, or as the twin
// does.
#ifndef KVM_MODEL_TESTS_MATRIX_JUDGE_H_
#define KVM_MODEL_TESTS_MATRIX_JUDGE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "tools/scenario/ast.h"
#include "tools/scenario/runner.h"

namespace kvm_model::matrix {

// `shown` is what ran: after a failure, a scenario that fails so.
struct Judgement {
  scenario::Scenario shown;
  scenario::Verdict verdict;
};

// On the host that it is written for, by its own expectations. `seed` is of the model's random
// bytes.
Judgement AsWritten(const scenario::Scenario& written, std::uint64_t seed);

// Why the twin can't say what the scenario's calls answer; nothing where it can.
std::optional<std::string> WhyNotCompared(const scenario::Scenario& scenario);

// Its calls made on the model and on the twin, whose answers are right by definition, and then
// everything compared that can be looked at; expectations don't count. Skipped where the twin
// hasn't got a call, or the model doesn't know an answer.
Judgement Compared(const scenario::Scenario& moved, std::uint64_t seed);

// The calls of the scenario in the order in which they are made, those of repeats once a turn, with
// the turn's number in the place of $i; without expectations.
scenario::Scenario Unrolled(const scenario::Scenario& scenario);

}  // namespace kvm_model::matrix

#endif  // KVM_MODEL_TESTS_MATRIX_JUDGE_H_
