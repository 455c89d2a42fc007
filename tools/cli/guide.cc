#include "tools/cli/guide.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/cli/text.h"

namespace kvm_model::cli {
namespace {

using Kind = GuideBlock::Kind;

constexpr std::string_view kFence = "```";

// The lines under the heading.
std::vector<std::string> LinesUnder(std::string_view guide, std::string_view heading) {
  std::vector<std::string> lines;
  bool in_fence = false;
  bool found = false;
  for (std::string& line : Split(guide, '\n')) {
    if (line.starts_with(kFence)) in_fence = !in_fence;
    if (line.starts_with("#") && !in_fence) {
      if (found) break;
      const std::string_view title = std::string_view(line).substr(line.find_first_not_of('#'));
      found = Trimmed(title) == heading;
    } else if (found) {
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

// The cells of "| a | b `x|y` |": a | inside of backquotes belongs to its cell.
std::vector<std::string> Cells(std::string_view line) {
  std::vector<std::string> cells;
  std::string cell;
  bool in_code = false;
  line = WithoutEnd(line.substr(line.starts_with("|") ? 1 : 0), "|");
  for (const char c : line) {
    if (c == '`') in_code = !in_code;
    if (c == '|' && !in_code) {
      cells.emplace_back(Trimmed(cell));
      cell.clear();
    } else {
      cell += c;
    }
  }
  cells.emplace_back(Trimmed(cell));
  return cells;
}

bool IsRule(std::string_view line) {
  return line.find_first_not_of("|-: ") == std::string_view::npos;
}

}  // namespace

std::vector<GuideBlock> GuideSection(std::string_view guide, std::string_view heading) {
  std::vector<GuideBlock> blocks;
  bool in_fence = false;
  bool goes_on = false;  // the line before belongs to the last block
  for (const std::string& line : LinesUnder(guide, heading)) {
    if (line.starts_with(kFence)) {
      in_fence = !in_fence;
      goes_on = false;
      if (in_fence) {
        blocks.push_back({line == "```console" ? Kind::kConsole : Kind::kOtherFence, {}, {}});
      }
    } else if (in_fence) {
      blocks.back().lines.push_back(line);
    } else if (Trimmed(line).empty()) {
      goes_on = false;
    } else if (line.starts_with("|")) {
      if (!goes_on) blocks.push_back({Kind::kTable, {}, {}});
      if (!IsRule(line)) blocks.back().rows.push_back(Cells(line));
      goes_on = true;
    } else if (goes_on && !line.starts_with("- ")) {
      blocks.back().lines.back() += Cat(" ", Trimmed(line));
    } else {
      blocks.push_back({Kind::kParagraph, {line}, {}});
      goes_on = true;
    }
  }
  return blocks;
}

}  // namespace kvm_model::cli
