// Session: the calls of a scenario made one after the other on one backend, with the variables that
// they leave behind.
//
// What a call must answer is its caller's affair: the runner compares with the file's expectations,
// a lockstep run with another session's answers. A variable holds what its call gave back, -1 after
// a failure; a child process sees its parent's as they were at the fork. Not thread-safe.
#ifndef KVM_MODEL_TOOLS_SCENARIO_SESSION_H_
#define KVM_MODEL_TOOLS_SCENARIO_SESSION_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "tools/backends/backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/evaluate.h"
#include "tools/scenario/names.h"

namespace kvm_model::scenario {

class Session {
 public:
  // The backend has been started with a scenario of this host line; it must outlive the session.
  Session(const HostLine& host, Backend& backend);

  // What was asked, with every argument evaluated, and what came back.
  struct Made {
    CallRequest request;
    Answer answer;
  };
  // Makes the call and keeps what it gives back, unless the backend can't know that. In words, why
  // it can't be made: its process or a variable is not there. `turn` is $i's value.
  std::expected<Made, std::string> Make(const Call& call,
                                        std::optional<std::uint64_t> turn = std::nullopt);

  // Calls `use` with what names mean in the process of a call that was made.
  void WithEnvironment(const CallRequest& request, std::optional<std::uint64_t> turn,
                       absl::FunctionRef<void(const Environment&)> use) const;

  const NameContext& names() const { return names_; }
  Backend& backend() const { return backend_; }

 private:
  // What is known about one process.
  struct Process {
    ProcessId parent = kFirstProcess;
    std::map<std::string, std::uint64_t, std::less<>> variables;
    std::map<std::uint64_t, std::uint64_t> mapped;  // Bytes that mmap gave, by address.
  };

  std::expected<void, std::string> Arguments(const Call& call, const Environment& environment,
                                             CallRequest& request) const;
  void Remember(const Call& call, const CallRequest& request, const Answer& answer);
  // A child's own variables, then those of the processes it comes from.
  std::optional<std::uint64_t> Variable(ProcessId process, std::string_view name) const;

  Backend& backend_;
  const NameContext names_;
  std::map<std::string, ProcessId, std::less<>> processes_;  // By the name of the fork.
  std::map<ProcessId, Process> states_;
};

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_SCENARIO_SESSION_H_
