// Runs the conformance scenarios that the twin has all calls for, on the twin: the proof that it
// reads the specification as the written scenarios do.
//
// A failure names the scenario's file and line, the call, what was expected and what came back.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/conformance/scenario_files.h"
#include "tests/twin/twin_backend.h"
#include "tools/backends/backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/runner.h"

namespace kvm_model::twin {
namespace {

using scenario::ScenarioFile;

// What a byte is said to be that nobody can know: unlike all that the scenarios write.
constexpr std::uint8_t kGuess = 0xa5;

// At least so many scenarios must apply: a SkipReason that grows too wide is an error.
constexpr std::size_t kLeastScenarios = 210;

// The twin, with bytes that nobody can know said to be kGuess.
class GuessingBackend final : public scenario::Backend {
 public:
  std::string_view Name() const override { return twin_.Name(); }
  std::optional<std::string> SkipReason(const scenario::Scenario& scenario) override {
    return twin_.SkipReason(scenario);
  }
  std::expected<void, std::string> Start(const scenario::Scenario& scenario) override {
    return twin_.Start(scenario);
  }
  std::uint64_t PageSize() const override { return twin_.PageSize(); }
  std::uint64_t BadAddress() const override { return twin_.BadAddress(); }
  scenario::Answer Execute(const scenario::CallRequest& request) override {
    const scenario::Answer answer = twin_.Execute(request);
    if (!twin_.byte_is_unknown()) return answer;
    twin_.Learn(kGuess);
    return scenario::answer::Byte{kGuess};
  }
  void Finish() override { twin_.Finish(); }

 private:
  TwinBackend twin_;
};

// The scenarios that apply. One that can't be parsed is conformance_test's to complain about.
std::vector<const ScenarioFile*> FilesThatApply() {
  std::vector<const ScenarioFile*> files;
  for (const ScenarioFile& file : scenario::ScenarioFiles()) {
    if (file.scenario && !TwinBackend().SkipReason(*file.scenario)) files.push_back(&file);
  }
  return files;
}

class ScenarioTest : public testing::Test {
 public:
  explicit ScenarioTest(const ScenarioFile& file) : file_(file) {}

  void TestBody() override {
    GuessingBackend backend;
    const scenario::Verdict verdict = scenario::RunScenario(*file_.scenario, backend);
    if (verdict.outcome == scenario::Verdict::Outcome::kPass) return;
    ADD_FAILURE_AT(file_.path.c_str(), verdict.line.value_or(1))
        << scenario::OutcomeName(verdict.outcome) << ": " << verdict.call
        << "\n  expected: " << verdict.expected << "\n  actual:   " << verdict.actual << "\n"
        << verdict.reason;
  }

 private:
  const ScenarioFile& file_;
};

void RegisterAll() {
  for (const ScenarioFile* file : FilesThatApply()) {
    testing::RegisterTest("Twin", file->name.c_str(), nullptr, nullptr, file->path.c_str(),
                          file->scenario->host.position.line,
                          [file]() -> testing::Test* { return new ScenarioTest(*file); });
  }
}

TEST(FolderTest, MostScenariosOfX86Apply) { EXPECT_GE(FilesThatApply().size(), kLeastScenarios); }

}  // namespace
}  // namespace kvm_model::twin

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  kvm_model::twin::RegisterAll();
  return RUN_ALL_TESTS();
}
