#include "tools/cli/capability_answers.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "tools/cli/capability_query.h"
#include "tools/cli/caps_format.h"

namespace kvm_model::cli {
namespace {

std::string AnswerOn(const Arch& arch, const Revision& revision, std::string_view name) {
  const auto host = Host::Create(arch, revision);
  if (!host) return {};
  const auto asker = CapabilityAsker::Open(*host, std::nullopt);
  if (!asker) return {};
  const CapabilityAnswer answer = (*asker)->AskByName(name);
  return answer.in_revision ? ShortValueText(answer) : std::string();
}

// "0 in linux-6.12; 3 in linux-6.18, linux-7.0", or "0 in every revision".
std::string InWords(const std::vector<RevisionAnswer>& revisions) {
  std::vector<std::pair<std::string, std::vector<std::string>>> runs;
  for (const RevisionAnswer& one : revisions) {
    const std::string answer = one.answer.empty() ? "no such capability" : one.answer;
    if (runs.empty() || runs.back().first != answer) runs.push_back({answer, {}});
    runs.back().second.emplace_back(one.revision);
  }
  if (runs.size() == 1) return runs.front().first + " in every revision";
  return absl::StrJoin(runs, "; ", [](std::string* text, const auto& run) {
    *text += absl::StrFormat("%s in %s", run.first, absl::StrJoin(run.second, ", "));
  });
}

}  // namespace

CapabilityAnswers AnswersEverywhere(std::string_view name) {
  CapabilityAnswers answers{std::string(name), {}};
  for (const Arch* arch : Architectures()) {
    ArchAnswers here{arch->traits().name, {}};
    for (const Revision& revision : Revisions()) {
      here.revisions.push_back({revision.name, AnswerOn(*arch, revision, name)});
    }
    answers.archs.push_back(std::move(here));
  }
  return answers;
}

std::vector<std::string> AnswersInWords(const CapabilityAnswers& answers) {
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
  for (const ArchAnswers& here : answers.archs) {
    const std::string words = InWords(here.revisions);
    auto group = groups.begin();
    while (group != groups.end() && group->first != words) ++group;
    if (group == groups.end()) group = groups.insert(groups.end(), {words, {}});
    group->second.emplace_back(here.arch);
  }
  std::vector<std::string> lines;
  for (const auto& [words, archs] : groups) {
    lines.push_back(absl::StrFormat("%s: %s", absl::StrJoin(archs, " "), words));
  }
  return lines;
}

}  // namespace kvm_model::cli
