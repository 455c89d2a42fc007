#include "tests/capabilities/table.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

[[noreturn]] void GiveUp(const std::string& path, int line, std::string_view why) {
  absl::FPrintF(stderr, "%s:%d: %s\n", path, line, why);
  std::abort();
}

}  // namespace

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  for (std::size_t end = 0; end != std::string::npos; start = end + 1) {
    end = text.find(separator, start);
    parts.push_back(text.substr(start, end == std::string::npos ? end : end - start));
  }
  return parts;
}

Table ReadTable(const std::string& path) {
  std::ifstream file(path);
  if (!file) GiveUp(path, 0, "can't be read");
  Table table;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.starts_with("#")) continue;
    std::vector<std::string> fields = Split(line, '\t');
    if (table.columns.empty()) {
      table.columns = std::move(fields);
    } else if (fields.size() != table.columns.size()) {
      GiveUp(path, number, "the row is not as long as the heading");
    } else {
      table.rows.push_back(std::move(fields));
    }
  }
  if (table.rows.empty()) GiveUp(path, 0, "has no row");
  return table;
}

std::vector<SettingAssignment> ParseSettings(const std::string& text) {
  std::vector<SettingAssignment> settings;
  if (text == "-") return settings;
  for (const std::string& word : Split(text, ' ')) {
    const std::size_t equals = word.find('=');
    settings.push_back({word.substr(0, equals), word.substr(equals + 1)});
  }
  return settings;
}

std::string AnswerText(const Result<std::int64_t>& answer) {
  if (!answer.has_value()) return std::string(uapi::ErrnoName(answer.error()));
  return absl::StrFormat("%d", *answer);
}

std::string TestName(std::string text) {
  for (char& letter : text) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(letter))) letter = '_';
  }
  return text;
}

}  // namespace kvm_model
