#include "tools/cli/step_picture.h"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "absl/strings/str_format.h"
#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/cli/step_painter.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
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
    {RowKind::kContents, '#', "a byte that doesn't print or is a mark itself"},
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
  StepPainter painter(scenario, backend, limits, picture);
  picture.verdict = scenario::RunScenario(
      scenario, backend,
      [&painter](const scenario::Call& call, const scenario::CallRequest& request,
                 const scenario::Answer& answer) { painter.After(call, request, answer); });
  return picture;
}

}  // namespace kvm_model::cli
