#include "tools/cli/explain_command.h"

#include <charconv>
#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "nlohmann/json.hpp"
#include "tools/cli/capability_query.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/caps_options.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/explain_json.h"
#include "tools/cli/explain_text.h"
#include "tools/cli/explain_topics.h"
#include "tools/cli/explanation.h"
#include "tools/cli/host_spec.h"
#include "tools/cli/options.h"
#include "tools/cli/suite.h"
#include "tools/cli/why_not_text.h"
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

struct ExplainOptions {
  std::vector<std::string> words;
  std::string format = "text";
};

int ExplainPlace(const Place& place, bool json, std::ostream& out, std::ostream& err) {
  const auto scenarios = LoadScenarios({place.file});
  if (!scenarios) return FailUsage(scenarios.error(), err);
  const auto why = explain::ExplainFailure(scenarios->front(), place.line);
  if (why.has_value()) {
    if (json) {
      out << Dump(ToJson(scenarios->front(), *why), 1) << "\n";
    } else {
      PrintWhyNot(scenarios->front(), *why, out);
    }
    return kAllAsExpected;
  }
  if (!place.line.has_value()) {
    return FailUsage(absl::StrFormat("%s: no call fails on the model", place.file), err);
  }
  return FailUsage(
      absl::StrFormat("%s:%d: no call that fails stands there", place.file, *place.line), err);
}

// On the default host of the first architecture where it answers other than 0, of a revision that
// has it; on x86's where it answers 0 everywhere.
std::expected<Explanation, std::string> ExplainCapability(const CapabilityName& capability) {
  std::expected<Explanation, std::string> first = std::unexpected("there is no architecture");
  for (const Arch* arch : Architectures()) {
    HostSpec spec;
    spec.arch = arch;
    spec.revision = &RevisionWith(capability);
    const auto asked = BootAsked(spec, "vm");
    if (!asked) continue;
    const auto answer = AskCapability(asked->host, asked->vm_type, capability);
    if (!answer || (answer->value == 0 && arch != Architectures().front())) continue;
    if (answer->value != 0) return Explain(*asked, capability);
    first = Explain(*asked, capability);
  }
  return first;
}

struct Teller {
  const Explanations& all;
  bool json;
  std::ostream& out;
  std::ostream& err;

  template <typename Printed>
  int Tell(const Printed& topic, void print(const Explanations&, const Printed&, std::ostream&)) {
    if (json) return TellJson(ToJson(all, topic));
    print(all, topic, out);
    return kAllAsExpected;
  }

  int operator()(const RuleTopic& topic) { return Tell(topic, PrintRule); }
  int operator()(const TermTopic& topic) { return Tell(topic, PrintTerm); }
  int operator()(const ErrnoTopic& topic) { return Tell(topic, PrintErrno); }
  int operator()(const ListTopic& topic) { return Tell(topic, PrintList); }
  int operator()(const SettingTopic& topic) { return Tell(topic, PrintSetting); }

  int operator()(const ConditionTopic& topic) {
    if (json) return TellJson(ToJson(*topic.about));
    PrintCondition(*topic.about, out);
    return kAllAsExpected;
  }

  int operator()(const CapabilityTopic& topic) {
    const auto explanation = ExplainCapability(topic.capability);
    if (!explanation) return FailUsage(explanation.error(), err);
    if (json) return TellJson(CapabilityToJson(*explanation));
    PrintCapability(*explanation, out);
    return kAllAsExpected;
  }

  int TellJson(const Json& told) {
    out << Dump(told, 1) << "\n";
    return kAllAsExpected;
  }
};

int ExplainTopic(const ExplainOptions& options, std::ostream& out, std::ostream& err) {
  const std::string topic = absl::StrJoin(options.words, " ");
  const bool json = options.format == "json";
  if (const auto place = PlaceNamed(topic)) return ExplainPlace(*place, json, out, err);
  const auto& all = LoadExplanations();
  if (!all) return FailUsage(all.error(), err);
  Teller teller{*all, json, out, err};
  if (topic.empty()) {
    if (json) return teller.TellJson(TopicsToJson(*all));
    PrintTopics(*all, out);
    return kAllAsExpected;
  }
  const auto found = FindTopic(*all, topic);
  if (!found) return FailUsage(found.error(), err);
  return std::visit(teller, *found);
}

}  // namespace

void AddExplainCommand(CLI::App& app, std::ostream& out, std::ostream& err,
                       std::function<int()>& run) {
  CLI::App& command = AddCommand(
      app, "explain",
      "What a rule, an errno of a call, a term, a capability or a setting means; why a call of a "
      "scenario fails.");
  const auto options = std::make_shared<ExplainOptions>();
  AddOption(command, "TOPIC", options->words,
            "A rule's id, a term, a call and an errno, a capability, a setting, or a scenario "
            "file; all that there is without it.")
      .ValueName("TOPIC");
  AddOption(command, "--format", options->format, "How it is printed.")
      .OneOf({"text", "json"})
      .ShowDefault();
  SetAction(command, run, [options, &out, &err] { return ExplainTopic(*options, out, err); });
}

}  // namespace kvm_model::cli
