// A cell of the matrix: the scenarios of one rule in one world, and the report of that.
#ifndef KVM_MODEL_TESTS_MATRIX_CELL_H_
#define KVM_MODEL_TESTS_MATRIX_CELL_H_

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/matrix/world.h"
#include "tools/revisions/sentences.h"
#include "tools/rules/catalogue.h"
#include "tools/rules/cells.h"
#include "tools/scenario/ast.h"

namespace kvm_model::matrix {

// What reports say of rules.
struct Tables {
  std::vector<rules::Area> areas;
  std::vector<revisions::SentenceTable> sentences;
  std::vector<rules::Cell> cells;
};

struct CellOptions {
  // Nothing: the scenarios as they are written.
  std::optional<World> world;
  std::string backend;  // as the report names it
  std::uint64_t seed = 1;
};

// Writes a report in the form of `kvmsim conform --format json`. Of scenarios that make the same
// calls in that world only the first is run. Whether none failed.
bool RunCell(const std::vector<scenario::Scenario>& scenarios, const Tables& tables,
             const CellOptions& options, std::ostream& out);

}  // namespace kvm_model::matrix

#endif  // KVM_MODEL_TESTS_MATRIX_CELL_H_
