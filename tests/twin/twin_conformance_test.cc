// Runs the conformance scenarios that the twin has all calls for, on the twin: the proof that it
// reads the specification as the written scenarios do.
//
// A failure names the scenario's file and line, the call, what was expected and what came back.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <expected>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/twin/twin_backend.h"
#include "tools/backends/backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/diagnostic.h"
#include "tools/scenario/parser.h"
#include "tools/scenario/runner.h"

namespace kvm_model::twin {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolder = "tests/conformance";

// What a byte is said to be that nobody can know: unlike all that the scenarios write.
constexpr std::uint8_t kGuess = 0xa5;

// At least so many scenarios must apply: a SkipReason that grows too wide is an error.
constexpr std::size_t kLeastScenarios = 160;

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

fs::path Folder() {
  const char* const runfiles = std::getenv("TEST_SRCDIR");
  const char* const workspace = std::getenv("TEST_WORKSPACE");
  if (runfiles == nullptr || workspace == nullptr) return kFolder;
  return fs::path(runfiles) / workspace / kFolder;
}

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct File {
  std::string name;  // From the folder on, without the suffix.
  std::string path;  // From the root of the repository on.
  scenario::Scenario scenario;
};

// The scenarios that apply. One that can't be parsed is conformance_test's to complain about.
std::vector<File> LoadFiles() {
  std::vector<File> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(Folder(), error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() != ".kvmt") continue;
    const fs::path name = at->path().lexically_relative(Folder());
    const std::string path = absl::StrFormat("%s/%s", kFolder, name.string());
    const auto scenario = scenario::Parse(path, ReadFile(at->path()));
    if (!scenario || TwinBackend().SkipReason(*scenario)) continue;
    files.push_back({fs::path(name).replace_extension().string(), path, *scenario});
  }
  std::ranges::sort(files, {}, &File::name);
  return files;
}

const std::vector<File>& Files() {
  static const auto& files = *new std::vector<File>(LoadFiles());
  return files;
}

class ScenarioTest : public testing::Test {
 public:
  explicit ScenarioTest(const File& file) : file_(file) {}

  void TestBody() override {
    GuessingBackend backend;
    const scenario::Verdict verdict = scenario::RunScenario(file_.scenario, backend);
    if (verdict.outcome == scenario::Verdict::Outcome::kPass) return;
    ADD_FAILURE_AT(file_.path.c_str(), verdict.line.value_or(1))
        << scenario::OutcomeName(verdict.outcome) << ": " << verdict.call
        << "\n  expected: " << verdict.expected << "\n  actual:   " << verdict.actual << "\n"
        << verdict.reason;
  }

 private:
  const File& file_;
};

void RegisterAll() {
  for (const File& file : Files()) {
    testing::RegisterTest("Twin", file.name.c_str(), nullptr, nullptr, file.path.c_str(),
                          file.scenario.host.position.line,
                          [&file]() -> testing::Test* { return new ScenarioTest(file); });
  }
}

TEST(FolderTest, MostScenariosOfX86Apply) { EXPECT_GE(Files().size(), kLeastScenarios); }

}  // namespace
}  // namespace kvm_model::twin

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  kvm_model::twin::RegisterAll();
  return RUN_ALL_TESTS();
}
