// The threads that answer connections, and a queue that has an end.
#ifndef KVM_MODEL_TOOLS_SERVE_BOUNDED_POOL_H_
#define KVM_MODEL_TOOLS_SERVE_BOUNDED_POOL_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "httplib.h"

namespace kvm_model::serve {

// Runs tasks on `threads` threads. With `waiting` tasks in the queue, enqueue waits for room, and
// with it the thread that accepts connections: further clients wait in the kernel's queue.
class BoundedPool final : public httplib::TaskQueue {
 public:
  BoundedPool(std::size_t threads, std::size_t waiting);
  ~BoundedPool() override { shutdown(); }

  void enqueue(std::function<void()> task) override;
  // Runs what is in the queue, and ends the threads.
  void shutdown() override;

 private:
  void Work();

  const std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace kvm_model::serve

#endif  // KVM_MODEL_TOOLS_SERVE_BOUNDED_POOL_H_
