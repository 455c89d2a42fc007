// Who answers the calls of a scenario: the model, a real kernel, or a test's script.
//
// Every value is a 64-bit number, as in the C program that a scenario stands for: descriptors,
// addresses, pins and processes included. A backend therefore needs no handles of its own, and a
// call with the wrong kind of thing is simply a call with that number.
//
// A backend runs one scenario at a time: Start, any number of Execute, Finish. Not thread-safe.
#ifndef KVM_MODEL_TOOLS_BACKENDS_BACKEND_H_
#define KVM_MODEL_TOOLS_BACKENDS_BACKEND_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"

namespace kvm_model::scenario {

// The number of a process; the one that a scenario begins with is 0. fork answers Ok with the
// child's.
using ProcessId = std::uint64_t;
inline constexpr ProcessId kFirstProcess = 0;

// A call with every argument evaluated, those with their defaults included.
struct CallRequest {
  CallId id{};
  ProcessId process = kFirstProcess;
  // Indexed by ArgumentId; meaningful for those that the call has. munmap gets kSize as well: how
  // many bytes the process had mapped at that address, or one page if it had mapped none there.
  std::array<std::uint64_t, kArgumentIds> values{};
  // enable_cap's args, kMaxListValues at most.
  std::vector<std::uint64_t> list;

  std::uint64_t operator[](ArgumentId argument) const {
    return values[static_cast<std::size_t>(argument)];
  }
  std::uint64_t& operator[](ArgumentId argument) {
    return values[static_cast<std::size_t>(argument)];
  }
  // Descriptors and other things that C passes as an int keep their low 32 bits.
  int Int(ArgumentId argument) const {
    return static_cast<int>(static_cast<std::uint32_t>((*this)[argument]));
  }
};

class Backend {
 public:
  virtual ~Backend() = default;

  // "model", "native": as --backend and reports name it.
  virtual std::string_view Name() const = 0;

  // Why this backend can't run the scenario, in words; nothing when it can. Asked before Start.
  virtual std::optional<std::string> SkipReason(const Scenario& scenario) = 0;

  // Boots the scenario's host and its first process; an error, in words, when the host line is
  // impossible.
  virtual std::expected<void, std::string> Start(const Scenario& scenario) = 0;

  // Of the host that was started, in bytes.
  virtual std::uint64_t PageSize() const = 0;

  // BAD: a page-aligned user address at which nothing is ever mapped.
  virtual std::uint64_t BadAddress() const = 0;

  virtual Answer Execute(const CallRequest& request) = 0;

  // The decisions behind the last answer, one a line; empty for a backend that can't know them.
  virtual std::string Trail() const { return {}; }

  // Gives everything back. Also called after a failed Start.
  virtual void Finish() = 0;
};

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_BACKENDS_BACKEND_H_
