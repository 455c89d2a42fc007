// Which cells the matrix has, and the file that tells the build of them: cells.bzl.
#ifndef KVM_MODEL_TESTS_MATRIX_CELL_LIST_H_
#define KVM_MODEL_TESTS_MATRIX_CELL_LIST_H_

#include <set>
#include <string>
#include <vector>

#include "tests/matrix/world.h"
#include "tools/cli/rule_suite.h"

namespace kvm_model::matrix {

// The cells of one rule.
struct RuleCells {
  std::string rule;
  std::vector<std::string> files;  // of its scenarios; none for a cell of the tables
  // "x86 rfc-v4": where scenarios of it are written for; each is a cell.
  std::set<std::string> written;
  // Architectures with a scenario of it that the twin can run in one of the worlds. Each world is a
  // cell; where no scenario makes a VM, each of those with the VM type DEFAULT.
  std::set<std::string> compared;
  bool makes_vms = false;
};

std::vector<RuleCells> ListCells(const cli::RuleSuite& suite, const std::vector<World>& worlds);

// The text of cells.bzl.
std::string RenderCells(const std::vector<RuleCells>& cells, const std::vector<World>& worlds);

}  // namespace kvm_model::matrix

#endif  // KVM_MODEL_TESTS_MATRIX_CELL_LIST_H_
