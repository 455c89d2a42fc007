// Every sequence of three stores over six pages with three values, against the naive twin: no
// question of any state may be answered differently.
//
// Every sequence has its runs and each page's answers compared. Questions about ranges are asked
// after every sequence of two stores, and once in each state after that: they see the runs only.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/attribute_run.h"
#include "kvm_model/page.h"
#include "tests/kvm_model/attribute_map_twin.h"
#include "tests/kvm_model/btree_attribute_map.h"

namespace kvm_model {
namespace {

constexpr std::uint64_t kPages = 6;
constexpr std::array<Attributes, 3> kValues = {0, 8, 9};
constexpr std::array<Attributes, 3> kMasks = {~Attributes{0}, 8, 1};
constexpr std::size_t kDepth = 3;

struct Operation {
  PageRange range;
  Attributes attributes = 0;
};

std::vector<PageRange> AllRanges() {
  std::vector<PageRange> ranges;
  for (PageIndex start = 0; start < kPages; ++start) {
    for (PageIndex end = start + 1; end <= kPages; ++end) ranges.push_back({start, end});
  }
  return ranges;
}

std::vector<Operation> AllOperations() {
  std::vector<Operation> operations;
  for (const PageRange range : AllRanges()) {
    for (const Attributes attributes : kValues) operations.push_back({range, attributes});
  }
  return operations;
}

// What the twin answers in one state. There are few states and many ways into each.
struct Expectation {
  std::vector<AttributeRun> runs;
  std::vector<AttributeRun> containing;
  // By range.
  std::vector<std::vector<AttributeRun>> cut;
  // By range, value and mask.
  std::vector<bool> has;
};

Expectation Expect(const AttributeMapTwin& twin, std::span<const PageRange> ranges) {
  Expectation expected;
  expected.runs = twin.RunsIn({0, kPages});
  for (PageIndex page = 0; page < kPages; ++page) {
    expected.containing.push_back(twin.RunContaining(page));
  }
  for (const PageRange range : ranges) {
    expected.cut.push_back(twin.RunsIn(range));
    for (const Attributes attributes : kValues) {
      for (const Attributes mask : kMasks) {
        expected.has.push_back(twin.RangeHas(range, attributes, mask));
      }
    }
  }
  return expected;
}

// The first question about the whole or about a page that the map answers otherwise; empty when
// there is none.
template <typename Map>
std::string Difference(const Map& map, const Expectation& expected) {
  std::string why;
  if (!map.CheckInvariants(&why)) return why;
  if (map.Runs() != expected.runs) return "Runs";
  if (map.run_count() != expected.runs.size()) return "run_count";
  for (PageIndex page = 0; page < kPages; ++page) {
    const AttributeRun& run = expected.containing[page];
    if (map.Get(page) != run.attributes) return absl::StrFormat("Get(%d)", page);
    if (map.RunContaining(page) != run) return absl::StrFormat("RunContaining(%d)", page);
    if (map.NextChange(page) != run.pages.end) return absl::StrFormat("NextChange(%d)", page);
  }
  return {};
}

// The same for questions about ranges.
template <typename Map>
std::string DifferenceInRanges(const Map& map, const Expectation& expected,
                               std::span<const PageRange> ranges) {
  std::size_t question = 0;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const auto& [start, end] = ranges[i];
    std::vector<AttributeRun> cut;
    map.ForEachRun(ranges[i], [&cut](const AttributeRun& run) { cut.push_back(run); });
    if (cut != expected.cut[i]) return absl::StrFormat("ForEachRun([%d,%d))", start, end);
    for (const Attributes attributes : kValues) {
      for (const Attributes mask : kMasks) {
        if (map.RangeHas(ranges[i], attributes, mask) != expected.has[question++]) {
          return absl::StrFormat("RangeHas([%d,%d), %d, %#x)", start, end, attributes, mask);
        }
      }
    }
  }
  return {};
}

std::string Describe(Attributes initial, std::span<const Operation> sequence) {
  std::string text = absl::StrFormat("%d pages of %d", kPages, initial);
  for (const Operation& store : sequence) {
    text += absl::StrFormat("; [%d,%d) = %d", store.range.start, store.range.end, store.attributes);
  }
  return text;
}

template <typename Map>
class AttributeMapExhaustiveTest : public ::testing::Test {};

using Maps = ::testing::Types<AttributeMap, BtreeAttributeMap>;
TYPED_TEST_SUITE(AttributeMapExhaustiveTest, Maps);

template <typename Map>
void MakeEverySequence(Attributes initial) {
  const std::vector<PageRange> ranges = AllRanges();
  const std::vector<Operation> operations = AllOperations();
  std::map<std::vector<Attributes>, Expectation> expectations;
  std::vector<Operation> sequence;
  std::size_t sequences = 0;
  const auto check = [&](const AttributeMapTwin& twin) {
    // The map can't be copied, so each sequence starts anew; only what its last store left has not
    // been looked at before.
    Map map(kPages, initial);
    for (const Operation& store : sequence) {
      auto prepared = map.Prepare(store.range, store.attributes);
      ASSERT_TRUE(prepared.has_value());
      map.Commit(*std::move(prepared));
    }
    auto expected = expectations.find(twin.words());
    const bool is_new = expected == expectations.end();
    if (is_new) expected = expectations.emplace(twin.words(), Expect(twin, ranges)).first;
    ++sequences;
    std::string difference = Difference(map, expected->second);
    if (difference.empty() && (is_new || sequence.size() < kDepth)) {
      difference = DifferenceInRanges(map, expected->second, ranges);
    }
    ASSERT_TRUE(difference.empty()) << difference << " after " << Describe(initial, sequence);
  };
  const auto walk = [&](const auto& self, const AttributeMapTwin& twin) -> void {
    check(twin);
    if (sequence.size() == kDepth) return;
    for (const Operation& store : operations) {
      if (::testing::Test::HasFatalFailure()) return;
      AttributeMapTwin next = twin;
      next.Store(store.range, store.attributes);
      sequence.push_back(store);
      self(self, next);
      sequence.pop_back();
    }
  };
  walk(walk, AttributeMapTwin(kPages, initial));
  EXPECT_EQ(sequences, 1u + 63 + 63 * 63 + 63 * 63 * 63);
}

TYPED_TEST(AttributeMapExhaustiveTest, EverySequenceOfThreeStoresFromSharedAnswersAsTheTwin) {
  MakeEverySequence<TypeParam>(0);
}
TYPED_TEST(AttributeMapExhaustiveTest, EverySequenceOfThreeStoresFromPrivateAnswersAsTheTwin) {
  MakeEverySequence<TypeParam>(8);
}

}  // namespace
}  // namespace kvm_model
