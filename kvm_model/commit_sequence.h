// CommitSequence: how readers know whether a writer was in their way.
//
// One writer at a time brackets each of its changes with Enter() and Leave(); the number is odd in
// between. Readers note the number, read, and look at it again; they never wait for the writer.
//
//   StillOfOneStore(s)  no change was completed since `s`: what the writer has given up since has
//                       not been used again, and of a change that becomes visible by one store a
//                       reader has seen all or nothing
//   Undisturbed(s)      nor was one under way: all that was read belongs to one state
//
// Memory order. The writer's stores to what readers see are releases, behind Enter()'s store; the
// readers' loads are acquires, before their second look. So who reads what a change wrote also sees
// its odd number or a later one. (No fences: the thread sanitizer doesn't know them.)
//
// A reader that has failed kTries times says so (Starving), and the writer doesn't begin another
// change until it is done: its tries are bounded by kTries and by the changes that begin before the
// writer sees it. The writer may wait for readers, never the other way round.
#ifndef KVM_MODEL_KVM_MODEL_COMMIT_SEQUENCE_H_
#define KVM_MODEL_KVM_MODEL_COMMIT_SEQUENCE_H_

#include <sched.h>

#include <atomic>
#include <cstdint>

namespace kvm_model {

class CommitSequence {
 public:
  static constexpr int kTries = 64;

  CommitSequence() = default;
  CommitSequence(const CommitSequence&) = delete;
  CommitSequence& operator=(const CommitSequence&) = delete;

  // ---- The writer's side ----

  // Begins a change, and says what ends it.
  std::uint64_t Enter() {
    if (SomeoneStarves()) [[unlikely]]
      WaitForStarving();
    return EnterAtOnce();
  }
  // The two steps of it.
  bool SomeoneStarves() const { return starving_.load(std::memory_order_acquire) != 0; }
  std::uint64_t EnterAtOnce() {
    const std::uint64_t began = number_.load(std::memory_order_relaxed);
    number_.store(began + 1, std::memory_order_release);
    return began;
  }
  void Leave(std::uint64_t began) { number_.store(began + 2, std::memory_order_release); }

  // ---- The readers' side ----

  std::uint64_t Now() const { return number_.load(std::memory_order_acquire); }
  bool StillOfOneStore(std::uint64_t noted) const { return Now() >> 1 == noted >> 1; }
  bool Undisturbed(std::uint64_t noted) const { return (noted & 1) == 0 && Now() == noted; }

  // Calls `attempt` with the number of the moment until it says that it has succeeded.
  template <typename Attempt>
  void Read(const Attempt& attempt) const {
    for (int tries = 0; tries < kTries; ++tries) {
      if (attempt(Now())) return;
    }
    const Starving starving(starving_);
    while (!attempt(Now())) sched_yield();
  }

 private:
  // As long as it lives, also when an attempt throws.
  class Starving {
   public:
    explicit Starving(std::atomic<std::uint32_t>& count) : count_(count) { count_.fetch_add(1); }
    ~Starving() { count_.fetch_sub(1); }
    Starving(const Starving&) = delete;
    Starving& operator=(const Starving&) = delete;

   private:
    std::atomic<std::uint32_t>& count_;
  };

  __attribute__((noinline, cold)) void WaitForStarving() const {
    while (SomeoneStarves()) sched_yield();
  }

  std::atomic<std::uint64_t> number_{0};
  mutable std::atomic<std::uint32_t> starving_{0};
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_COMMIT_SEQUENCE_H_
