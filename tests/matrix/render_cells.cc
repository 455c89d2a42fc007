// Writes tests/matrix/cells.bzl of the workspace: `bazel run //tests/matrix:render_cells`.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <vector>

#include "tests/matrix/cell_list.h"
#include "tests/matrix/world.h"
#include "tools/cli/rule_suite.h"

int main() {
  const char* const workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  if (workspace == nullptr) {
    std::cerr << "usage: bazel run //tests/matrix:render_cells\n";
    return 2;
  }
  const auto suite = kvm_model::cli::LoadRuleSuite();
  if (!suite) {
    std::cerr << suite.error().front() << "\n";
    return 1;
  }
  const auto worlds = kvm_model::matrix::ComparedWorlds();
  const std::filesystem::path path =
      std::filesystem::path(workspace) / "tests" / "matrix" / "cells.bzl";
  std::ofstream file(path);
  file << kvm_model::matrix::RenderCells(kvm_model::matrix::ListCells(*suite, worlds), worlds);
  if (file.flush()) return 0;
  std::cerr << path.string() << ": can't be written\n";
  return 1;
}
