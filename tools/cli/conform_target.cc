#include "tools/cli/conform_target.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kvm_model/revision.h"
#include "tools/backends/machine.h"
#include "tools/backends/machine_identity.h"
#include "tools/backends/model_backend.h"
#include "tools/revisions/other_host.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/runner.h"
#include "tools/scenario/with_host.h"

namespace kvm_model::cli {
namespace {

using scenario::ModelBackend;
using scenario::Scenario;
using scenario::Verdict;

// Whether the scenario could be moved.
bool Move(const Revision& revision, Scenario& one) {
  if (one.host.revision == revision.name) return true;
  auto host = revisions::OnRevision(one.host, revision);
  if (!host) return false;
  one = scenario::WithHost(one, std::move(host->line));
  return true;
}

// The machine's host on the revision of the scenarios that are run there; nothing where the model
// doesn't know the machine's own.
std::optional<scenario::HostLine> HostLineOf(const scenario::Machine& machine) {
  const Revision* const own = scenario::RevisionOfRelease(machine.release);
  if (own == nullptr || machine.settings.empty()) return std::nullopt;
  scenario::HostLine line;
  line.arch = machine.arch;
  line.revision = own->name;
  line.settings.assign(machine.settings.begin(), machine.settings.end());
  if (machine.taken_for.empty()) return line;
  auto moved = revisions::OnRevision(line, *FindRevision(machine.taken_for));
  if (!moved) return std::nullopt;
  return std::move(moved->line);
}

}  // namespace

std::map<std::size_t, std::string> ForOtherHosts(const scenario::Machine& machine,
                                                 const std::vector<Scenario>& suite,
                                                 const std::vector<std::size_t>& chosen) {
  std::map<std::size_t, std::string> others;
  const std::optional<scenario::HostLine> line = HostLineOf(machine);
  if (!line.has_value()) return others;
  ModelBackend backend(/*seed=*/1, ModelBackend::Record::kNothing);
  for (const std::size_t index : chosen) {
    if (scenario::SkipReason(machine, suite[index]).has_value()) continue;
    Scenario here = suite[index];
    here.host = *line;
    const Verdict verdict = scenario::RunScenario(here, backend);
    if (verdict.outcome == Verdict::Outcome::kPass) continue;
    others[index] = "it holds on another host than this machine";
  }
  return others;
}

void MoveToRevision(const Revision& revision, std::vector<Scenario>& suite,
                    std::vector<std::size_t>& chosen) {
  ModelBackend backend(/*seed=*/1, ModelBackend::Record::kNothing);
  std::erase_if(chosen, [&](std::size_t index) {
    return !Move(revision, suite[index]) ||
           scenario::RunScenario(suite[index], backend).outcome != Verdict::Outcome::kPass;
  });
}

}  // namespace kvm_model::cli
