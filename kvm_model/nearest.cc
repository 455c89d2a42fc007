#include "kvm_model/nearest.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"

namespace kvm_model {
namespace {

// Their distances would cost too much.
constexpr std::size_t kLongestName = 64;

bool SameLetter(char a, char b) {
  return absl::ascii_tolower(static_cast<unsigned char>(a)) ==
         absl::ascii_tolower(static_cast<unsigned char>(b));
}

// Insertions, deletions, replacements and swaps of neighbours between the two names.
std::size_t Distance(std::string_view a, std::string_view b) {
  // Row i holds the distances from a's first i letters to each beginning of b.
  std::vector<std::vector<std::size_t>> rows(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  std::iota(rows[0].begin(), rows[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    rows[i][0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = rows[i - 1][j - 1] + (SameLetter(a[i - 1], b[j - 1]) ? 0 : 1);
      rows[i][j] = std::min({replaced, rows[i][j - 1] + 1, rows[i - 1][j] + 1});
      const bool swapped =
          i > 1 && j > 1 && SameLetter(a[i - 1], b[j - 2]) && SameLetter(a[i - 2], b[j - 1]);
      if (swapped) rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows.back().back();
}

}  // namespace

std::vector<std::string_view> NearestFew(std::string_view name,
                                         std::span<const std::string_view> candidates,
                                         std::size_t most) {
  if (name.size() > kLongestName) return {};
  const std::size_t largest = std::max<std::size_t>(1, name.size() / 3);
  std::vector<std::pair<std::size_t, std::string_view>> near;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = Distance(name, candidate);
    // A short name is near to every other short one; something of it must be left.
    if (distance > largest || distance >= candidate.size()) continue;
    const std::pair one(distance, candidate);
    if (std::ranges::find(near, one) != near.end()) continue;
    // Of equally near ones, the first stays the first.
    const auto behind = std::ranges::upper_bound(near, distance, {},
                                                 &std::pair<std::size_t, std::string_view>::first);
    near.insert(behind, one);
  }
  if (near.size() > most) near.resize(most);
  std::vector<std::string_view> names;
  for (const auto& [distance, candidate] : near) names.push_back(candidate);
  return names;
}

std::optional<std::string_view> Nearest(std::string_view name,
                                        std::span<const std::string_view> candidates) {
  const std::vector<std::string_view> nearest = NearestFew(name, candidates, 1);
  return nearest.empty() ? std::nullopt : std::optional(nearest.front());
}

std::string DidYouMean(std::string_view name, std::span<const std::string_view> candidates) {
  const std::optional<std::string_view> nearest = Nearest(name, candidates);
  return nearest.has_value() ? absl::StrFormat("; did you mean %s?", *nearest) : "";
}

}  // namespace kvm_model
