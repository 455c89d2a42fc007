// ThreadClock: the CPU time of the calling thread, as a clock of <chrono>.
//
// It stands still while the thread does not run, so what else the machine does doesn't count; nor
// does waiting. Reading it is a system call, a few hundred nanoseconds.
#ifndef KVM_MODEL_BENCH_CLOCK_THREAD_CLOCK_H_
#define KVM_MODEL_BENCH_CLOCK_THREAD_CLOCK_H_

#include <chrono>
#include <ctime>

namespace kvm_model::bench {

struct ThreadClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<ThreadClock>;
  static constexpr bool is_steady = true;

  static time_point now() {
    timespec time = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time_point(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
  }
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_CLOCK_THREAD_CLOCK_H_
