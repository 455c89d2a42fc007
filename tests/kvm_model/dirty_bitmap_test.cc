#include "kvm_model/dirty_bitmap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "kvm_model/page.h"

namespace kvm_model {
namespace {

constexpr std::uint64_t kPiecePages = DirtyBitmap::kPieceWords * 64;

DirtyBitmap::Words Take(DirtyBitmap& bitmap, std::size_t piece) {
  DirtyBitmap::Words words(bitmap.WordsIn(piece));
  bitmap.Take(piece, words);
  return words;
}

// The pages that are set, lowest first.
std::vector<PageIndex> SetPages(DirtyBitmap& bitmap, bool clear = false) {
  std::vector<PageIndex> pages;
  for (std::size_t piece = 0; piece < bitmap.piece_count(); ++piece) {
    const DirtyBitmap::Words words = clear ? Take(bitmap, piece) : bitmap.Read(piece);
    for (std::uint64_t bit = 0; bit < words.size() * 64; ++bit) {
      if (((words[bit / 64] >> (bit % 64)) & 1) != 0) pages.push_back(piece * kPiecePages + bit);
    }
  }
  return pages;
}

TEST(DirtyBitmapTest, PagesAreSetAndTakenOnce) {
  DirtyBitmap bitmap(2 * kPiecePages + 70, /*all_set=*/false);
  EXPECT_EQ(bitmap.piece_count(), 3u);
  EXPECT_EQ(bitmap.word_count(), 2 * DirtyBitmap::kPieceWords + 2);
  for (const PageIndex page : {PageIndex{0}, kPiecePages - 1, kPiecePages, 2 * kPiecePages + 69}) {
    bitmap.Set(page);
  }
  const std::vector<PageIndex> set = {0, kPiecePages - 1, kPiecePages, 2 * kPiecePages + 69};
  EXPECT_EQ(SetPages(bitmap), set);
  EXPECT_EQ(SetPages(bitmap, /*clear=*/true), set);
  EXPECT_THAT(SetPages(bitmap), ::testing::IsEmpty());
}

TEST(DirtyBitmapTest, AllOnesEndWithTheSlot) {
  DirtyBitmap bitmap(kPiecePages + 3, /*all_set=*/true);
  EXPECT_EQ(SetPages(bitmap).size(), kPiecePages + 3);
  EXPECT_EQ(bitmap.Read(1), DirtyBitmap::Words{7});
  bitmap.Set(5);
  bitmap.Clear(0, {0x30});
  EXPECT_EQ(bitmap.Read(0)[0], ~std::uint64_t{0x30});
  bitmap.Set(5);
  EXPECT_EQ(bitmap.Read(0)[0], ~std::uint64_t{0x10});
  EXPECT_EQ(Take(bitmap, 1), DirtyBitmap::Words{7});
  EXPECT_EQ(Take(bitmap, 1), DirtyBitmap::Words{0});
}

TEST(DirtyBitmapTest, BitsPastTheEndAreClearedInPassing) {
  DirtyBitmap bitmap(3, /*all_set=*/true);
  bitmap.Clear(0, {~std::uint64_t{0}, ~std::uint64_t{0}, ~std::uint64_t{0}});
  EXPECT_THAT(SetPages(bitmap), ::testing::IsEmpty());
}

TEST(DirtyBitmapTest, TheLongestSlotCostsLittleUntilItIsWritten) {
  DirtyBitmap bitmap((std::uint64_t{1} << 31) - 1, /*all_set=*/true);
  EXPECT_EQ(bitmap.piece_count(), 4096u);
  const std::size_t last = bitmap.piece_count() - 1;
  EXPECT_EQ(bitmap.Read(last).back(), ~std::uint64_t{0} >> 1);
}

// A bit that is set while the bitmap is being taken is told now or the next time.
TEST(DirtyBitmapTest, NoWriteIsLostWhileTheLogIsTaken) {
  constexpr PageIndex kPages = 4096;
  DirtyBitmap bitmap(kPages, /*all_set=*/true);
  EXPECT_EQ(SetPages(bitmap, /*clear=*/true).size(), kPages);
  std::vector<std::thread> writers;
  for (PageIndex first = 0; first < 4; ++first) {
    writers.emplace_back([&bitmap, first] {
      for (PageIndex page = first; page < kPages; page += 4) bitmap.Set(page);
    });
  }
  std::size_t taken = 0;
  for (int round = 0; round < 50; ++round) taken += SetPages(bitmap, /*clear=*/true).size();
  for (std::thread& writer : writers) writer.join();
  taken += SetPages(bitmap, /*clear=*/true).size();
  EXPECT_EQ(taken, kPages);
}

}  // namespace
}  // namespace kvm_model
