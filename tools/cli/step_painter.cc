#include "tools/cli/step_painter.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_inode.h"
#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/cli/page_marks.h"
#include "tools/cli/step_picture.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/printer.h"

namespace kvm_model::cli {

StepPainter::StepPainter(const scenario::Scenario& scenario, scenario::ModelBackend& backend,
                         const PictureLimits& limits, ScenarioPicture& picture)
    : names_{scenario.host.arch, scenario.host.revision},
      backend_(backend),
      limits_(limits),
      picture_(picture) {
  FindRepeated(scenario.statements, false);
}

void StepPainter::After(const scenario::Call& call, const scenario::CallRequest& request,
                        const scenario::Answer& answer) {
  std::optional<std::uint64_t> turn;
  if (repeated_.contains(&call)) turn = turns_[&call]++;
  if (std::string reached = LimitReached(); !reached.empty()) {
    ++picture_.left_out;
    picture_.left_out_as = std::move(reached);
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

std::string StepPainter::LimitReached() const {
  if (picture_.steps.size() >= limits_.steps) {
    return absl::StrFormat("a picture of this form has %d calls", limits_.steps);
  }
  if (stored_ >= limits_.runs) {
    return absl::StrFormat("the picture holds %d ranges of pages", stored_);
  }
  if (looks_ >= limits_.looks) {
    return absl::StrFormat("files, memslots and pages were looked at %d times", looks_);
  }
  return {};
}

void StepPainter::FindRepeated(const std::vector<scenario::Statement>& statements, bool repeated) {
  for (const scenario::Statement& statement : statements) {
    if (const auto* call = std::get_if<scenario::Call>(&statement.what)) {
      if (repeated) repeated_.insert(call);
    } else {
      FindRepeated(std::get<scenario::Repeat>(statement.what).body, true);
    }
  }
}

void StepPainter::Learn(const scenario::Call& call, const scenario::CallRequest& request,
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

std::string StepPainter::NameFor(const scenario::Call& call) {
  std::string name = call.process.empty() ? "" : call.process + ":";
  name += call.result.empty() ? absl::StrFormat("line %d", call.position.line) : call.result;
  const int count = ++names_given_[name];
  return count == 1 ? name : absl::StrFormat("%s #%d", name, count);
}

void StepPainter::Look(StepPicture& step) {
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

}  // namespace kvm_model::cli
