#include "tools/explain/texts.h"

#include <string>
#include <string_view>
#include <vector>

#include "tools/rules/table.h"

namespace kvm_model::explain {

std::vector<ErrnoText> ParseErrnoTexts(std::string_view table) {
  std::vector<ErrnoText> texts;
  for (const std::vector<std::string>& row : rules::TableRows(table, 4)) {
    texts.push_back({row[0], row[1], row[2], row[3], row.size() > 4 ? row[4] : ""});
  }
  return texts;
}

std::vector<TermText> ParseTermTexts(std::string_view table) {
  std::vector<TermText> texts;
  for (const std::vector<std::string>& row : rules::TableRows(table, 3)) {
    texts.push_back({row[0], row[1], row[2]});
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
