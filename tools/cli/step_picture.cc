#include "tools/cli/step_picture.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_inode.h"
#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/cli/page_marks.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/names.h"
#include "tools/scenario/printer.h"
#include "tools/scenario/runner.h"

namespace kvm_model::cli {
namespace {

constexpr auto kMeanings = std::to_array<MarkMeaning>({
    {RowKind::kAttributes, 'S', "shared"},
    {RowKind::kAttributes, 'P', "private"},
    {RowKind::kAttributes, '*', "other attributes"},
    {RowKind::kAttributes, '-', "in no memslot (the VM tracks attributes)"},
    {RowKind::kContents, '.', "a hole"},
    {RowKind::kContents, '0', "a zero"},
    {RowKind::kContents, 'A', "the page's first byte"},
    {RowKind::kContents, '#', "a byte that doesn't print"},
    {RowKind::kContents, ':', "resident, not read"},
    {RowKind::kContents, '?', "poisoned"},
    {RowKind::kHost, '.', "not mapped"},
    {RowKind::kHost, '-', "mapped but not faulted in"},
    {RowKind::kHost, 'H', "in the process's page tables"},
    {RowKind::kGuest, '.', "in no memslot"},
    {RowKind::kGuest, '-', "in a memslot"},
    {RowKind::kGuest, 'G', "in the guest's page tables"},
    {RowKind::kGuest, 'U', "there by way of the process's memory"},
    {RowKind::kPins, '.', "none"},
    {RowKind::kPins, '1', "so many long-term references"},
    {RowKind::kPins, '+', "more than nine"},
    {RowKind::kPins, 'e', "a memory error's reference"},
});

class Painter {
 public:
  Painter(const scenario::Scenario& scenario, scenario::ModelBackend& backend,
          const PictureLimits& limits, ScenarioPicture& picture)
      : names_{scenario.host.arch, scenario.host.revision},
        backend_(backend),
        limits_(limits),
        picture_(picture) {
    FindRepeated(scenario.statements, false);
  }

  void After(const scenario::Call& call, const scenario::CallRequest& request,
             const scenario::Answer& answer) {
    std::optional<std::uint64_t> turn;
    if (repeated_.contains(&call)) turn = turns_[&call]++;
    if (picture_.steps.size() >= limits_.steps || stored_ >= limits_.runs ||
        looks_ >= limits_.looks) {
      ++picture_.left_out;
      return;
    }
    Learn(call, request, answer);
    StepPicture step;
    step.line = call.position.line;
    step.turn = turn;
    step.call = scenario::PrintCall(call);
    step.answer = scenario::FormatAnswer(answer, call.answer_domain, names_,
                                         request[scenario::ArgumentId::kErrorOffset]);
    if (limits_.trails) step.trail = backend_.Trail();
    Look(step);
    picture_.steps.push_back(std::move(step));
  }

 private:
  // A file that the scenario made. It is never kept from being released.
  struct Known {
    std::string name;
    std::weak_ptr<GuestMemfd> file;
    FilePicture last;
  };

  void FindRepeated(const std::vector<scenario::Statement>& statements, bool repeated) {
    for (const scenario::Statement& statement : statements) {
      if (const auto* call = std::get_if<scenario::Call>(&statement.what)) {
        if (repeated) repeated_.insert(call);
      } else {
        FindRepeated(std::get<scenario::Repeat>(statement.what).body, true);
      }
    }
  }

  // New files and processes.
  void Learn(const scenario::Call& call, const scenario::CallRequest& request,
             const scenario::Answer& answer) {
    if (!scenario::Succeeded(answer)) return;
    if (call.id == scenario::CallId::kFork) {
      const std::uint64_t child = scenario::ValueOf(answer);
      processes_[child] = call.result.empty() ? absl::StrFormat("%d", child) : call.result;
    }
    if (call.id != scenario::CallId::kCreateGuestMemfd && call.id != scenario::CallId::kIoctl) {
      return;
    }
    const auto file =
        backend_.FindGuestMemfd(static_cast<int>(scenario::ValueOf(answer)), request.process);
    if (file == nullptr) return;
    for (const Known& known : files_) {
      if (known.file.lock() == file) return;
    }
    files_.push_back({NameFor(call), file, {}});
  }

  std::string NameFor(const scenario::Call& call) {
    std::string name = call.process.empty() ? "" : call.process + ":";
    name += call.result.empty() ? absl::StrFormat("line %d", call.position.line) : call.result;
    const int count = ++names_given_[name];
    return count == 1 ? name : absl::StrFormat("%s #%d", name, count);
  }

  void Look(StepPicture& step) {
    std::erase_if(files_, [&step](const Known& known) {
      if (!known.file.expired()) return false;
      step.gone.push_back(known.name);
      return true;
    });
    for (Known& known : files_) {
      const std::shared_ptr<GuestMemfd> file = known.file.lock();
      FilePicture now = {known.name, file->inode().pages(),
                         RowsOf(file, backend_, processes_, looks_)};
      if (now == known.last) continue;
      for (const PageRow& row : now.rows) stored_ += row.runs.size();
      known.last = now;
      step.changed.push_back(std::move(now));
    }
  }

  const scenario::NameContext names_;
  scenario::ModelBackend& backend_;
  const PictureLimits limits_;
  ScenarioPicture& picture_;
  std::set<const scenario::Call*> repeated_;
  std::map<const scenario::Call*, std::uint64_t> turns_;
  std::map<scenario::ProcessId, std::string> processes_;
  std::vector<Known> files_;
  std::map<std::string, int> names_given_;
  std::uint64_t stored_ = 0;
  std::uint64_t looks_ = 0;
};

}  // namespace

std::span<const MarkMeaning> MarkMeanings() { return kMeanings; }

std::string_view RowName(RowKind kind) {
  switch (kind) {
    case RowKind::kAttributes:
      return "attributes";
    case RowKind::kContents:
      return "contents";
    case RowKind::kHost:
      return "host";
    case RowKind::kGuest:
      return "guest";
    case RowKind::kPins:
      return "pins";
  }
  return "";
}

ScenarioPicture DrawScenario(const scenario::Scenario& scenario, std::uint64_t seed,
                             const PictureLimits& limits) {
  ScenarioPicture picture;
  picture.file = scenario.file;
  picture.description = scenario.description;
  picture.host = scenario.host.arch + " " + scenario.host.revision;
  for (const auto& [name, value] : scenario.host.settings) {
    picture.host += absl::StrFormat(" %s=%s", name, value);
  }
  scenario::ModelBackend backend(seed);
  Painter painter(scenario, backend, limits, picture);
  picture.verdict = scenario::RunScenario(
      scenario, backend,
      [&painter](const scenario::Call& call, const scenario::CallRequest& request,
                 const scenario::Answer& answer) { painter.After(call, request, answer); });
  return picture;
}

}  // namespace kvm_model::cli
