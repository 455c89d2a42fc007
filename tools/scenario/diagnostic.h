// Where something stands in a scenario file, and what is wrong with it.
//
// Lines and columns count from 1; a column counts bytes, and a tab is one of them.
#ifndef KVM_MODEL_TOOLS_SCENARIO_DIAGNOSTIC_H_
#define KVM_MODEL_TOOLS_SCENARIO_DIAGNOSTIC_H_

#include <string>

#include "absl/strings/str_format.h"

namespace kvm_model::scenario {

struct Position {
  int line = 0;
  int column = 0;

  // Two pieces of a scenario are equal when they say the same, wherever they stand: positions take
  // no part in the equality of the syntax tree, which is what lets its operator== be defaulted.
  friend bool operator==(const Position&, const Position&) { return true; }
};

struct Diagnostic {
  std::string file;
  Position position;
  std::string message;

  // "FILE:LINE:COLUMN: MESSAGE", as compilers print it.
  std::string ToString() const {
    return absl::StrFormat("%s:%d:%d: %s", file, position.line, position.column, message);
  }
};

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_SCENARIO_DIAGNOSTIC_H_
