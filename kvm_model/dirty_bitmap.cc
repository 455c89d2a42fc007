#include "kvm_model/dirty_bitmap.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kvm_model/page.h"

namespace kvm_model {
namespace {

using Word = std::atomic<std::uint64_t>;

// Stands for a piece whose bits are all set; never read or written itself.
std::vector<Word>* AllOnes() {
  static std::vector<Word> all_ones;
  return &all_ones;
}

}  // namespace

DirtyBitmap::DirtyBitmap(std::uint64_t pages, bool all_set)
    : pages_(pages),
      pieces_(static_cast<std::size_t>((word_count() + kPieceWords - 1) / kPieceWords)) {
  if (!all_set) return;
  for (std::atomic<Piece*>& piece : pieces_) piece.store(AllOnes(), std::memory_order_relaxed);
}

DirtyBitmap::~DirtyBitmap() {
  for (std::atomic<Piece*>& piece : pieces_) {
    if (Piece* words = piece.load(std::memory_order_acquire); words != AllOnes()) delete words;
  }
}

std::size_t DirtyBitmap::WordsIn(std::size_t piece) const {
  const std::uint64_t left = word_count() - std::uint64_t{piece} * kPieceWords;
  return static_cast<std::size_t>(std::min<std::uint64_t>(left, kPieceWords));
}

std::uint64_t DirtyBitmap::OnesAt(std::uint64_t word) const {
  const std::uint64_t left = pages_ - word * 64;
  return left >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << left) - 1;
}

DirtyBitmap::Piece& DirtyBitmap::Materialize(std::size_t piece) {
  Piece* seen = pieces_[piece].load(std::memory_order_acquire);
  while (seen == nullptr || seen == AllOnes()) {
    auto made = std::make_unique<Piece>(WordsIn(piece));
    for (std::size_t i = 0; seen == AllOnes() && i < made->size(); ++i) {
      (*made)[i].store(OnesAt(piece * kPieceWords + i), std::memory_order_relaxed);
    }
    if (pieces_[piece].compare_exchange_strong(seen, made.get(), std::memory_order_acq_rel)) {
      return *made.release();
    }
  }
  return *seen;
}

void DirtyBitmap::Reserve(PageIndex page) {
  const auto piece = static_cast<std::size_t>(page / 64 / kPieceWords);
  if (pieces_[piece].load(std::memory_order_acquire) == nullptr) Materialize(piece);
}

void DirtyBitmap::Set(PageIndex page) {
  const std::uint64_t word = page / 64;
  const auto piece = static_cast<std::size_t>(word / kPieceWords);
  if (pieces_[piece].load(std::memory_order_acquire) == AllOnes()) return;
  Materialize(piece)[static_cast<std::size_t>(word % kPieceWords)].fetch_or(
      std::uint64_t{1} << (page % 64), std::memory_order_acq_rel);
}

DirtyBitmap::Words DirtyBitmap::Read(std::size_t piece) const {
  Words read(WordsIn(piece), 0);
  const Piece* const words = pieces_[piece].load(std::memory_order_acquire);
  for (std::size_t i = 0; words != nullptr && i < read.size(); ++i) {
    read[i] = words == AllOnes() ? OnesAt(piece * kPieceWords + i)
                                 : (*words)[i].load(std::memory_order_acquire);
  }
  return read;
}

void DirtyBitmap::Take(std::size_t piece, Words& words) noexcept {
  Piece* const held = pieces_[piece].load(std::memory_order_acquire);
  const bool all_ones = held == AllOnes();
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (held == nullptr || all_ones) {
      words[i] = all_ones ? OnesAt(piece * kPieceWords + i) : 0;
    } else {
      Word& word = (*held)[i];
      words[i] = word.load(std::memory_order_relaxed) != 0
                     ? word.exchange(0, std::memory_order_acq_rel)
                     : 0;
    }
  }
  if (all_ones) pieces_[piece].store(nullptr, std::memory_order_release);
}

void DirtyBitmap::Clear(std::uint64_t first_word, const Words& mask) {
  for (std::size_t i = 0; i < mask.size() && first_word + i < word_count(); ++i) {
    if (mask[i] == 0) continue;
    const std::uint64_t word = first_word + i;
    const auto piece = static_cast<std::size_t>(word / kPieceWords);
    if (pieces_[piece].load(std::memory_order_acquire) == nullptr) continue;
    Materialize(piece)[static_cast<std::size_t>(word % kPieceWords)].fetch_and(
        ~mask[i], std::memory_order_acq_rel);
  }
}

void DirtyBitmap::ReserveToClear(std::uint64_t first_word, std::uint64_t words) {
  const std::uint64_t end = std::min(first_word + words, word_count());
  for (std::uint64_t word = first_word; word < end; word += kPieceWords - word % kPieceWords) {
    const auto piece = static_cast<std::size_t>(word / kPieceWords);
    if (pieces_[piece].load(std::memory_order_acquire) == AllOnes()) Materialize(piece);
  }
}

}  // namespace kvm_model
