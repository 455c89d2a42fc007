// Alphabet: the operations that random and exhaustive tests put worlds together from.
//
// An operation is a few bytes: which row of the alphabet, which process makes the call, and for
// each argument which of the row's choices it has. It means a call of the scenario language, so
// that every world is a scenario file as well. The rows are written in that language too:
//
//   {gm0;gm1} = create_guest_memfd({vm0;vm1}, size={4p;1p;0}, flags={MMAP|INIT_SHARED;0})
//
// A row that opens with a process's name (`c0: ...`) is that process's as long as there is one, and
// any other's until then. The first choice is the simplest; a choice that stands twice is taken
// twice as often. Things are
// named by variables (vm0, gm1, map2, ...): before a call has given one a value it stands for -1,
// as a failed call's result does in a C program.
//
// Cost: an alphabet is parsed once; Meaning() copies a few small trees.
#ifndef KVM_MODEL_TOOLS_LOCKSTEP_ALPHABET_H_
#define KVM_MODEL_TOOLS_LOCKSTEP_ALPHABET_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"

namespace kvm_model::lockstep {

// Any bytes are an operation: each is taken modulo what there is to choose from.
struct Operation {
  static constexpr std::size_t kChoices = scenario::ArgumentSpecs::kMax + 1;

  std::uint16_t row = 0;
  std::uint8_t process = 0;
  // Of the result's name, then of each place of the row that has choices, from left to right.
  std::array<std::uint8_t, kChoices> choices{};

  friend bool operator==(const Operation&, const Operation&) = default;
};

// The codec: kEncodedBytes for each operation, in order; what is left over at the end doesn't
// count.
inline constexpr std::size_t kEncodedBytes = 2 + 1 + Operation::kChoices;
std::vector<Operation> Decode(std::span<const std::uint8_t> bytes);
std::vector<std::uint8_t> Encode(std::span<const Operation> operations);

// One row as it is written, and how often it is taken compared with the others.
struct AlphabetRow {
  unsigned weight = 1;
  std::string_view text;
};

// Which names stand for something by now: a sequence's operations are told in order.
class Names {
 public:
  bool Has(std::string_view name) const { return names_.contains(name); }
  // All of them, and the processes that were made, in order.
  const std::set<std::string, std::less<>>& all() const { return names_; }
  const std::vector<std::string>& processes() const { return processes_; }
  // A call that was made, whether or not it succeeded.
  void Note(const scenario::Call& call) {
    if (call.result.empty()) return;
    names_.insert(call.result);
    if (call.id == scenario::CallId::kFork) processes_.push_back(call.result);
  }

 private:
  std::set<std::string, std::less<>> names_;
  std::vector<std::string> processes_;
};

class Alphabet {
 public:
  // Without rows.
  Alphabet() = default;
  // `host` decides what constants mean. The error says which row can't be read, and why.
  static std::expected<Alphabet, std::string> Parse(std::span<const AlphabetRow> rows,
                                                    const scenario::HostLine& host);

  // The call that the operation stands for after those that left `names`.
  scenario::Call Meaning(const Operation& operation, const Names& names) const;

  // Takes rows by their weight: `number` is any.
  std::uint16_t RowOf(std::uint64_t number) const { return by_weight_[number % by_weight_.size()]; }
  std::uint64_t weights() const { return by_weight_.size(); }
  std::size_t rows() const { return rows_.size(); }
  // How many different operations there are of the row, made by the row's own process or by the
  // first one.
  std::uint64_t Count(std::size_t row) const;
  // Each of them once, of all rows.
  std::vector<Operation> All() const;

 private:
  // A place of a call with choices: one of its arguments' values.
  struct Place {
    std::size_t argument = 0;  // index into the call's arguments
    std::size_t value = 0;     // index into the argument's values
    std::vector<scenario::Expression> choices;
  };
  struct Row {
    scenario::Call call;
    std::vector<std::string> results;
    std::vector<Place> places;
  };

  static std::expected<Row, std::string> ParseRow(std::string_view text,
                                                  const scenario::HostLine& host);

  std::vector<Row> rows_;
  std::vector<std::uint16_t> by_weight_;
};

}  // namespace kvm_model::lockstep

#endif  // KVM_MODEL_TOOLS_LOCKSTEP_ALPHABET_H_
