// Sets of pages when the program's own memory is short.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

#include "gtest/gtest.h"
#include "kvm_model/page.h"
#include "kvm_model/page_set.h"

namespace {

// Counts down to the allocation that fails; 0: none does.
std::uint64_t until_failure = 0;

void* Allocate(std::size_t bytes) {
  if (until_failure != 0 && --until_failure == 0) return nullptr;
  return std::malloc(bytes == 0 ? 1 : bytes);
}

}  // namespace

void* operator new(std::size_t bytes) {
  void* const memory = Allocate(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return Allocate(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

namespace kvm_model::failure {
namespace {

TEST(PageSetWithoutMemoryTest, AnInsertionFailsAndChangesNothing) {
  PageSet set(16);
  until_failure = 1;
  const bool inserted = set.Insert({4, 8});
  until_failure = 0;
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
    until_failure = 1;
    set.Erase(erased);
    const bool failed = until_failure == 0;
    until_failure = 0;
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
  until_failure = 1;
  set.Erase({3, 5});
  const bool failed = until_failure == 0;
  until_failure = 0;
  EXPECT_FALSE(failed);
  EXPECT_EQ(set.Runs(), (std::vector<PageRange>{{0, 3}, {5, 16}}));
}

}  // namespace
}  // namespace kvm_model::failure
