#include "kvm_model/mutex.h"

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string_view>

namespace kvm_model {
namespace {

// By rank.
constexpr std::array<std::string_view, 15> kNames = {
    "Vm state",         "slots",
    "outside access",   "address space",
    "invalidate",       "host page tables",
    "host page table",  "MMU notifiers",
    "user ranges",      "mmu",
    "page cache",       "anonymous memory",
    "descriptor table", "vCPU run pages",
    "architecture",
};
static_assert(kNames.size() == static_cast<std::size_t>(LockRank::kArch) + 1);

std::atomic<std::uint64_t> violations = 0;
// For each rank that was taken, the held ranks that were told about.
std::array<std::atomic<std::uint32_t>, kNames.size()> told = {};

}  // namespace

std::string_view LockRankName(LockRank rank) { return kNames[static_cast<std::size_t>(rank)]; }

std::uint64_t LockOrderViolations() { return violations.load(std::memory_order_relaxed); }

void HeldLocks::Violation(LockRank taken, std::uint32_t held) {
  violations.fetch_add(1, std::memory_order_relaxed);
  const auto innermost = static_cast<std::uint32_t>(std::bit_width(held)) - 1;
  const std::uint32_t before =
      told[static_cast<std::size_t>(taken)].fetch_or(std::uint32_t{1} << innermost);
  if ((before >> innermost & 1) != 0) return;
  const std::string_view wanted = LockRankName(taken);
  const std::string_view has = kNames[innermost];
  std::fprintf(stderr, "lock order violation: \"%.*s\" is taken while \"%.*s\" is held\n",
               static_cast<int>(wanted.size()), wanted.data(), static_cast<int>(has.size()),
               has.data());
}

// As long as the word is awaited, all others but holders that leave come here and wait for gate_:
// what was found free stays so.

void SharedMutex::LockSlowly() {
  std::unique_lock lock(gate_);
  ++waiting_writers_;
  while ((state_.fetch_or(kAwaited, std::memory_order_acquire) & ~kAwaited) != 0) {
    writers_.wait(lock);
  }
  --waiting_writers_;
  const bool awaited = waiting_writers_ + waiting_readers_ != 0;
  state_.store(awaited ? kWriter | kAwaited : kWriter, std::memory_order_relaxed);
}

void SharedMutex::ReaderLockSlowly() {
  std::unique_lock lock(gate_);
  ++waiting_readers_;
  while ((state_.fetch_or(kAwaited, std::memory_order_acquire) & kWriter) != 0 ||
         waiting_writers_ != 0) {
    readers_.wait(lock);
  }
  --waiting_readers_;
  state_.fetch_add(1, std::memory_order_relaxed);
  if (waiting_readers_ == 0) state_.fetch_and(~kAwaited, std::memory_order_relaxed);
}

void SharedMutex::WakeNext() {
  const std::lock_guard lock(gate_);
  if (waiting_writers_ != 0) {
    writers_.notify_one();
  } else {
    readers_.notify_all();
  }
}

}  // namespace kvm_model
