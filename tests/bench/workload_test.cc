// What the benchmarks' conversions are, and that their descriptions are true.
#include "bench/conversions/workload.h"

#include <cstdint>
#include <set>
#include <vector>

#include "gtest/gtest.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"
#include "uapi/constants.h"

namespace kvm_model::bench {
namespace {

constexpr Attributes kPrivate = uapi::kMemoryAttributePrivate;

std::uint64_t RunsIn(const std::vector<AttributeRun>& runs, PageIndex end) {
  std::uint64_t count = 0;
  for (const AttributeRun& run : runs) count += run.pages.start < end ? 1 : 0;
  return count;
}

std::vector<WorkloadSpec> AllSpecs() {
  std::vector<WorkloadSpec> specs;
  for (const auto fragmentation :
       {Fragmentation::kUniform, Fragmentation::kEverySecond, Fragmentation::kRandom}) {
    for (const std::uint64_t pages :
         {std::uint64_t{1}, std::uint64_t{16}, std::uint64_t{512}, kWindowPages}) {
      specs.push_back({fragmentation, pages, Direction::kBoth});
      specs.push_back({fragmentation, pages, Direction::kToShared});
    }
  }
  return specs;
}

TEST(WorkloadTest, EveryWorkloadConvertsItsSizeWithinTheFile) {
  for (const WorkloadSpec& spec : AllSpecs()) {
    SCOPED_TRACE(testing::Message() << ToString(spec.fragmentation) << " " << spec.pages);
    const Workload workload = MakeWorkload(spec);
    ASSERT_FALSE(workload.timed.empty());
    for (const Conversion& conversion : workload.timed) {
      ASSERT_EQ(conversion.range.pages(), spec.pages);
      ASSERT_LE(conversion.range.end, kFilePages);
      if (spec.direction == Direction::kToShared) {
        ASSERT_EQ(conversion.attributes, 0U);
      }
    }
    EXPECT_EQ(workload.before.front().pages.start, 0U);
    EXPECT_EQ(workload.before.back().pages.end, kFilePages);
  }
}

TEST(WorkloadTest, ResidentPagesLieInTheConvertedRangesAndAreAsManyAsPromised) {
  for (const WorkloadSpec& spec : AllSpecs()) {
    SCOPED_TRACE(testing::Message() << ToString(spec.fragmentation) << " " << spec.pages);
    const Workload workload = MakeWorkload(spec);
    std::set<PageIndex> starts;
    for (const Conversion& conversion : workload.timed) starts.insert(conversion.range.start);
    std::uint64_t resident = 0;
    for (const PageRange& run : workload.resident) {
      EXPECT_TRUE(starts.contains(run.start));
      EXPECT_LE(run.pages(), spec.pages);
      resident += run.pages();
    }
    EXPECT_EQ(resident, kResidentPages);
  }
}

TEST(WorkloadTest, StatesAreFragmentedAsTheyAreCalled) {
  const auto before = [](Fragmentation fragmentation) {
    return MakeWorkload({fragmentation, 1, Direction::kBoth}).before;
  };
  EXPECT_EQ(before(Fragmentation::kUniform).size(), 1U);
  const std::vector<AttributeRun> every_second = before(Fragmentation::kEverySecond);
  EXPECT_EQ(RunsIn(every_second, kWindowPages), kWindowPages);
  EXPECT_EQ(every_second[0], (AttributeRun{{0, 1}, 0}));
  EXPECT_EQ(every_second[1], (AttributeRun{{1, 2}, kPrivate}));
  const std::uint64_t random = RunsIn(before(Fragmentation::kRandom), kWindowPages);
  EXPECT_GT(random, kWindowPages * 9 / 20);
  EXPECT_LT(random, kWindowPages * 11 / 20);
}

TEST(WorkloadTest, UniformConvertsThereAndBack) {
  const Workload both = MakeWorkload({Fragmentation::kUniform, 16, Direction::kBoth});
  EXPECT_TRUE(both.restore.empty());
  EXPECT_EQ(both.before, both.after);
  EXPECT_EQ(both.timed.front().attributes, kPrivate);
  EXPECT_EQ(both.timed.back().attributes, 0U);
}

TEST(WorkloadTest, IsTheSameInEveryRun) {
  const WorkloadSpec spec{Fragmentation::kRandom, 16, Direction::kBoth};
  const Workload a = MakeWorkload(spec);
  const Workload b = MakeWorkload(spec);
  EXPECT_EQ(a.before, b.before);
  EXPECT_EQ(a.after, b.after);
  ASSERT_EQ(a.timed.size(), b.timed.size());
  for (std::size_t i = 0; i < a.timed.size(); ++i) EXPECT_EQ(a.timed[i].range, b.timed[i].range);
}

}  // namespace
}  // namespace kvm_model::bench
