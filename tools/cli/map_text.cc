#include "tools/cli/map_text.h"

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "tools/cli/page_columns.h"
#include "tools/cli/step_picture.h"

namespace kvm_model::cli {
namespace {

constexpr std::size_t kMostRunsTold = 12;

std::string Marks(const PageRow& row) {
  std::string marks;
  for (const MarkRun& run : row.runs) marks.append(run.end - run.start, run.mark);
  return marks;
}

std::string RunsInWords(const PageRow& row) {
  std::string text;
  for (const MarkRun& run : row.runs) {
    if (&run == &row.runs[0] + kMostRunsTold) {
      return text + absl::StrFormat("  ... %d more runs", row.runs.size() - kMostRunsTold);
    }
    absl::StrAppendFormat(&text, "%s[%d,%d) %c", text.empty() ? "" : "  ", run.start, run.end,
                          run.mark);
  }
  return text;
}

// The marks that the picture has, so that the legend explains no others.
std::set<std::pair<RowKind, char>> MarksOf(const ScenarioPicture& picture) {
  std::set<std::pair<RowKind, char>> marks;
  for (const StepPicture& step : picture.steps) {
    for (const FilePicture& file : step.changed) {
      for (const PageRow& row : file.rows) {
        for (const MarkRun& run : row.runs) marks.insert({row.kind, run.mark});
      }
    }
  }
  return marks;
}

bool IsTold(const MarkMeaning& meaning, const std::set<std::pair<RowKind, char>>& marks) {
  const auto has = [&](char mark) { return marks.contains({meaning.kind, mark}); };
  if (meaning.kind == RowKind::kPins && meaning.mark == '1') {
    return std::ranges::any_of(std::string("123456789"), has);
  }
  if (meaning.kind == RowKind::kContents && meaning.mark == 'A') {
    return std::ranges::any_of(marks, [](const auto& mark) {
      return mark.first == RowKind::kContents &&
             std::string(".0#:?").find(mark.second) == std::string::npos;
    });
  }
  return has(meaning.mark);
}

void PrintLegend(const ScenarioPicture& picture, std::ostream& out) {
  const std::set<std::pair<RowKind, char>> marks = MarksOf(picture);
  std::string line;
  const auto flush = [&] {
    if (!line.empty()) out << line << "\n";
    line.clear();
  };
  for (const MarkMeaning& meaning : MarkMeanings()) {
    if (!IsTold(meaning, marks)) continue;
    const std::string head = absl::StrFormat("%-12s", RowName(meaning.kind));
    if (!line.starts_with(head)) flush();
    line += line.empty() ? head : ", ";
    absl::StrAppendFormat(&line, "%c %s", meaning.mark, meaning.meaning);
  }
  flush();
}

void PrintFile(const FilePicture& file, std::ostream& out) {
  std::size_t width = 10;
  for (const PageRow& row : file.rows) width = std::max(width, row.label.size());
  const bool drawn = file.pages <= kMostColumns;
  std::string name = file.name;
  if (!drawn) out << absl::StrFormat("        %s, %d pages\n", std::exchange(name, ""), file.pages);
  for (const PageRow& row : file.rows) {
    out << absl::StrFormat("        %-*s  %-*s  %s\n", static_cast<int>(file.name.size()),
                           std::exchange(name, ""), static_cast<int>(width), row.label,
                           drawn ? Marks(row) : RunsInWords(row));
  }
}

void PrintStep(const StepPicture& step, std::ostream& out) {
  const bool quiet = step.changed.empty() && step.gone.empty();
  const std::string turn = step.turn ? absl::StrFormat(" (turn %d)", *step.turn) : "";
  out << absl::StrFormat("%5d  %s%s -> %s%s\n", step.line, step.call, turn, step.answer,
                         quiet ? "  (no page changed)" : "");
  for (const FilePicture& file : step.changed) PrintFile(file, out);
  for (const std::string& name : step.gone) {
    out << absl::StrFormat("        %s is released\n", name);
  }
}

}  // namespace

void PrintMapText(const ScenarioPicture& picture, std::ostream& out) {
  out << absl::StrFormat("%s (%s)\n", picture.file, picture.host);
  PrintLegend(picture, out);
  out << "\n";
  for (const StepPicture& step : picture.steps) PrintStep(step, out);
  if (picture.left_out != 0) {
    out << absl::StrFormat("       %d more calls ran and are not drawn: %s\n", picture.left_out,
                           picture.left_out_as);
  }
}

}  // namespace kvm_model::cli
