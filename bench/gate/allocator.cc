#include "bench/gate/allocator.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>

namespace kvm_model::bench {
namespace {

// Memory is taken in spans, each of which holds blocks of one size; a larger block is several
// spans. The system gives pages of them when they are first written to.
constexpr unsigned kSpanShift = 20;
constexpr std::size_t kSpanBytes = std::size_t{1} << kSpanShift;
constexpr std::size_t kSpans = std::size_t{1} << 12;
constexpr std::size_t kLeastBytes = 16;
constexpr unsigned kShifts = 33;  // of blocks: up to all of the spans

struct Free {
  Free* next = nullptr;
};

// Blocks of 2^shift bytes.
struct Size {
  Free* free = nullptr;
  // What is left of the last span.
  std::byte* next = nullptr;
  std::byte* end = nullptr;
};

struct Heap {
  std::byte* spans = nullptr;
  std::size_t spans_used = 0;
  std::array<std::uint8_t, kSpans> shift_of_span{};
  std::array<Size, kShifts> sizes{};
  std::uint64_t allocations = 0;
};

// Before any constructor runs.
constinit Heap heap;

bool ReserveSpans() {
  void* const memory = mmap(nullptr, (kSpans + 1) * kSpanBytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return false;
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  heap.spans = static_cast<std::byte*>(memory) + (-address & (kSpanBytes - 1));
  return true;
}

bool TakeSpan(unsigned shift) {
  if (heap.spans == nullptr && !ReserveSpans()) return false;
  const std::size_t count = shift <= kSpanShift ? 1 : std::size_t{1} << (shift - kSpanShift);
  if (count > kSpans - heap.spans_used) return false;
  Size& size = heap.sizes[shift];
  size.next = heap.spans + heap.spans_used * kSpanBytes;
  size.end = size.next + count * kSpanBytes;
  heap.shift_of_span[heap.spans_used] = static_cast<std::uint8_t>(shift);
  heap.spans_used += count;
  return true;
}

void* Allocate(std::size_t bytes) {
  ++heap.allocations;
  const auto shift = static_cast<unsigned>(std::bit_width(std::max(bytes, kLeastBytes) - 1));
  if (shift >= kShifts) return nullptr;
  Size& size = heap.sizes[shift];
  if (Free* const block = size.free; block != nullptr) {
    size.free = block->next;
    return block;
  }
  if (size.next == size.end && !TakeSpan(shift)) return nullptr;
  std::byte* const block = size.next;
  size.next += std::size_t{1} << shift;
  return block;
}

void* AllocateOrThrow(std::size_t bytes) {
  void* const block = Allocate(bytes);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void Deallocate(void* memory) {
  if (memory == nullptr) return;
  const auto offset = static_cast<std::size_t>(static_cast<std::byte*>(memory) - heap.spans);
  Size& size = heap.sizes[heap.shift_of_span[offset >> kSpanShift]];
  size.free = new (memory) Free{size.free};
}

}  // namespace

std::uint64_t AllocationsMade() { return heap.allocations; }

}  // namespace kvm_model::bench

// The other forms of new and delete call these.

void* operator new(std::size_t bytes) { return kvm_model::bench::AllocateOrThrow(bytes); }

void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return kvm_model::bench::AllocateOrThrow(std::max(bytes, static_cast<std::size_t>(alignment)));
}

void operator delete(void* memory) noexcept { kvm_model::bench::Deallocate(memory); }

void operator delete(void* memory, std::size_t) noexcept { kvm_model::bench::Deallocate(memory); }

void operator delete(void* memory, std::align_val_t) noexcept {
  kvm_model::bench::Deallocate(memory);
}

void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  kvm_model::bench::Deallocate(memory);
}
