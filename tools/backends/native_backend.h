// The machine's own /dev/kvm as a backend.
//
// A scenario's calls are made in a process of their own (tools/backends/native_worker.h), and a
// scenario's fork is a real one. Each call has ten seconds and each scenario a minute; a process
// that takes longer is killed and the scenario fails. What a process may take of the machine is
// bounded (NativeCalls::kMaxPages, 1024 descriptors). Nothing outlives Finish.
//
// Caveats: needs Linux and the right to open /dev/kvm. Start forks the caller, which should have no
// other threads.
#ifndef KVM_MODEL_TOOLS_BACKENDS_NATIVE_BACKEND_H_
#define KVM_MODEL_TOOLS_BACKENDS_NATIVE_BACKEND_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/backends/backend.h"
#include "tools/backends/machine.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"

namespace kvm_model::scenario {

class NativeBackend : public Backend {
 public:
  NativeBackend() : NativeBackend(ProbeMachine()) {}
  explicit NativeBackend(Machine machine) : machine_(std::move(machine)) {}
  ~NativeBackend() override { Finish(); }
  NativeBackend(const NativeBackend&) = delete;
  NativeBackend& operator=(const NativeBackend&) = delete;

  std::string_view Name() const override { return "native"; }
  std::optional<std::string> SkipReason(const Scenario& scenario) override;
  std::expected<void, std::string> Start(const Scenario& scenario) override;
  std::uint64_t PageSize() const override;
  std::uint64_t BadAddress() const override;
  Answer Execute(const CallRequest& request) override;
  void Finish() override;

 private:
  using Clock = std::chrono::steady_clock;

  // Whether an answer can be read before the time is up.
  bool AnswerCame(int socket) const;
  Answer Broken(const std::string& reason);

  Machine machine_;
  pid_t first_process_ = -1;
  std::vector<int> sockets_;  // By ProcessId.
  Clock::time_point deadline_;
};

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_BACKENDS_NATIVE_BACKEND_H_
