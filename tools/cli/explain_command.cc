#include "tools/cli/explain_command.h"

#include <charconv>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/explain_text.h"
#include "tools/cli/explain_topics.h"
#include "tools/cli/suite.h"
#include "tools/explain/why_not.h"

namespace kvm_model::cli {
namespace {

struct Place {
  std::string file;
  std::optional<int> line;
};

// "FILE.kvmt" or "FILE.kvmt:LINE"; nothing for other words.
std::optional<Place> PlaceNamed(const std::string& words) {
  constexpr std::string_view kSuffix = ".kvmt";
  if (words.ends_with(kSuffix)) return Place{words, std::nullopt};
  const std::size_t colon = words.rfind(':');
  if (colon == std::string::npos || !std::string_view(words).substr(0, colon).ends_with(kSuffix))
    return std::nullopt;
  int line = 0;
  const char* const end = words.data() + words.size();
  const auto [stopped, error] = std::from_chars(words.data() + colon + 1, end, line);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return Place{words.substr(0, colon), line};
}

int ExplainPlace(const Place& place, std::ostream& out, std::ostream& err) {
  const auto scenarios = LoadScenarios({place.file});
  if (!scenarios) return FailUsage(scenarios.error(), err);
  const auto why = explain::ExplainFailure(scenarios->front(), place.line);
  if (why.has_value()) {
    PrintWhyNot(scenarios->front(), *why, out);
    return kAllAsExpected;
  }
  if (!place.line.has_value()) {
    return FailUsage(
        absl::StrFormat("%s: no call outside of a repeat fails on the model", place.file), err);
  }
  return FailUsage(absl::StrFormat("%s:%d: no call that fails, outside of a repeat, stands there",
                                   place.file, *place.line),
                   err);
}

int Explain(const std::vector<std::string>& words, std::ostream& out, std::ostream& err) {
  const std::string topic = absl::StrJoin(words, " ");
  if (const std::optional<Place> place = PlaceNamed(topic)) return ExplainPlace(*place, out, err);
  const auto all = LoadExplanations();
  if (!all) return FailUsage(all.error(), err);
  if (topic.empty()) {
    PrintTopics(*all, out);
    return kAllAsExpected;
  }
  const auto found = FindTopic(*all, topic);
  if (!found) return FailUsage(found.error(), err);
  PrintTopic(*all, *found, out);
  return kAllAsExpected;
}

}  // namespace

void AddExplainCommand(CLI::App& app, std::ostream& out, std::ostream& err,
                       std::function<int()>& run) {
  CLI::App* command = app.add_subcommand(
      "explain",
      "What a rule, an errno of a call or a term means; why a call of a scenario fails.");
  const auto words = std::make_shared<std::vector<std::string>>();
  command
      ->add_option("TOPIC", *words,
                   "A rule's id, a term, a call and an errno, or a scenario file; all that there "
                   "is without it.")
      ->type_name("TOPIC");
  command->callback([words, &out, &err, &run] {
    run = [words, &out, &err] { return Explain(*words, out, err); };
  });
}

}  // namespace kvm_model::cli
