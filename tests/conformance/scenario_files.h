// The scenarios of this folder, for the tests that run them.
#ifndef KVM_MODEL_TESTS_CONFORMANCE_SCENARIO_FILES_H_
#define KVM_MODEL_TESTS_CONFORMANCE_SCENARIO_FILES_H_

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tools/scenario/ast.h"
#include "tools/scenario/diagnostic.h"

namespace kvm_model::scenario {

struct ScenarioFile {
  std::string name;  // From the folder on, without the suffix: "conversion/one_page".
  std::string path;  // From the root of the repository on.
  std::expected<Scenario, std::vector<Diagnostic>> scenario;

  std::string_view folder() const { return std::string_view(name).substr(0, name.find('/')); }
};

// The folder: among the test's data, or in the source tree when the test is run by hand there.
std::filesystem::path ScenarioFolder();
// All of them, by name. Read once.
const std::vector<ScenarioFile>& ScenarioFiles();

// The rows of a table in the folder, each with its columns. Lines that begin with # are none.
std::vector<std::vector<std::string>> TableRows(std::string_view name);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TESTS_CONFORMANCE_SCENARIO_FILES_H_
