// DirtyBitmap: which pages of a memslot the guest wrote, a bit a page.
//
// Guests set bits while they hold the VM's slots lock shared, side by side: the bits lie in atomic
// words. Whoever reads and clears them holds it exclusively.
//
// Cost: 8 bytes for each 2^19 pages of the slot, and 64 KiB for each such piece that is neither all
// zero nor all ones. A piece stays until the bitmap goes.
#ifndef KVM_MODEL_KVM_MODEL_DIRTY_BITMAP_H_
#define KVM_MODEL_KVM_MODEL_DIRTY_BITMAP_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kvm_model/page.h"

namespace kvm_model {

class DirtyBitmap {
 public:
  using Words = std::vector<std::uint64_t>;

  // A bitmap for that many pages, all zero or all ones.
  DirtyBitmap(std::uint64_t pages, bool all_set);
  ~DirtyBitmap();
  DirtyBitmap(const DirtyBitmap&) = delete;
  DirtyBitmap& operator=(const DirtyBitmap&) = delete;

  // Require page < pages(). Set() throws std::bad_alloc when memory for the page's piece is short,
  // which it is not after Reserve(): a write that has to be logged reserves before it is made.
  void Reserve(PageIndex page);
  void Set(PageIndex page);

  std::uint64_t pages() const { return pages_; }
  // 64-bit words of the whole bitmap, the last one padded with zeros.
  std::uint64_t word_count() const { return (pages_ + 63) / 64; }

  // The bitmap is read in pieces of kPieceWords words; the last may be shorter.
  static constexpr std::size_t kPieceWords = 8192;
  std::size_t piece_count() const { return pieces_.size(); }
  std::size_t WordsIn(std::size_t piece) const;
  // What the piece holds now.
  Words Read(std::size_t piece) const;
  // Puts what the piece holds into `words`, which has WordsIn(piece), and clears it; a bit that a
  // guest sets meanwhile is in the answer or stays.
  void Take(std::size_t piece, Words& words) noexcept;
  // Clears, from that word on, the bits that are set in `mask`. Words past the end are passed over.
  // Throws std::bad_alloc, with part of them cleared, unless ReserveToClear() was called before.
  void Clear(std::uint64_t first_word, const Words& mask);
  void ReserveToClear(std::uint64_t first_word, std::uint64_t words);

 private:
  using Piece = std::vector<std::atomic<std::uint64_t>>;

  // What a word of a piece of ones holds: the padding is zero.
  std::uint64_t OnesAt(std::uint64_t word) const;
  // The piece's words; makes them where there are none yet.
  Piece& Materialize(std::size_t piece);

  const std::uint64_t pages_;
  // Null: all zero. One address of dirty_bitmap.cc's stands for all ones.
  std::vector<std::atomic<Piece*>> pieces_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_DIRTY_BITMAP_H_
