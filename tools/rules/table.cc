#include "tools/rules/table.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"

namespace kvm_model::rules {

std::vector<std::vector<std::string>> TableRows(std::string_view text, std::size_t columns) {
  std::vector<std::vector<std::string>> rows;
  const std::vector<std::string> lines = absl::StrSplit(std::string(text), '\n', absl::SkipEmpty());
  for (const std::string& line : lines) {
    if (line.front() == '#') continue;
    std::vector<std::string> row = absl::StrSplit(line, '\t');
    if (row.size() >= columns) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace kvm_model::rules
