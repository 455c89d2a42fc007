// From a syntax tree back to text, in one canonical form.
//
// Parsing what was printed gives an equal tree. Spelling is kept (4p stays 4p, a whole name stays
// whole); spacing is made uniform, and comments other than the opening one are lost.
#ifndef KVM_MODEL_TOOLS_SCENARIO_PRINTER_H_
#define KVM_MODEL_TOOLS_SCENARIO_PRINTER_H_

#include <cstdint>
#include <string>

#include "tools/scenario/ast.h"

namespace kvm_model::scenario {

std::string PrintScenario(const Scenario& scenario);

// "child: x = mmap(gmem, offset=0, size=4p)", without the expectation.
std::string PrintCall(const Call& call);

// 'A', '\x00': a byte as the language and C write it.
std::string PrintByte(std::uint64_t value);
std::string PrintExpectation(const Expectation& expectation);
std::string PrintExpression(const Expression& expression);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_SCENARIO_PRINTER_H_
