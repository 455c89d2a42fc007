#include "tools/cli/revision_report.h"

#include <algorithm>
#include <expected>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "kvm_model/arch.h"
#include "kvm_model/revision.h"
#include "tools/cli/embedded_file.h"
#include "tools/cli/revision_capabilities.h"
#include "tools/cli/suite.h"
#include "tools/revisions/differences.h"
#include "tools/revisions/sentences.h"

namespace kvm_model::cli {
namespace {

bool IsBetween(const revisions::SentenceTable& table, const Revision& a, const Revision& b) {
  return (table.from == a.name && table.to == b.name) ||
         (table.from == b.name && table.to == a.name);
}

std::optional<revisions::Sentence> FindSentence(const std::vector<revisions::SentenceTable>& tables,
                                                std::string_view rule) {
  for (const revisions::SentenceTable& table : tables) {
    const revisions::Sentence* sentence = revisions::FindSentence(table.sentences, rule);
    if (sentence != nullptr) return *sentence;
  }
  return std::nullopt;
}

}  // namespace

std::vector<revisions::SentenceTable> SentenceTables() {
  std::vector<revisions::SentenceTable> tables;
  for (const EmbeddedFile& file : BuiltInSentences()) {
    tables.push_back(revisions::ParseSentences(file.text));
  }
  return tables;
}

std::expected<RevisionReport, std::string> MakeRevisionReport(const Revision& from,
                                                              const Revision& to,
                                                              std::span<const Arch* const> archs) {
  const auto suite = LoadBuiltInSuite();
  if (!suite) return std::unexpected(absl::StrJoin(suite.error(), "\n"));
  RevisionReport report;
  report.from = &from;
  report.to = &to;
  const std::vector<revisions::SentenceTable> tables = SentenceTables();
  for (revisions::Difference& difference : revisions::FindDifferences(*suite, from, to)) {
    const bool asked = std::ranges::any_of(
        archs, [&](const Arch* arch) { return arch->traits().name == difference.arch; });
    if (!asked) continue;
    std::optional<revisions::Sentence> sentence = FindSentence(tables, difference.rule);
    report.differences.push_back({std::move(difference), std::move(sentence)});
  }
  std::ranges::stable_sort(report.differences, {},
                           [](const RevisionReport::Told& told) { return told.difference.id; });
  for (const Arch* arch : archs) {
    std::vector<CapabilityChange> changes = CapabilityChanges(*arch, from, to);
    if (!changes.empty()) {
      report.capabilities.push_back({std::string(arch->traits().name), std::move(changes)});
    }
  }
  for (const revisions::SentenceTable& table : tables) {
    if (!IsBetween(table, from, to)) continue;
    std::ranges::copy_if(table.sentences, std::back_inserter(report.not_shown),
                         [](const revisions::Sentence& one) { return one.rule.empty(); });
  }
  return report;
}

}  // namespace kvm_model::cli
