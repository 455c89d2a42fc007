#include "uapi/capabilities.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

#include "uapi/capability_table.h"
#include "uapi/header_version.h"

namespace kvm_model::uapi {
namespace {

constexpr bool TableIsWellFormed() {
  const auto& rows = capability_table::kRows;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].name.starts_with("KVM_CAP_") || rows[i].headers.Empty()) return false;
    if (i > 0 && rows[i - 1].number > rows[i].number) return false;
    // Within one header a number has one name.
    for (std::size_t j = 0; j < i; ++j) {
      if (rows[j].number == rows[i].number && rows[j].headers.Intersects(rows[i].headers)) {
        return false;
      }
    }
  }
  return true;
}
static_assert(TableIsWellFormed());

}  // namespace

std::optional<int> CapabilityNumber(std::string_view name) {
  const std::string_view short_name = CapabilityShortName(name);
  for (const CapabilityName& row : AllCapabilities()) {
    if (CapabilityShortName(row.name) == short_name) return row.number;
  }
  return std::nullopt;
}

std::optional<int> CapabilityNumberIn(std::string_view name, HeaderVersion header) {
  const std::string_view short_name = CapabilityShortName(name);
  for (const CapabilityName& row : AllCapabilities()) {
    if (row.headers.Contains(header) && CapabilityShortName(row.name) == short_name) {
      return row.number;
    }
  }
  return std::nullopt;
}

std::string_view CapabilityNameIn(int number, HeaderVersion header) {
  const auto rows =
      std::ranges::equal_range(capability_table::kRows, number, {}, &CapabilityName::number);
  for (const CapabilityName& row : rows) {
    if (row.headers.Contains(header)) return row.name;
  }
  return "";
}

}  // namespace kvm_model::uapi
