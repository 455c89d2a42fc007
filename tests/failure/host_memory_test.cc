// Each call with the program's own first, second, ... allocation failing until it passes: nothing
// is thrown out of a call, and a call that fails for it has changed nothing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kvm_model/page.h"
#include "kvm_model/page_set.h"
#include "tests/failure/calls.h"
#include "tests/hostile/picture.h"
#include "tests/hostile/world.h"

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

constexpr std::uint64_t kMostAllocations = 400;

bool IsShortage(const Call& call, const Outcome& outcome) {
  return outcome == "ENOMEM" || outcome == call.without_memory;
}

// The call with the program's nth allocation failing; false when it makes fewer.
bool FailsAt(const Call& call, const HostChoice& choice, std::uint64_t nth) {
  World world(choice);
  const Picture before = world.Look();
  until_failure = nth;
  const Outcome outcome = call.make(world);
  const bool failed = until_failure == 0;
  until_failure = 0;
  if (!failed) {
    EXPECT_EQ(outcome, kOk);
    return false;
  }
  if (outcome == kOk) return true;  // it could do without
  EXPECT_TRUE(IsShortage(call, outcome)) << outcome;
  EXPECT_EQ(Unexpected(call, before, world.Look()), "");
  const Outcome again = call.make(world);
  EXPECT_TRUE(again == kOk || again == call.again) << again;
  return true;
}

class HostMemoryTest : public ::testing::TestWithParam<HostChoice> {};

TEST_P(HostMemoryTest, EachAllocationOfEachCall) {
  for (const Call& call : Calls()) {
    SCOPED_TRACE(call.name);
    if (Plain(call, GetParam()) != kOk) continue;
    std::uint64_t nth = 1;
    while (nth < kMostAllocations && FailsAt(call, GetParam(), nth)) {
      ASSERT_FALSE(HasFailure()) << "allocation " << nth;
      ++nth;
    }
    ASSERT_LT(nth, kMostAllocations);
  }
}

INSTANTIATE_TEST_SUITE_P(Hosts, HostMemoryTest, ::testing::ValuesIn(hostile::HostChoices()),
                         [](const auto& which) { return which.param.name; });

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
    // Stores take what earlier ones left behind, until none is left.
    std::vector<PageRange> before = set.Runs();
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
