#include "tools/backends/guarded_access.h"

#include <csetjmp>
#include <csignal>
#include <cstdint>
#include <optional>

// Asked by the thread sanitizer, where the program is built with it. It takes a handler that is
// left by siglongjmp for one that never ends, and every later allocation for one within that
// handler.
extern "C" const char* __tsan_default_options() { return "report_signal_unsafe=0"; }

namespace kvm_model::scenario {
namespace {

thread_local sigjmp_buf* return_point = nullptr;

void OnFault(int signal) {
  if (return_point != nullptr) siglongjmp(*return_point, signal);
  // Not from an access of ours: let it do what it does by default when it comes back.
  std::signal(signal, SIG_DFL);
}

class FaultHandlers {
 public:
  FaultHandlers() {
    struct sigaction ours = {};
    ours.sa_handler = OnFault;
    sigemptyset(&ours.sa_mask);
    sigaction(SIGSEGV, &ours, &before_segv_);
    sigaction(SIGBUS, &ours, &before_bus_);
  }
  ~FaultHandlers() {
    sigaction(SIGSEGV, &before_segv_, nullptr);
    sigaction(SIGBUS, &before_bus_, nullptr);
  }
  FaultHandlers(const FaultHandlers&) = delete;
  FaultHandlers& operator=(const FaultHandlers&) = delete;

 private:
  struct sigaction before_segv_ = {};
  struct sigaction before_bus_ = {};
};

__attribute__((noinline, no_sanitize("address"), no_sanitize("thread"),
               no_sanitize("undefined"))) std::uint8_t
Load(std::uint64_t address) {
  return *reinterpret_cast<volatile const std::uint8_t*>(address);
}

__attribute__((noinline, no_sanitize("address"), no_sanitize("thread"),
               no_sanitize("undefined"))) void
Store(std::uint64_t address, std::uint8_t byte) {
  *reinterpret_cast<volatile std::uint8_t*>(address) = byte;
}

template <typename Access>
std::optional<int> Guarded(Access access) {
  const FaultHandlers handlers;
  sigjmp_buf here;
  const int signal = sigsetjmp(here, 1);
  if (signal == 0) {
    return_point = &here;
    access();
  }
  return_point = nullptr;
  return signal == 0 ? std::nullopt : std::optional(signal);
}

}  // namespace

std::optional<int> GuardedRead(std::uint64_t address, std::uint8_t& byte) {
  return Guarded([address, &byte] { byte = Load(address); });
}

std::optional<int> GuardedWrite(std::uint64_t address, std::uint8_t byte) {
  return Guarded([address, byte] { Store(address, byte); });
}

}  // namespace kvm_model::scenario
