// Locks with Abseil's thread annotations over the system's, and the order of them all.
//
// Each lock has a rank; a thread takes locks in the order of LockRank, and never two of one rank.
// That is checked twice: by clang's analysis of the annotations, as far as they name the order,
// when clang compiles, and always while the program runs. A violation is counted and told once on
// stderr for each pair of ranks; the program goes on. Cost: a few instructions on a thread-local
// word for each lock taken or left.
//
// Why not absl::Mutex: a distribution's Abseil is not built for the thread sanitizer, which then
// reports races that do not exist.
//
// A SharedMutex is as fair to writers as the kernel's semaphores: no reader comes in while a writer
// waits, so that many readers can't keep it out. Whoever holds one shared must not take it again.
#ifndef KVM_MODEL_KVM_MODEL_MUTEX_H_
#define KVM_MODEL_KVM_MODEL_MUTEX_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "absl/base/thread_annotations.h"

namespace kvm_model {

// The order of locks, outermost first.
enum class LockRank : std::uint8_t {
  kVmState,         // Vm::state_lock: kvm->lock
  kSlots,           // Vm::slots_lock: kvm->slots_lock, and shared the readers under kvm->srcu
  kOutsideAccess,   // GuestMemfdInode::outside_access_lock
  kAddressSpace,    // Mm's: mmap_lock
  kInvalidate,      // GuestMemfdInode::invalidate_lock: the file mapping's
  kHostPageTables,  // GuestMemfdInode's list of processes' page tables: i_mmap_rwsem
  kHostPageTable,   // GuestMemfdMapping's own page table
  kMmuNotifiers,    // who is told what a process unmaps
  kUserRanges,      // Vm's copy of its memslots' user addresses
  kMmu,             // Vm's stage-2 page tables: mmu_lock
  kPageCache,       // PageCache's
  // Held for a moment, with nothing taken inside.
  kAnonymousMemory,
  kFdTable,
  kVcpuRunPages,
  kArch,  // what an architecture keeps for itself
};

std::string_view LockRankName(LockRank rank);

// How often a thread of this process took a lock whose rank is not above all that it held.
std::uint64_t LockOrderViolations();

// The ranks that a thread holds.
class HeldLocks {
 public:
  // Call before a lock is taken, and after it is released.
  static void Take(LockRank rank) {
    const std::uint32_t bit = Bit(rank);
    // A rank at or above this one is held: the word is no smaller than its bit.
    if (held_ >= bit) [[unlikely]]
      Violation(rank, held_);
    held_ |= bit;
  }
  static void Leave(LockRank rank) { held_ &= ~Bit(rank); }

 private:
  static std::uint32_t Bit(LockRank rank) {
    return std::uint32_t{1} << static_cast<std::uint32_t>(rank);
  }
  static void Violation(LockRank taken, std::uint32_t held);

  // In the block that each thread has from its start: it is found without a call.
  [[gnu::tls_model("initial-exec")]] static inline constinit thread_local std::uint32_t held_ = 0;
};

class ABSL_LOCKABLE Mutex {
 public:
  explicit Mutex(LockRank rank) : rank_(rank) {}

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() {
    HeldLocks::Take(rank_);
    mutex_.lock();
  }
  void Unlock() ABSL_UNLOCK_FUNCTION() {
    mutex_.unlock();
    HeldLocks::Leave(rank_);
  }

 private:
  std::mutex mutex_;
  const LockRank rank_;
};

// Many readers or one writer.
//
// Who finds it free takes it by one atomic operation. Who doesn't marks the word as awaited; until
// nobody waits any more it is then taken under `gate_` alone. (glibc's and the standard library's
// take some 80 instructions to be taken and left.)
class ABSL_LOCKABLE SharedMutex {
 public:
  explicit SharedMutex(LockRank rank) : rank_(rank) {}
  SharedMutex(const SharedMutex&) = delete;
  SharedMutex& operator=(const SharedMutex&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() {
    HeldLocks::Take(rank_);
    std::uint32_t free = 0;
    if (!state_.compare_exchange_strong(free, kWriter, std::memory_order_acquire,
                                        std::memory_order_relaxed)) [[unlikely]]
      LockSlowly();
  }
  void Unlock() ABSL_UNLOCK_FUNCTION() {
    if (state_.fetch_sub(kWriter, std::memory_order_release) != kWriter) [[unlikely]]
      WakeNext();
    HeldLocks::Leave(rank_);
  }
  void ReaderLock() ABSL_SHARED_LOCK_FUNCTION() {
    HeldLocks::Take(rank_);
    std::uint32_t readers = state_.load(std::memory_order_relaxed);
    while (readers < kAwaited) {  // and no writer holds it
      if (state_.compare_exchange_weak(readers, readers + 1, std::memory_order_acquire,
                                       std::memory_order_relaxed)) [[likely]]
        return;
    }
    ReaderLockSlowly();
  }
  void ReaderUnlock() ABSL_UNLOCK_FUNCTION() {
    if (state_.fetch_sub(1, std::memory_order_release) == (kAwaited | 1)) [[unlikely]]
      WakeNext();
    HeldLocks::Leave(rank_);
  }

 private:
  // Of state_; the bits below count the readers that hold it.
  static constexpr std::uint32_t kWriter = std::uint32_t{1} << 31;   // one holds it
  static constexpr std::uint32_t kAwaited = std::uint32_t{1} << 30;  // somebody waits

  [[gnu::cold]] void LockSlowly();
  [[gnu::cold]] void ReaderLockSlowly();
  // For who was the last to hold it and has left it awaited.
  [[gnu::cold]] void WakeNext();

  std::atomic<std::uint32_t> state_ = 0;
  const LockRank rank_;
  // Guards what follows, and that state_ is awaited if and only if somebody waits.
  std::mutex gate_;
  std::uint32_t waiting_writers_ = 0;
  std::uint32_t waiting_readers_ = 0;
  std::condition_variable writers_;
  std::condition_variable readers_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

class ABSL_SCOPED_LOCKABLE WriterLock {
 public:
  explicit WriterLock(SharedMutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) {
    mutex_.Lock();
  }
  ~WriterLock() ABSL_UNLOCK_FUNCTION() { mutex_.Unlock(); }
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

 private:
  SharedMutex& mutex_;
};

class ABSL_SCOPED_LOCKABLE ReaderLock {
 public:
  explicit ReaderLock(SharedMutex& mutex) ABSL_SHARED_LOCK_FUNCTION(mutex) : mutex_(mutex) {
    mutex_.ReaderLock();
  }
  ~ReaderLock() ABSL_UNLOCK_FUNCTION() { mutex_.ReaderUnlock(); }
  ReaderLock(const ReaderLock&) = delete;
  ReaderLock& operator=(const ReaderLock&) = delete;

 private:
  SharedMutex& mutex_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_MUTEX_H_
