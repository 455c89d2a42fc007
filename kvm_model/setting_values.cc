#include "kvm_model/setting_values.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/setting.h"

namespace kvm_model {
namespace {

std::vector<std::string> OtherWords(const Setting& setting, std::int64_t value) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < setting.words.size(); ++i) {
    if (static_cast<std::int64_t>(i) != value) words.emplace_back(setting.words[i]);
  }
  return words;
}

std::vector<std::string> OtherNumbers(const Setting& setting, std::int64_t value) {
  std::vector<std::int64_t> numbers(setting.numbers.begin(), setting.numbers.end());
  if (numbers.empty()) {
    numbers = {0, value / 2, value - 1};
    // Twice the largest numbers is no number any more.
    if (value <= std::numeric_limits<std::int64_t>::max() / 2) {
      numbers.insert(numbers.end(), {value + 1, value * 2});
    }
  }
  std::vector<std::string> others;
  for (const std::int64_t number : numbers) {
    if (number < 0 || number == value) continue;
    std::string text = absl::StrFormat("%d", number);
    if (std::ranges::find(others, text) == others.end()) others.push_back(std::move(text));
  }
  return others;
}

}  // namespace

std::vector<std::string> OtherValues(const Setting& setting, std::int64_t value) {
  switch (setting.type) {
    case Setting::Type::kBool:
      return {value != 0 ? "n" : "y"};
    case Setting::Type::kWord:
      return OtherWords(setting, value);
    case Setting::Type::kNumber:
      return OtherNumbers(setting, value);
  }
  return {};
}

}  // namespace kvm_model
