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
  PageSet set(16);
  BeginMemoryShortage({.for_good = false});
  const bool inserted = set.Insert({4, 8});
  EndMemoryShortage();
  EXPECT_FALSE(inserted);
  EXPECT_TRUE(set.empty());
  EXPECT_TRUE(set.Insert({4, 8}));
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
  PageSet set(16);
  ASSERT_TRUE(set.Insert({0, 16}));
  ASSERT_TRUE(set.Reserve());
  BeginMemoryShortage({.for_good = false});
  set.Erase({3, 5});
  const bool failed = EndMemoryShortage();
  EXPECT_FALSE(failed);
  EXPECT_EQ(set.Runs(), (std::vector<PageRange>{{0, 3}, {5, 16}}));
}

}  // namespace
}  // namespace kvm_model::failure
