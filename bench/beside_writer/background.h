// Background: a thread that does one thing over and over, for as long as the object lives.
//
// Once it is constructed, the thread is at work: it has done its thing some hundred times.
#ifndef KVM_MODEL_BENCH_BESIDE_WRITER_BACKGROUND_H_
#define KVM_MODEL_BENCH_BESIDE_WRITER_BACKGROUND_H_

#include <atomic>
#include <cstdint>
#include <thread>
#include <utility>

namespace kvm_model::bench {

class Background {
 public:
  // Calls step() in the thread. What it refers to must outlive this.
  template <typename Step>
  explicit Background(Step step)
      : thread_([this, step = std::move(step)]() mutable {
          for (std::uint64_t done = 0; !stop_.load(std::memory_order_relaxed);) {
            step();
            done_.store(++done, std::memory_order_release);
          }
        }) {
    while (done() < kAtWork) std::this_thread::yield();
  }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background() {
    stop_.store(true, std::memory_order_relaxed);
    thread_.join();
  }

  // How often it was done by now.
  std::uint64_t done() const { return done_.load(std::memory_order_acquire); }

 private:
  static constexpr std::uint64_t kAtWork = 256;

  alignas(64) std::atomic<std::uint64_t> done_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;  // last: it uses the others
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_BESIDE_WRITER_BACKGROUND_H_
