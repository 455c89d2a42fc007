// What a scenario says: the syntax tree that the parser makes, the printer prints and the runner
// runs.
//
// Names are resolved when the tree is made (PRIVATE is already 8 or MAP_PRIVATE), but they keep the
// spelling of the file, so that a tree prints as it was written. Numbers stay symbolic (4p) until
// they are evaluated, because a page's size belongs to the host that runs the scenario.
//
// Two trees are equal when they say the same; where it stands in the file doesn't count.
#ifndef KVM_MODEL_TOOLS_SCENARIO_AST_H_
#define KVM_MODEL_TOOLS_SCENARIO_AST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tools/scenario/call_table.h"
#include "tools/scenario/diagnostic.h"
#include "uapi/errno.h"

namespace kvm_model::scenario {

// One operand.
struct Term {
  enum class Kind : std::uint8_t {
    kNumber,    // value and suffix: 4p, 0x1000.
    kByte,      // value: 'A'.
    kConstant,  // name, resolved to value: PRIVATE, KVM_CAP_IRQCHIP, rw, NULL.
    kVariable,  // name: what an earlier call gave back.
    kIndex,     // $i, with a suffix: the turn of the innermost repeat.
    kBad,       // BAD: a user address where nothing is mapped, chosen by the backend.
  };

  Kind kind = Kind::kNumber;
  bool negated = false;
  bool hex = false;  // kNumber: written with 0x.
  char suffix = 0;
  std::uint64_t value = 0;
  std::string name;
  Position position;

  friend bool operator==(const Term&, const Term&) = default;
};

// Sums joined by '|'. '+' binds tighter, as in C, and arithmetic wraps at 2^64.
struct Expression {
  std::vector<std::vector<Term>> sums;

  friend bool operator==(const Expression&, const Expression&) = default;
};

struct Argument {
  ArgumentId id{};
  bool named = false;  // Written as NAME=VALUE.
  bool list = false;   // [VALUE, ...]: any number of values; otherwise exactly one.
  std::vector<Expression> values;

  friend bool operator==(const Argument&, const Argument&) = default;
};

// A half-open range of pages, and the attribute value that its pages share where a value was given.
struct ExpectedRun {
  Expression start;
  Expression end;
  std::optional<Expression> value;

  friend bool operator==(const ExpectedRun&, const ExpectedRun&) = default;
};

// NAME=VALUE behind an answer: what else must have come back. No value means `unwritten`.
struct ExpectedField {
  FieldId id{};
  std::optional<Expression> value;

  friend bool operator==(const ExpectedField&, const ExpectedField&) = default;
};

struct Expectation {
  enum class Kind : std::uint8_t {
    kAny,
    kFd,
    kOk,
    kValue,  // value, and fields.
    kErrno,  // error, and fields.
    kSigbus,
    kSigsegv,
    kMmio,
    kMemoryFault,  // fields.
    kRuns,         // runs; `none` when there are none.
    kNot,          // choices holds the one that must not match.
    kSet,          // choices: one of them must match.
  };

  Kind kind = Kind::kAny;
  std::optional<Expression> value;
  uapi::Errno error{};
  std::vector<ExpectedField> fields;
  std::vector<ExpectedRun> runs;
  std::vector<Expectation> choices;

  friend bool operator==(const Expectation&, const Expectation&) = default;
};

struct Call {
  Position position;
  std::string process;  // The name that a fork was given; empty for the first process.
  std::string result;   // The name given to what comes back; may be empty.
  CallId id{};
  std::vector<Argument> arguments;  // As written; those left out have their defaults.
  // What the answer's number counts or flags: decided by the call, and for check_extension by the
  // capability that it asks for.
  NameDomain answer_domain{};
  std::optional<Expectation> expectation;

  friend bool operator==(const Call&, const Call&) = default;
};

struct Statement;

struct Repeat {
  Position position;
  std::uint64_t turns = 0;
  std::vector<Statement> body;

  friend bool operator==(const Repeat&, const Repeat&) = default;
};

struct Statement {
  std::variant<Call, Repeat> what;

  friend bool operator==(const Statement&, const Statement&) = default;
};

// host ARCH REVISION [NAME=VALUE ...]
struct HostLine {
  Position position;
  std::string arch;
  std::string revision;
  std::vector<std::pair<std::string, std::string>> settings;

  friend bool operator==(const HostLine&, const HostLine&) = default;
};

struct Scenario {
  std::string file;         // As given to the parser; not part of what the scenario says.
  std::string description;  // The opening comment.
  std::string rule;         // Empty when the file names none.
  HostLine host;
  std::vector<Statement> statements;

  friend bool operator==(const Scenario& a, const Scenario& b) {
    return a.description == b.description && a.rule == b.rule && a.host == b.host &&
           a.statements == b.statements;
  }
};

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_SCENARIO_AST_H_
