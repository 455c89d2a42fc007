// Sets of pages when the program's own memory is short.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "kvm_model/page.h"
#include "kvm_model/page_set.h"
#include "tests/kvm_model/memory_shortage.h"

namespace kvm_model::failure {
namespace {

TEST(PageSetWithoutMemoryTest, AnInsertionFailsAndChangesNothing) {
  PageSet set(100);
  // The first runs take no memory.
  for (PageIndex page = 1; page < 23; page += 2) ASSERT_TRUE(set.Insert({page, page + 1}));
  const std::vector<PageRange> before = set.Runs();
  BeginMemoryShortage();
  const bool inserted = set.Insert({40, 48});
  EndMemoryShortage();
  EXPECT_FALSE(inserted);
  EXPECT_EQ(set.Runs(), before);
  EXPECT_TRUE(set.Insert({40, 48}));
}

// Too much is gone, and never too little.
TEST(PageSetWithoutMemoryTest, AnErasureTakesWholeRuns) {
  constexpr std::uint64_t kRuns = 200;
  for (const PageRange erased : {PageRange{3, 4}, PageRange{0, 3}, PageRange{3, 23},
                                 PageRange{15, 23}, PageRange{5, 25}, PageRange{1, 1997}}) {
    PageSet set(kRuns * 10);
    for (std::uint64_t run = 0; run < kRuns; ++run) set.Insert({run * 10, run * 10 + 6});
    const std::vector<PageRange> before = set.Runs();
    BeginMemoryShortage({.for_good = false});
    set.Erase(erased);
    const bool failed = EndMemoryShortage();
    EXPECT_TRUE(set.Disjoint(erased));
    for (const PageRange run : before) {
      const bool touched = !Intersection(run, erased).empty();
      EXPECT_TRUE(touched || set.ContainsAll(run)) << run.start;
      EXPECT_TRUE(!touched || !failed || set.Disjoint(run)) << run.start;
    }
  }
}

TEST(PageSetWithoutMemoryTest, AnErasureThatWasReservedIsExact) {
  PageSet set(100);
  for (PageIndex page = 1; page < 23; page += 2) ASSERT_TRUE(set.Insert({page, page + 1}));
  ASSERT_TRUE(set.Insert({24, 100}));
  std::vector<PageRange> expected = set.Runs();
  expected.back() = {24, 40};
  expected.push_back({50, 100});
  ASSERT_TRUE(set.ReserveErasure({40, 50}));
  BeginMemoryShortage();
  set.Erase({40, 50});
  const bool failed = EndMemoryShortage();
  EXPECT_FALSE(failed);
  EXPECT_EQ(set.Runs(), expected);
}

}  // namespace
}  // namespace kvm_model::failure
