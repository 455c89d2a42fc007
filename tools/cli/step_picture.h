// What each call of a scenario leaves of its guest_memfds, as plain data: what the renderers of
// `kvmsim map` draw.
//
// A row tells one thing of every page of a file, as runs of pages with one mark. The marks:
//
//   attributes  'S' shared, 'P' private, '*' another word; '-' a page in no memslot, where the VM
//               tracks attributes
//   contents    '.' a hole, '0' a first byte of 0, '#' one that doesn't print or is such a mark
//               itself, ':' resident (of files with so many resident pages that their bytes aren't
//               read), '?' poisoned, otherwise the first byte
//   host        '.' at no address of the process, '-' mapped but not faulted in, 'H' in its page
//               tables
//   guest       '.' in no memslot, '-' in one, 'G' in the guest's page tables, 'U' there by way of
//               the process's memory
//   pins        '.' none, '1' to '9' long-term references, '+' more, 'e' the one that a memory
//               error keeps
#ifndef KVM_MODEL_TOOLS_CLI_STEP_PICTURE_H_
#define KVM_MODEL_TOOLS_CLI_STEP_PICTURE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/scenario/ast.h"
#include "tools/scenario/runner.h"

namespace kvm_model::cli {

// The pages [start, end), and the mark that they share.
struct MarkRun {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  char mark = '.';
  friend bool operator==(const MarkRun&, const MarkRun&) = default;
};

enum class RowKind : std::uint8_t { kAttributes, kContents, kHost, kGuest, kPins };

struct PageRow {
  RowKind kind{};
  std::string label;          // "attributes", "host", "host child": unique in its file.
  std::vector<MarkRun> runs;  // In order, without a gap, neighbours differ.
  friend bool operator==(const PageRow&, const PageRow&) = default;
};

struct FilePicture {
  std::string name;  // The variable that the scenario gave it; unique in its scenario.
  std::uint64_t pages = 0;
  std::vector<PageRow> rows;
  friend bool operator==(const FilePicture&, const FilePicture&) = default;
};

// One call that ran.
struct StepPicture {
  int line = 0;
  std::optional<std::uint64_t> turn;  // In a repeat: how often the line had run before.
  std::string call;                   // As the scenario has it.
  std::string answer;                 // As an expectation is written.
  std::vector<FilePicture> changed;   // Files that look otherwise than after the step before.
  std::vector<std::string> gone;      // Files that were released.
  std::string trail;                  // The decisions, one a line; empty where nobody wants them.
};

struct ScenarioPicture {
  std::string file;
  std::string description;  // The opening comment, may have several lines.
  std::string host;         // "x86 rfc-v4 hw.snp=y".
  std::vector<StepPicture> steps;
  std::uint64_t left_out = 0;  // Calls that ran and are not among the steps.
  std::string left_out_as;     // Which limit the picture had reached, in words.
  scenario::Verdict verdict;
};

// How much is collected. Calls past a limit run all the same.
struct PictureLimits {
  std::size_t steps = 100'000;
  std::uint64_t runs = std::uint64_t{1} << 22;   // Stored.
  std::uint64_t looks = std::uint64_t{1} << 23;  // At pages, runs, files and memslots.
  bool trails = false;
};

// Files with more resident pages than this are told apart from holes only.
inline constexpr std::uint64_t kMostPagesRead = std::uint64_t{1} << 12;

// What a mark of a row means, for legends; in the order in which a legend has them.
struct MarkMeaning {
  RowKind kind{};
  char mark = '.';
  std::string_view meaning;
};
std::span<const MarkMeaning> MarkMeanings();
// "attributes", "contents", "host", "guest", "pins".
std::string_view RowName(RowKind kind);

// Runs the scenario on the model, and looks at its guest_memfds after each call. `seed` is where
// the model's random bytes come from.
ScenarioPicture DrawScenario(const scenario::Scenario& scenario, std::uint64_t seed,
                             const PictureLimits& limits = {});

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_STEP_PICTURE_H_
