#include "bench/beside_writer/writing.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"
#include "uapi/constants.h"

namespace kvm_model::bench {
namespace {

constexpr std::uint64_t kSeed = 4242;
constexpr Attributes kPrivate = uapi::kMemoryAttributePrivate;
constexpr PageIndex kStillMiddle = kStillPages.start + kStillPages.pages() / 2;
constexpr std::size_t kToggledPages = std::size_t{1} << 15;
constexpr std::size_t kLogUniformStores = std::size_t{1} << 14;
constexpr double kMostPagesLog2 = 18;
constexpr std::size_t kNarrowRanges = 8;
constexpr std::size_t kNarrowRounds = 64;

template <typename T>
void Shuffle(std::vector<T>& values, std::mt19937_64& random) {
  for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random() % i]);
}

// A coin's toss for each page: SplitMix64's last steps.
bool IsHeads(PageIndex page) {
  std::uint64_t x = page + kSeed * 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return ((x ^ (x >> 31)) & 1) != 0;
}

// Each page once to the other value, and then, in another order, back.
std::vector<AttributeRun> DrawToggles(std::mt19937_64& random) {
  std::vector<PageIndex> pages;
  std::unordered_set<PageIndex> drawn;
  while (pages.size() < kToggledPages) {
    const PageIndex page = random() % kStillPages.start;
    if (drawn.insert(page).second) pages.push_back(page);
  }
  std::vector<AttributeRun> stores;
  for (const bool back : {false, true}) {
    for (const PageIndex page : pages) {
      stores.push_back({{page, page + 1}, IsHeads(page) == back ? kPrivate : 0});
    }
    Shuffle(pages, random);
  }
  return stores;
}

std::vector<AttributeRun> DrawLogUniform(std::mt19937_64& random) {
  std::vector<AttributeRun> stores;
  for (std::size_t i = 0; i < kLogUniformStores; ++i) {
    const double share = static_cast<double>(random() >> 11) * 0x1p-53;
    const auto pages = static_cast<std::uint64_t>(std::exp2(share * kMostPagesLog2));
    const PageIndex start = random() % (kStillPages.start - pages + 1);
    stores.push_back({{start, start + pages}, (random() >> 63) != 0 ? kPrivate : 0});
  }
  return stores;
}

// All ranges to private and then all to shared, in an order of their own each time.
std::vector<AttributeRun> DrawNarrow(std::mt19937_64& random) {
  std::vector<PageRange> ranges;
  for (std::size_t i = 0; i < kNarrowRanges; ++i) {
    const PageIndex start = (i + 1) * (kMapPages / (kNarrowRanges + 2));
    const double log2 = kMostPagesLog2 * static_cast<double>(i) / (kNarrowRanges - 1);
    ranges.push_back({start, start + static_cast<std::uint64_t>(std::exp2(log2))});
  }
  std::vector<AttributeRun> stores;
  for (std::size_t round = 0; round < kNarrowRounds; ++round) {
    Shuffle(ranges, random);
    for (const PageRange range : ranges) stores.push_back({range, round % 2 == 0 ? kPrivate : 0});
  }
  return stores;
}

}  // namespace

std::string_view ToString(WriterKind kind) {
  switch (kind) {
    case WriterKind::kW1:
      return "W1";
    case WriterKind::kW4:
      return "W4";
    case WriterKind::kNarrow:
      return "narrow";
  }
  return "";
}

void ForEachPrivateRange(WriterKind kind, absl::FunctionRef<void(PageRange)> visit) {
  if (kind == WriterKind::kW1) {
    for (PageIndex page = 0; page < kStillPages.start; ++page) {
      if (IsHeads(page)) visit({page, page + 1});
    }
  }
  visit({kStillPages.start, kStillMiddle});
}

std::vector<AttributeRun> DrawStores(WriterKind kind) {
  std::mt19937_64 random(kSeed);
  switch (kind) {
    case WriterKind::kW1:
      return DrawToggles(random);
    case WriterKind::kW4:
      return DrawLogUniform(random);
    case WriterKind::kNarrow:
      return DrawNarrow(random);
  }
  return {};
}

std::vector<Question> DrawQuestions(std::size_t count, std::uint64_t pages) {
  std::mt19937_64 random(kSeed);
  std::vector<Question> questions;
  for (std::size_t i = 0; i < count; ++i) {
    const PageRange from = i % 16 == 0 ? kStillPages : PageRange{0, kMapPages};
    const PageIndex start = from.start + random() % (from.pages() - pages + 1);
    Question& question = questions.emplace_back(Question{{start, start + pages}, {}});
    if (start >= kStillMiddle) {
      question.answer = 0;
    } else if (start >= kStillPages.start && start + pages <= kStillMiddle) {
      question.answer = kPrivate;
    }
  }
  return questions;
}

}  // namespace kvm_model::bench
