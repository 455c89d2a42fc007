#include "tools/cli/why_not_text.h"

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "tools/explain/experiments.h"
#include "tools/explain/why_not.h"
#include "tools/scenario/ast.h"

namespace kvm_model::cli {
namespace {

using explain::Change;
using Json = nlohmann::ordered_json;

std::string_view KindText(Change::Kind kind) {
  switch (kind) {
    case Change::Kind::kLeaveOut:
      return "without the call";
    case Change::Kind::kArgument:
      return "with other arguments";
    case Change::Kind::kEarlier:
      return "with an earlier call changed";
    case Change::Kind::kSetting:
      return "on a host with";
    case Change::Kind::kRevision:
      return "on the revision";
  }
  return "";
}

std::string_view KindName(Change::Kind kind) {
  switch (kind) {
    case Change::Kind::kLeaveOut:
      return "leave_out";
    case Change::Kind::kArgument:
      return "argument";
    case Change::Kind::kEarlier:
      return "earlier_call";
    case Change::Kind::kSetting:
      return "setting";
    case Change::Kind::kRevision:
      return "revision";
  }
  return "";
}

std::vector<std::string> Lines(const std::string& text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

}  // namespace

void PrintWhyNot(const scenario::Scenario& scenario, const explain::WhyNot& why,
                 std::ostream& out) {
  out << absl::StrFormat("%s:%d: %s", scenario.file, why.line, why.call);
  if (why.turn.has_value()) out << absl::StrFormat(" (turn %d)", *why.turn);
  out << absl::StrFormat("\n  answers %s\n", why.answer);
  if (!why.check.empty()) out << absl::StrFormat("  by %s: %s\n", why.function, why.check);
  out << "\nThe decisions\n";
  for (const std::string& step : Lines(why.trail)) out << "  " << step << "\n";
  const explain::Experiments& experiments = why.experiments;
  out << (experiments.changes.empty() ? "\nNo single change that was tried lets it succeed.\n"
                                      : "\nAny one of these changes lets it succeed\n");
  for (const Change& change : experiments.changes) {
    out << absl::StrFormat("  %s %s -> %s\n", KindText(change.kind), change.text, change.answer);
  }
  if (experiments.left_out == 0) return;
  const std::size_t all = experiments.tried + experiments.left_out;
  out << absl::StrFormat("\nOf %d changes the first %d were tried: more would take too long.\n",
                         all, experiments.tried);
}

Json ToJson(const scenario::Scenario& scenario, const explain::WhyNot& why) {
  Json json = {{"kind", "call"},
               {"file", scenario.file},
               {"line", why.line},
               {"turn", why.turn.has_value() ? Json(*why.turn) : Json(nullptr)},
               {"call", why.call},
               {"answer", why.answer},
               {"function", why.function},
               {"check", why.check},
               {"trail", Lines(why.trail)},
               {"changes", Json::array()},
               {"tried", why.experiments.tried},
               {"left_out", why.experiments.left_out}};
  for (const Change& change : why.experiments.changes) {
    json["changes"].push_back(
        {{"kind", KindName(change.kind)}, {"change", change.text}, {"answer", change.answer}});
  }
  return json;
}

}  // namespace kvm_model::cli
