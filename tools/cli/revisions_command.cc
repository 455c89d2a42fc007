#include "tools/cli/revisions_command.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/nearest.h"
#include "kvm_model/revision.h"
#include "nlohmann/json.hpp"
#include "tools/cli/caps_format.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/options.h"
#include "tools/cli/revision_report.h"

namespace kvm_model::cli {
namespace {

struct ListOptions {
  std::string format = "text";
};

struct DiffOptions {
  std::string from;
  std::string to;
  std::string arch;  // empty: all of them
  std::string format = "text";
};

std::vector<std::string_view> Names() {
  std::vector<std::string_view> names;
  for (const Revision& revision : Revisions()) names.push_back(revision.name);
  return names;
}

// Null after a message.
const Revision* Find(const std::string& name, std::ostream& err) {
  const Revision* const revision = FindRevision(name);
  if (revision == nullptr) {
    FailUsage(absl::StrFormat("there is no revision '%s'%s", name, DidYouMean(name, Names())), err);
  }
  return revision;
}

int List(const ListOptions& options, std::ostream& out) {
  const Revision& usual = DefaultRevision();
  if (options.format == "json") {
    Json list = Json::array();
    for (const Revision& revision : Revisions()) {
      list.push_back({{"name", revision.name},
                      {"summary", revision.summary},
                      {"default", &revision == &usual},
                      {"inference", OrNull(revision.inference)}});
    }
    out << Dump(list, 2) << "\n";
    return kAllAsExpected;
  }
  std::size_t width = 0;
  for (const std::string_view name : Names()) width = std::max(width, name.size());
  for (const Revision& revision : Revisions()) {
    out << absl::StrFormat("%-*s  %s%s\n", static_cast<int>(width), revision.name, revision.summary,
                           &revision == &usual ? " (the default)" : "");
    if (!revision.inference.empty()) {
      out << absl::StrFormat("%-*s  inferred: %s\n", static_cast<int>(width), "",
                             revision.inference);
    }
  }
  return kAllAsExpected;
}

int Diff(const DiffOptions& options, std::ostream& out, std::ostream& err) {
  const Revision* const from = Find(options.from, err);
  const Revision* const to = from == nullptr ? nullptr : Find(options.to, err);
  if (to == nullptr) return kUsage;
  std::vector<const Arch*> archs(Architectures().begin(), Architectures().end());
  if (!options.arch.empty()) {
    std::erase_if(archs, [&](const Arch* arch) { return arch->traits().name != options.arch; });
    if (archs.empty()) {
      return FailUsage(absl::StrFormat("there is no architecture '%s'", options.arch), err);
    }
  }
  const auto report = MakeRevisionReport(*from, *to, archs);
  if (!report) return FailUsage(report.error(), err);
  if (options.format == "json") {
    out << Dump(ReportJson(*report), 2) << "\n";
  } else if (options.format == "markdown") {
    out << ReportMarkdown(*report, ".");
  } else {
    out << ReportText(*report);
  }
  return kAllAsExpected;
}

}  // namespace

void AddRevisionsCommand(CLI::App& app, std::ostream& out, std::ostream& err,
                         std::function<int()>& run) {
  CLI::App& command =
      AddCommand(app, "revisions", "The revisions, and what a program notices between two.");
  RequireCommand(command);

  CLI::App& list = AddCommand(command, "list", "Every revision, oldest first.");
  const auto list_options = std::make_shared<ListOptions>();
  AddOption(list, "--format", list_options->format, "How it is printed.")
      .OneOf({"text", "json"})
      .ShowDefault();
  SetAction(list, run, [list_options, &out] { return List(*list_options, out); });

  CLI::App& diff =
      AddCommand(command, "diff",
                 "What a program notices on B that ran on A, with the scenarios that show it.");
  const auto options = std::make_shared<DiffOptions>();
  AddOption(diff, "A", options->from, "A revision's name.").ValueName("REVISION").Required();
  AddOption(diff, "B", options->to, "Another's.").ValueName("REVISION").Required();
  AddOption(diff, "--arch", options->arch, "One architecture; otherwise all.").ValueName("ARCH");
  AddOption(diff, "--format", options->format, "How it is printed.")
      .OneOf({"text", "json", "markdown"})
      .ShowDefault();
  SetAction(diff, run, [options, &out, &err] { return Diff(*options, out, err); });
}

}  // namespace kvm_model::cli
