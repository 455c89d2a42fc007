// What a call answered: the one vocabulary of all backends.
//
// An answer prints exactly as the expectation that it would meet is written, so what came back can
// be pasted into a scenario.
#ifndef KVM_MODEL_TOOLS_SCENARIO_ANSWER_H_
#define KVM_MODEL_TOOLS_SCENARIO_ANSWER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tools/scenario/call_table.h"
#include "tools/scenario/names.h"
#include "uapi/errno.h"

namespace kvm_model::scenario {

namespace answer {

// A call that gives back nothing but its success. `value` is what a variable takes from it: the
// address of a map, the number of a pin or of a process.
struct Ok {
  std::uint64_t value = 0;
  friend bool operator==(const Ok&, const Ok&) = default;
};

// A new descriptor.
struct Fd {
  int number = -1;
  friend bool operator==(const Fd&, const Fd&) = default;
};

// A number of zero or more, and after a conversion what then stood in its error_offset.
struct Number {
  std::uint64_t value = 0;
  std::optional<std::uint64_t> error_offset = std::nullopt;
  friend bool operator==(const Number&, const Number&) = default;
};

struct Errno {
  uapi::Errno error{};
  std::optional<std::uint64_t> error_offset = std::nullopt;  // As in Number.
  // What pre_fault wrote back with the errno.
  std::optional<std::uint64_t> gpa = std::nullopt;
  std::optional<std::uint64_t> size = std::nullopt;
  friend bool operator==(const Errno&, const Errno&) = default;
};

struct Byte {
  std::uint8_t value = 0;
  friend bool operator==(const Byte&, const Byte&) = default;
};

enum class Signal : std::uint8_t { kSigbus, kSigsegv };

// The guest touched what no memslot holds.
struct Mmio {
  friend bool operator==(const Mmio&, const Mmio&) = default;
};

// KVM_EXIT_MEMORY_FAULT, with the errno that KVM_RUN failed with: EFAULT or EHWPOISON, as a rule.
struct MemoryFault {
  std::uint64_t gpa = 0;   // In bytes.
  std::uint64_t size = 0;  // In bytes.
  std::uint64_t flags = 0;
  uapi::Errno error = uapi::Errno::kEFAULT;
  friend bool operator==(const MemoryFault&, const MemoryFault&) = default;
};

// Success of pre_fault: where it got to. `size` is what is left to do, 0 when all was done.
struct Progress {
  std::uint64_t gpa = 0;   // In bytes.
  std::uint64_t size = 0;  // In bytes.
  friend bool operator==(const Progress&, const Progress&) = default;
};

// The pages [start, end), and what they have in common.
struct Run {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::optional<std::uint64_t> value = std::nullopt;
  friend bool operator==(const Run&, const Run&) = default;
};
struct Runs {
  std::vector<Run> runs;
  friend bool operator==(const Runs&, const Runs&) = default;
};

// The backend knows that it doesn't know: the scenario is skipped, with this reason.
struct NotModelled {
  std::string reason;
  friend bool operator==(const NotModelled&, const NotModelled&) = default;
};

// The backend itself failed: its child process died, it ran out of time. The scenario fails.
struct Broken {
  std::string reason;
  friend bool operator==(const Broken&, const Broken&) = default;
};

}  // namespace answer

using Answer = std::variant<answer::Ok, answer::Fd, answer::Number, answer::Errno, answer::Byte,
                            answer::Signal, answer::Mmio, answer::MemoryFault, answer::Progress,
                            answer::Runs, answer::NotModelled, answer::Broken>;

// Whether a call without an expectation may answer so: neither an errno, nor a signal, nor an exit.
bool Succeeded(const Answer& answer);

// What a variable takes from the answer; -1, as a C program would see it, after a failure.
std::uint64_t ValueOf(const Answer& answer);

// As an expectation is written. `domain` is what its number is made of; `error_offset` is what the
// caller put there, to tell what was written from what was not.
std::string FormatAnswer(const Answer& answer, NameDomain domain, const NameContext& names,
                         std::uint64_t error_offset = 0);

// 'A', or the number of a byte that doesn't print.
std::string FormatByte(std::uint8_t byte);

// In decimal up to 4095, in hexadecimal above: addresses and sizes read better so.
std::string FormatPlainNumber(std::uint64_t number);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_SCENARIO_ANSWER_H_
