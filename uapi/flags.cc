#include "uapi/flags.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace kvm_model::uapi {
namespace {

std::string Hex(std::uint64_t value) {
  char digits[16];
  const std::to_chars_result result = std::to_chars(digits, digits + sizeof(digits), value, 16);
  return "0x" + std::string(digits, result.ptr);
}

std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  }
  const char* const end = text.data() + text.size();
  std::uint64_t value = 0;
  const std::from_chars_result result = std::from_chars(text.data(), end, value, base);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> ParseFlag(std::string_view text, std::span<const FlagName> flags) {
  for (const FlagName& flag : flags) {
    if (text == flag.name || text == flag.short_name) return flag.bit;
  }
  return ParseNumber(text);
}

}  // namespace

std::string DecodeFlags(std::uint64_t value, std::span<const FlagName> flags) {
  if (value == 0) return "0";
  std::string text;
  const auto append = [&text](std::string_view part) {
    if (!text.empty()) text += '|';
    text += part;
  };
  for (const FlagName& flag : flags) {
    if (flag.bit == 0 || (value & flag.bit) != flag.bit) continue;
    append(flag.short_name);
    value &= ~flag.bit;
  }
  if (value != 0) append(Hex(value));
  return text;
}

std::optional<std::uint64_t> ParseFlags(std::string_view text, std::span<const FlagName> flags) {
  std::uint64_t value = 0;
  while (true) {
    const std::size_t bar = text.find('|');
    const std::optional<std::uint64_t> flag = ParseFlag(text.substr(0, bar), flags);
    if (!flag.has_value()) return std::nullopt;
    value |= *flag;
    if (bar == std::string_view::npos) return value;
    text.remove_prefix(bar + 1);
  }
}

std::string_view ValueShortName(std::uint64_t value, std::span<const ValueName> values) {
  const auto found = std::ranges::find(values, value, &ValueName::value);
  return found == values.end() ? std::string_view() : found->short_name;
}

std::optional<std::uint64_t> ValueByName(std::string_view name, std::span<const ValueName> values) {
  for (const ValueName& row : values) {
    if (name == row.name || name == row.short_name) return row.value;
  }
  return std::nullopt;
}

}  // namespace kvm_model::uapi
