#include "tools/cli/suite.h"

#include <algorithm>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "tools/cli/embedded_file.h"
#include "tools/cli/input_file.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/diagnostic.h"
#include "tools/scenario/parser.h"

namespace kvm_model::cli {
namespace {

namespace fs = std::filesystem;
using Errors = std::vector<std::string>;

// The files that a path stands for; an error when there are none.
std::vector<std::string> Expand(const std::string& path, Errors& errors) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return {path};
  std::vector<std::string> files;
  for (fs::recursive_directory_iterator it(path, error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().extension() == ".kvmt") files.push_back(it->path().string());
  }
  if (error) errors.push_back(absl::StrFormat("%s: %s", path, error.message()));
  if (files.empty() && !error) errors.push_back(absl::StrFormat("%s: no *.kvmt file in it", path));
  std::ranges::sort(files);
  return files;
}

// A host line that names an impossible host is an error of the file, where the model has that
// host's revision at all.
std::optional<std::string> CheckHost(const scenario::Scenario& parsed) {
  const Arch* arch = FindArch(parsed.host.arch);
  const Revision* revision = FindRevision(parsed.host.revision);
  if (arch == nullptr || revision == nullptr) return std::nullopt;
  std::vector<SettingAssignment> settings;
  for (const auto& [name, value] : parsed.host.settings) settings.push_back({name, value});
  const auto host = Host::Create(*arch, *revision, settings);
  if (host) return std::nullopt;
  return absl::StrFormat("%s:%d:%d: %s", parsed.file, parsed.host.position.line,
                         parsed.host.position.column, host.error().message);
}

void Add(std::string_view name, std::string_view text, std::vector<scenario::Scenario>& scenarios,
         Errors& errors) {
  auto parsed = scenario::Parse(name, text);
  if (!parsed) {
    for (const scenario::Diagnostic& diagnostic : parsed.error()) {
      errors.push_back(diagnostic.ToString());
    }
    return;
  }
  if (std::optional<std::string> error = CheckHost(*parsed)) {
    errors.push_back(*std::move(error));
    return;
  }
  scenarios.push_back(*std::move(parsed));
}

}  // namespace

std::expected<std::vector<scenario::Scenario>, Errors> LoadScenarios(
    const std::vector<std::string>& paths) {
  std::vector<scenario::Scenario> scenarios;
  Errors errors;
  for (const std::string& path : paths) {
    for (const std::string& file : Expand(path, errors)) {
      const std::optional<std::string> text = ReadInputFile(file);
      if (text.has_value()) {
        Add(file, *text, scenarios, errors);
      } else {
        errors.push_back(absl::StrFormat("%s: can't be read", file));
      }
    }
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return scenarios;
}

std::expected<std::vector<scenario::Scenario>, Errors> LoadBuiltInSuite() {
  std::vector<scenario::Scenario> scenarios;
  Errors errors;
  for (const EmbeddedFile& file : BuiltInSuite()) Add(file.name, file.text, scenarios, errors);
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return scenarios;
}

}  // namespace kvm_model::cli
