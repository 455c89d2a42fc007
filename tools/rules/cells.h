// The cells of the tables of capabilities as scenarios: what an architecture answers to a number,
// on /dev/kvm and on a VM, on each host that the answer depends on.
#ifndef KVM_MODEL_TOOLS_RULES_CELLS_H_
#define KVM_MODEL_TOOLS_RULES_CELLS_H_

#include <string>
#include <string_view>
#include <vector>

namespace kvm_model::rules {

struct Cell {
  std::string rule;      // "CAP-X86-213"
  std::string sentence;  // what it says, in words
  std::string function;  // the kernel's, that answers
};

// A scenario in the scenario language, and the name that it goes by where a file has its path.
struct CellScenario {
  std::string name;  // "capabilities/x86/213-2"
  std::string text;
};

// `cells` has an architecture's cell a row (architecture, number, name, answer of /dev/kvm, of a
// VM, condition, answered by the generic function or the architecture's); `exercises` the hosts
// and VMs that the conditions are tried on (architecture, numbers, settings, VM, the two answers).
// Both are tables of text of linux-7.0, their first row the columns' names.
std::vector<Cell> ParseCells(std::string_view cells);

// A cell without an exercise is asked for on the default host: its answers are plain numbers then.
// An exercise that needs a device first has no scenario, as the language makes none.
std::vector<CellScenario> CellScenarios(std::string_view cells, std::string_view exercises);

}  // namespace kvm_model::rules

#endif  // KVM_MODEL_TOOLS_RULES_CELLS_H_
