#include "kvm_model/memslot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "kvm_model/page.h"

namespace kvm_model {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::shared_ptr<const Memslot> Slot(std::uint32_t id, PageRange gfns, int address_space = 0) {
  Memslot slot;
  slot.address_space = address_space;
  slot.id = id;
  slot.gfns = gfns;
  return std::make_shared<const Memslot>(slot);
}

TEST(MemslotTest, GfnsOfASlotFollowItsPlaceInTheFile) {
  Memslot slot;
  slot.gfns = {100, 110};
  slot.gmem_pgoff = 3;
  EXPECT_EQ(slot.GmemIndex(100), 3u);
  EXPECT_EQ(slot.GmemIndex(109), 12u);
}

TEST(MemslotTableTest, ANewTableIsEmpty) {
  const MemslotTable table(2);
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.address_spaces(), 2);
  EXPECT_EQ(table.total_pages(), 0u);
  EXPECT_EQ(table.ById(1, 0), nullptr);
  EXPECT_EQ(table.Containing(0, 0), nullptr);
}

TEST(MemslotTableTest, ASlotHoldsItsFirstGfnAndNotItsEnd) {
  MemslotTable table(1);
  const auto slot = Slot(7, {10, 20});
  table.Put(slot);
  EXPECT_EQ(table.ById(0, 7), slot);
  EXPECT_EQ(table.Containing(0, 9), nullptr);
  EXPECT_EQ(table.Containing(0, 10), slot);
  EXPECT_EQ(table.Containing(0, 19), slot);
  EXPECT_EQ(table.Containing(0, 20), nullptr);
  EXPECT_FALSE(table.empty());
}

TEST(MemslotTableTest, AddressSpacesAreApart) {
  MemslotTable table(2);
  table.Put(Slot(1, {0, 10}, 0));
  table.Put(Slot(1, {5, 15}, 1));
  EXPECT_EQ(table.Containing(0, 12), nullptr);
  EXPECT_NE(table.Containing(1, 12), nullptr);
  EXPECT_FALSE(table.Overlaps(0, {10, 12}, 99));
  EXPECT_TRUE(table.Overlaps(1, {10, 12}, 99));
  EXPECT_EQ(table.All().size(), 2u);
}

TEST(MemslotTableTest, OneSharedGfnIsAnOverlapAndATouchIsNone) {
  MemslotTable table(1);
  table.Put(Slot(1, {10, 20}));
  table.Put(Slot(2, {30, 40}));
  EXPECT_FALSE(table.Overlaps(0, {20, 30}, 99));
  EXPECT_TRUE(table.Overlaps(0, {19, 20}, 99));
  EXPECT_TRUE(table.Overlaps(0, {20, 31}, 99));
  EXPECT_TRUE(table.Overlaps(0, {0, 100}, 99));
  EXPECT_TRUE(table.Overlaps(0, {12, 13}, 99));
}

TEST(MemslotTableTest, TheSlotsOfARangeComeWithWhatLiesInIt) {
  MemslotTable table(2);
  table.Put(Slot(2, {30, 40}));
  table.Put(Slot(1, {10, 20}));
  table.Put(Slot(3, {50, 60}));
  table.Put(Slot(1, {0, 100}, 1));
  std::vector<std::pair<std::uint32_t, PageRange>> found;
  const auto visit = [&found](const Memslot& slot, PageRange gfns) {
    found.emplace_back(slot.id, gfns);
  };
  table.ForEachIn({15, 35}, visit);
  EXPECT_THAT(found, ElementsAre(Pair(1, PageRange{15, 20}), Pair(2, PageRange{30, 35}),
                                 Pair(1, PageRange{15, 35})));
  found.clear();
  table.ForEachIn({20, 30}, visit);
  EXPECT_THAT(found, ElementsAre(Pair(1, PageRange{20, 30})));
}

TEST(MemslotTableTest, ASlotDoesNotOverlapItself) {
  MemslotTable table(1);
  table.Put(Slot(1, {10, 20}));
  table.Put(Slot(2, {20, 30}));
  EXPECT_FALSE(table.Overlaps(0, {12, 20}, 1));
  EXPECT_TRUE(table.Overlaps(0, {12, 22}, 1)) << "the slot behind it counts";
}

TEST(MemslotTableTest, ASecondSlotOfAnIdReplacesTheFirst) {
  MemslotTable table(1);
  table.Put(Slot(1, {10, 20}));
  table.Put(Slot(1, {50, 55}));
  EXPECT_EQ(table.Containing(0, 12), nullptr);
  EXPECT_NE(table.Containing(0, 52), nullptr);
  EXPECT_EQ(table.total_pages(), 5u);
  EXPECT_EQ(table.All().size(), 1u);
}

TEST(MemslotTableTest, RemovingTakesThePagesBack) {
  MemslotTable table(1);
  table.Put(Slot(1, {10, 20}));
  table.Remove(0, 2);
  EXPECT_EQ(table.total_pages(), 10u);
  table.Remove(0, 1);
  EXPECT_EQ(table.total_pages(), 0u);
  EXPECT_TRUE(table.empty());
}

}  // namespace
}  // namespace kvm_model
