#include "tests/reference/revision_pages.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "kvm_model/revision.h"
#include "tools/cli/revision_report.h"

namespace kvm_model {
namespace {

// From docs/reference/ to the project's root.
constexpr std::string_view kRoot = "../..";

}  // namespace

std::vector<std::pair<const Revision*, const Revision*>> RevisionSteps() {
  std::vector<std::pair<const Revision*, const Revision*>> steps;
  for (std::size_t i = 0; i + 1 < Revisions().size(); ++i) {
    steps.emplace_back(&Revisions()[i], &Revisions()[i + 1]);
  }
  steps.emplace_back(FindRevision("linux-7.0"), FindRevision("next-20260923"));
  return steps;
}

std::string RevisionPageFile(const Revision& from, const Revision& to) {
  return absl::StrFormat("revision-%s-to-%s.md", from.name, to.name);
}

std::string RenderRevisionPage(const Revision& from, const Revision& to) {
  const auto report = cli::MakeRevisionReport(from, to, Architectures());
  if (!report) return report.error() + "\n";
  return cli::ReportMarkdown(*report, kRoot);
}

std::string RenderRevisionsPage() {
  std::string text = "# Revisions\n\n";
  text += "What a program notices between any two: `kvmsim revisions diff A B`.\n\n";
  text += "| revision | what it is | certainty |\n|---|---|---|\n";
  for (const Revision& revision : Revisions()) {
    absl::StrAppendFormat(&text, "| %s | %s%s | %s |\n", revision.name, revision.summary,
                          &revision == &DefaultRevision() ? " (the default)" : "",
                          revision.inference.empty()
                              ? std::string("as each answer says")
                              : absl::StrFormat("inferred: %s", revision.inference));
  }
  text += "\n";
  for (const auto& [from, to] : RevisionSteps()) {
    absl::StrAppendFormat(&text, "- [from %s to %s](%s)\n", from->name, to->name,
                          RevisionPageFile(*from, *to));
  }
  return text;
}

}  // namespace kvm_model
