#include "tools/cli/revision_report.h"

#include <algorithm>
#include <expected>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
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

// Whether two rules show the same: the same answers to the same question.
bool ShowTheSame(const revisions::Difference& one, const revisions::Difference& other) {
  return one.arch == other.arch && one.from == other.from && one.to == other.to &&
         one.id == other.id &&
         (one.capability.has_value() ? one.capability == other.capability : one.call == other.call);
}

// Leaves out what a rule of another step shows where one of this step's own shows the same.
void PreferOwnSentences(const std::vector<revisions::SentenceTable>& tables,
                        RevisionReport& report) {
  std::set<std::string> own;
  for (const revisions::SentenceTable& table : tables) {
    if (!IsBetween(table, *report.from, *report.to)) continue;
    for (const revisions::Sentence& sentence : table.sentences) own.insert(sentence.rule);
  }
  std::vector<revisions::Difference> told;
  for (const RevisionReport::Told& one : report.differences) {
    if (own.contains(one.difference.rule)) told.push_back(one.difference);
  }
  std::erase_if(report.differences, [&](const RevisionReport::Told& one) {
    return !own.contains(one.difference.rule) &&
           std::ranges::any_of(told, [&](const revisions::Difference& other) {
             return ShowTheSame(one.difference, other);
           });
  });
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
  PreferOwnSentences(tables, report);
  std::ranges::sort(report.differences, {}, [](const RevisionReport::Told& told) {
    const revisions::Difference& difference = told.difference;
    return std::tuple(difference.id, std::string_view(difference.rule),
                      std::string_view(difference.arch));
  });
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
