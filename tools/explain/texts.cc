#include "tools/explain/texts.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_split.h"
#include "tools/rules/table.h"

namespace kvm_model::explain {
namespace {

std::vector<std::string> Listed(const std::string& cell, const std::string& separator) {
  if (cell == "-") return {};
  return absl::StrSplit(cell, separator);
}

// "RULE: CALL ERRNO", or "RULE: CALL" where it works.
std::optional<NamedCall> CallNamed(const std::string& cell, bool fails) {
  const std::size_t colon = cell.find(": ");
  if (colon == std::string::npos) return std::nullopt;
  NamedCall named{cell.substr(0, colon), cell.substr(colon + 2), ""};
  if (!fails) return named;
  const std::size_t blank = named.call.rfind(' ');
  if (blank == std::string::npos) return std::nullopt;
  named.error = named.call.substr(blank + 1);
  named.call.resize(blank);
  return named;
}

}  // namespace

std::vector<ErrnoText> ParseErrnoTexts(std::string_view table) {
  std::vector<ErrnoText> texts;
  for (const std::vector<std::string>& row : rules::TableRows(table, 4)) {
    texts.push_back({row[0], row[1], row[2], row[3], row.size() > 4 ? row[4] : ""});
  }
  return texts;
}

std::vector<TermText> ParseTermTexts(std::string_view table) {
  std::vector<TermText> texts;
  for (const std::vector<std::string>& row : rules::TableRows(table, 8)) {
    texts.push_back({row[0], Listed(row[1], ", "), row[2], row[3], CallNamed(row[4], true),
                     CallNamed(row[5], false), Listed(row[6], " "), Listed(row[7], ", ")});
  }
  return texts;
}

const ErrnoText* FindErrnoText(const std::vector<ErrnoText>& texts, std::string_view call,
                               std::string_view error) {
  const ErrnoText* general = nullptr;
  for (const ErrnoText& text : texts) {
    if (text.error != error) continue;
    if (text.call == call) return &text;
    if (text.call == "*") general = &text;
  }
  return general;
}

}  // namespace kvm_model::explain
