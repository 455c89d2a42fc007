// A report of differences as text, JSON and Markdown.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "kvm_model/revision.h"
#include "nlohmann/json.hpp"
#include "tools/cli/capability_query.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/revision_capabilities.h"
#include "tools/cli/revision_report.h"
#include "tools/revisions/differences.h"
#include "tools/revisions/sentences.h"
#include "tools/scenario/call_table.h"

namespace kvm_model::cli {
namespace {

using Told = RevisionReport::Told;

std::string SentenceText(const Told& told) {
  if (!told.sentence.has_value()) return "(no sentence tells of this)";
  return told.sentence->text + (told.sentence->inferred ? " (inferred)" : "");
}

// Of the list of differences that the rule is part of, if it is part of one.
std::optional<int> Row(const Told& told) {
  return told.sentence ? told.sentence->row : std::nullopt;
}

std::string RuleText(const Told& told) {
  const std::optional<int> row = Row(told);
  return row ? absl::StrFormat("%s, row %d", told.difference.rule, *row) : told.difference.rule;
}

std::string NotShownText(const revisions::Sentence& sentence) {
  if (!sentence.row.has_value()) return sentence.text;
  return absl::StrFormat("%s (row %d)", sentence.text, *sentence.row);
}

// "x86", with the settings where the host isn't the default one.
std::string HostText(const revisions::Difference& difference) {
  if (difference.settings.empty()) return difference.arch;
  return absl::StrFormat("%s, %s", difference.arch, difference.settings);
}

std::string NamesText(const CapabilityChange& change) {
  const std::string& before = change.from.capability.name;
  const std::string& after = change.to.capability.name;
  if (before == after) return before;
  return absl::StrFormat("%s -> %s", before.empty() ? "(no name)" : before,
                         after.empty() ? "(no name)" : after);
}

std::string AnswersText(const CapabilityChange& change) {
  const bool inferred = change.from.inferred || change.to.inferred;
  return absl::StrFormat("%s -> %s%s", ShortValueText(change.from), ShortValueText(change.to),
                         inferred ? " (inferred)" : "");
}

std::string_view CallName(const Told& told) { return scenario::GetCall(told.difference.id).name; }

Json RowJson(std::optional<int> row) { return row ? Json(*row) : Json(nullptr); }

Json ChangeJson(const std::string& arch, const CapabilityChange& change) {
  const auto side = [](const CapabilityAnswer& answer) {
    Json json;
    json["name"] = OrNull(answer.capability.name);
    AddAnswer(answer, json);
    return json;
  };
  return {{"arch", arch},
          {"number", change.from.capability.number},
          {"askers", change.askers},
          {"from", side(change.from)},
          {"to", side(change.to)}};
}

}  // namespace

std::string ReportText(const RevisionReport& report) {
  std::string text = absl::StrFormat("From %s to %s: %d differences that a program can notice\n",
                                     report.from->name, report.to->name, report.differences.size());
  std::string_view call;
  for (const Told& told : report.differences) {
    if (CallName(told) != call) {
      call = CallName(told);
      absl::StrAppendFormat(&text, "\n%s\n", call);
    }
    text += "\n" + Wrapped(SentenceText(told), "  ");
    absl::StrAppendFormat(&text, "    %s\n      %s -> %s\n", told.difference.call,
                          told.difference.from, told.difference.to);
    absl::StrAppendFormat(&text, "    %s; %s\n", RuleText(told), HostText(told.difference));
    for (const std::string& place : told.difference.shown_by) {
      absl::StrAppendFormat(&text, "    %s\n", place);
    }
  }
  if (!report.capabilities.empty()) {
    text += "\nWhat KVM_CHECK_EXTENSION answers otherwise on default hosts\n";
  }
  for (const auto& [arch, changes] : report.capabilities) {
    absl::StrAppendFormat(&text, "\n  %s\n", arch);
    for (const CapabilityChange& change : changes) {
      absl::StrAppendFormat(&text, "    %3d  %s\n", change.from.capability.number,
                            NamesText(change));
      absl::StrAppendFormat(&text, "         %s: %s\n", AnswersText(change),
                            absl::StrJoin(change.askers, ", "));
    }
  }
  if (!report.not_shown.empty()) text += "\nWhat no call shows\n\n";
  for (const revisions::Sentence& sentence : report.not_shown) {
    text += Wrapped(NotShownText(sentence), "  ");
  }
  return text;
}

Json ReportJson(const RevisionReport& report) {
  Json json = {{"from", report.from->name}, {"to", report.to->name}};
  json["differences"] = Json::array();
  for (const Told& told : report.differences) {
    const revisions::Difference& difference = told.difference;
    json["differences"].push_back(
        {{"rule", difference.rule},
         {"row", RowJson(Row(told))},
         {"sentence", told.sentence ? Json(told.sentence->text) : Json(nullptr)},
         {"inferred", told.sentence ? Json(told.sentence->inferred) : Json(nullptr)},
         {"arch", difference.arch},
         {"settings", difference.settings},
         {"name", CallName(told)},
         {"call", difference.call},
         {"from", difference.from},
         {"to", difference.to},
         {"shown_by", difference.shown_by}});
  }
  json["capabilities"] = Json::array();
  for (const auto& [arch, changes] : report.capabilities) {
    for (const CapabilityChange& change : changes) {
      json["capabilities"].push_back(ChangeJson(arch, change));
    }
  }
  json["not_shown"] = Json::array();
  for (const revisions::Sentence& sentence : report.not_shown) {
    json["not_shown"].push_back({{"row", RowJson(sentence.row)}, {"sentence", sentence.text}});
  }
  return json;
}

std::string ReportMarkdown(const RevisionReport& report, std::string_view root) {
  std::string text = absl::StrFormat("# From %s to %s\n", report.from->name, report.to->name);
  const auto cell = [](std::string_view words) {
    return absl::StrReplaceAll(std::string(words), {{"|", "\\|"}});
  };
  std::string_view call;
  for (const Told& told : report.differences) {
    if (CallName(told) != call) {
      call = CallName(told);
      absl::StrAppendFormat(&text, "\n## %s\n", call);
      text += "\n| what changes | the call | before | after | row | shown by |\n";
      text += "|---|---|---|---|---|---|\n";
    }
    std::vector<std::string> links;
    for (const std::string& place : told.difference.shown_by) {
      const std::string file = place.substr(0, place.rfind(':'));
      links.push_back(absl::StrFormat("[%s](%s/%s)", file.substr(file.rfind('/') + 1), root, file));
    }
    absl::StrAppendFormat(
        &text, "| %s | `%s` | `%s` | `%s` | %s | %s |\n", cell(SentenceText(told)),
        cell(told.difference.call), cell(told.difference.from), cell(told.difference.to),
        Row(told) ? absl::StrFormat("%d", *Row(told)) : "", absl::StrJoin(links, " "));
  }
  if (!report.capabilities.empty()) {
    text += "\n## KVM_CHECK_EXTENSION on default hosts\n\n";
    text += "| architecture | number | name | answers | asked of |\n|---|--:|---|---|---|\n";
  }
  for (const auto& [arch, changes] : report.capabilities) {
    for (const CapabilityChange& change : changes) {
      absl::StrAppendFormat(&text, "| %s | %d | %s | %s | %s |\n", arch,
                            change.from.capability.number, NamesText(change),
                            cell(AnswersText(change)), absl::StrJoin(change.askers, ", "));
    }
  }
  if (!report.not_shown.empty()) text += "\n## What no call shows\n\n";
  for (const revisions::Sentence& sentence : report.not_shown) {
    absl::StrAppendFormat(&text, "- %s\n", NotShownText(sentence));
  }
  return text;
}

}  // namespace kvm_model::cli
