#include "tests/conformance/scenario_files.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "absl/strings/str_format.h"
#include "tools/scenario/parser.h"

namespace kvm_model::scenario {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolder = "tests/conformance";
constexpr std::string_view kSuffix = ".kvmt";

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<ScenarioFile> LoadFiles() {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::recursive_directory_iterator at(ScenarioFolder(), error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() != kSuffix) continue;
    names.push_back(at->path().lexically_relative(ScenarioFolder()).replace_extension().string());
  }
  std::ranges::sort(names);
  std::vector<ScenarioFile> files;
  for (const std::string& name : names) {
    const std::string path = absl::StrFormat("%s/%s%s", kFolder, name, kSuffix);
    const std::string text = ReadFile(ScenarioFolder() / (name + std::string(kSuffix)));
    files.push_back({name, path, Parse(path, text)});
  }
  return files;
}

std::vector<std::string> Columns(const std::string& line) {
  std::vector<std::string> columns;
  std::istringstream rest(line);
  for (std::string column; std::getline(rest, column, '\t');) columns.push_back(column);
  return columns;
}

}  // namespace

fs::path ScenarioFolder() {
  const char* const runfiles = std::getenv("TEST_SRCDIR");
  const char* const workspace = std::getenv("TEST_WORKSPACE");
  if (runfiles == nullptr || workspace == nullptr) return kFolder;
  return fs::path(runfiles) / workspace / kFolder;
}

const std::vector<ScenarioFile>& ScenarioFiles() {
  static const auto& files = *new std::vector<ScenarioFile>(LoadFiles());
  return files;
}

std::vector<std::vector<std::string>> TableRows(std::string_view name) {
  std::vector<std::vector<std::string>> rows;
  std::ifstream table(ScenarioFolder() / name);
  for (std::string line; std::getline(table, line);) {
    if (!line.starts_with('#')) rows.push_back(Columns(line));
  }
  return rows;
}

}  // namespace kvm_model::scenario
