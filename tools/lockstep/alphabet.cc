#include "tools/lockstep/alphabet.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/diagnostic.h"
#include "tools/scenario/parser.h"
#include "tools/scenario/printer.h"

namespace kvm_model::lockstep {
namespace {

using scenario::Argument;
using scenario::Call;
using scenario::Expression;
using scenario::Term;

// A row's text cut at its braces: literal, choices, literal, choices, ..., literal.
struct Cut {
  std::vector<std::string> literals;
  std::vector<std::vector<std::string>> choices;
};

std::vector<std::string> SplitChoices(std::string_view text) {
  std::vector<std::string> choices;
  for (;;) {
    const std::size_t end = text.find(';');
    choices.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return choices;
    text.remove_prefix(end + 1);
  }
}

Cut CutAtBraces(std::string_view text) {
  Cut cut;
  for (;;) {
    const std::size_t open = text.find('{');
    cut.literals.emplace_back(text.substr(0, open));
    if (open == std::string_view::npos) return cut;
    const std::size_t close = text.find('}', open);
    cut.choices.push_back(SplitChoices(text.substr(open + 1, close - open - 1)));
    text = close == std::string_view::npos ? std::string_view() : text.substr(close + 1);
  }
}

// The row's line with the given choice at each place; the first where none is given.
std::string Line(const Cut& cut, std::size_t place, std::size_t choice) {
  std::string line;
  for (std::size_t i = 0; i < cut.literals.size(); ++i) {
    line += cut.literals[i];
    if (i < cut.choices.size()) line += cut.choices[i][i == place ? choice : 0];
  }
  return line;
}

bool IsName(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  }) && text.front() >= 'a';
}

// The variables among a row's words: a name with a digit at its end, or `kvm`.
void CollectVariables(std::string_view text, std::set<std::string>& names) {
  std::string word;
  for (const char c : std::string(text) + " ") {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_') {
      word += c;
      continue;
    }
    const bool numbered = IsName(word) && word.back() >= '0' && word.back() <= '9';
    if ((numbered && !scenario::CallByName(word).has_value()) || word == "kvm") names.insert(word);
    word.clear();
  }
}

// Parses one call where each of `variables` has been given a value.
std::expected<Call, std::string> ParseCall(const std::string& line,
                                           const std::set<std::string>& variables,
                                           const scenario::HostLine& host) {
  std::string text = absl::StrFormat("host %s %s\n", host.arch, host.revision);
  for (const std::string& name : variables) {
    text += name + (line.starts_with(name + ":") ? " = fork()\n" : " = open()\n");
  }
  auto parsed = scenario::Parse("row", text + line + "\n");
  if (!parsed) return std::unexpected(line + ": " + parsed.error().front().message);
  return std::get<Call>(std::move(parsed->statements.back().what));
}

Expression MinusOne() {
  Term one;
  one.negated = true;
  one.value = 1;
  return {.sums = {{one}}};
}

bool Speaks(const Expression& expression, const Names& names) {
  for (const std::vector<Term>& sum : expression.sums) {
    for (const Term& term : sum) {
      if (term.kind == Term::Kind::kVariable && !names.Has(term.name)) return false;
    }
  }
  return true;
}

}  // namespace

std::vector<Operation> Decode(std::span<const std::uint8_t> bytes) {
  std::vector<Operation> operations;
  for (; bytes.size() >= kEncodedBytes; bytes = bytes.subspan(kEncodedBytes)) {
    Operation operation;
    operation.row = static_cast<std::uint16_t>(bytes[0] | (bytes[1] << 8));
    operation.process = bytes[2];
    std::ranges::copy_n(bytes.begin() + 3, Operation::kChoices, operation.choices.begin());
    operations.push_back(operation);
  }
  return operations;
}

std::vector<std::uint8_t> Encode(std::span<const Operation> operations) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(operations.size() * kEncodedBytes);
  for (const Operation& operation : operations) {
    bytes.push_back(static_cast<std::uint8_t>(operation.row & 0xff));
    bytes.push_back(static_cast<std::uint8_t>(operation.row >> 8));
    bytes.push_back(operation.process);
    bytes.insert(bytes.end(), operation.choices.begin(), operation.choices.end());
  }
  return bytes;
}

std::expected<Alphabet::Row, std::string> Alphabet::ParseRow(std::string_view text,
                                                             const scenario::HostLine& host) {
  Row row;
  Cut cut = CutAtBraces(text);
  std::set<std::string> variables;
  CollectVariables(text, variables);
  // "{a;b} = call(...)": the first place is the result's name.
  std::size_t first_place = 0;
  if (!cut.choices.empty() && cut.literals.front().empty() && cut.literals[1].starts_with(" = ")) {
    row.results = cut.choices.front();
    first_place = 1;
  }
  auto call = ParseCall(Line(cut, 0, 0), variables, host);
  if (!call) return std::unexpected(call.error());
  row.call = *std::move(call);
  if (row.results.empty() && !row.call.result.empty()) row.results = {row.call.result};
  for (std::size_t place = first_place; place < cut.choices.size(); ++place) {
    if (cut.choices[place].size() == 1) continue;
    Place found{row.call.arguments.size(), 0, {}};
    for (std::size_t choice = 0; choice < cut.choices[place].size(); ++choice) {
      const auto variant = ParseCall(Line(cut, place, choice), variables, host);
      if (!variant) return std::unexpected(variant.error());
      // The place's argument is the one that changes; the first choice tells nothing yet.
      for (std::size_t i = 0; choice != 0 && i < variant->arguments.size(); ++i) {
        for (std::size_t j = 0; j < variant->arguments[i].values.size(); ++j) {
          if (variant->arguments[i].values[j] != row.call.arguments[i].values[j]) {
            found.argument = i;
            found.value = j;
          }
        }
      }
    }
    if (found.argument == row.call.arguments.size()) {
      return std::unexpected(absl::StrFormat("%s: choice %d is none", text, place + 1));
    }
    for (std::size_t choice = 0; choice < cut.choices[place].size(); ++choice) {
      const auto variant = ParseCall(Line(cut, place, choice), variables, host);
      found.choices.push_back(variant->arguments[found.argument].values[found.value]);
    }
    row.places.push_back(std::move(found));
  }
  if (row.places.size() + 1 > Operation::kChoices) {
    return std::unexpected(absl::StrFormat("%s: more choices than an operation holds", text));
  }
  return row;
}

std::expected<Alphabet, std::string> Alphabet::Parse(std::span<const AlphabetRow> rows,
                                                     const scenario::HostLine& host) {
  Alphabet alphabet;
  for (const AlphabetRow& written : rows) {
    auto row = ParseRow(written.text, host);
    if (!row) return std::unexpected(row.error());
    alphabet.by_weight_.insert(alphabet.by_weight_.end(), written.weight,
                               static_cast<std::uint16_t>(alphabet.rows_.size()));
    alphabet.rows_.push_back(*std::move(row));
  }
  return alphabet;
}

Call Alphabet::Meaning(const Operation& operation, const Names& names) const {
  const Row& row = rows_[operation.row % rows_.size()];
  Call call = row.call;
  if (!row.results.empty()) {
    call.result = row.results[operation.choices[0] % row.results.size()];
  }
  for (std::size_t i = 0; i < row.places.size(); ++i) {
    const Place& place = row.places[i];
    call.arguments[place.argument].values[place.value] =
        place.choices[operation.choices[i + 1] % place.choices.size()];
  }
  for (Argument& argument : call.arguments) {
    for (Expression& value : argument.values) {
      if (!Speaks(value, names)) value = MinusOne();
    }
  }
  const std::vector<std::string>& processes = names.processes();
  if (std::ranges::find(processes, call.process) != processes.end()) return call;
  const std::size_t process = operation.process % (processes.size() + 1);
  call.process = process == 0 ? "" : processes[process - 1];
  return call;
}

std::uint64_t Alphabet::Count(std::size_t row) const {
  std::uint64_t count = std::max<std::size_t>(1, rows_[row].results.size());
  for (const Place& place : rows_[row].places) count *= place.choices.size();
  return count;
}

std::vector<Operation> Alphabet::All() const {
  std::vector<Operation> all;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    const Row& row = rows_[r];
    for (std::uint64_t number = 0; number < Count(r); ++number) {
      Operation operation;
      operation.row = static_cast<std::uint16_t>(r);
      std::uint64_t rest = number;
      const auto take = [&rest](std::size_t choices) {
        const auto choice = static_cast<std::uint8_t>(rest % choices);
        rest /= choices;
        return choice;
      };
      if (!row.results.empty()) operation.choices[0] = take(row.results.size());
      for (std::size_t i = 0; i < row.places.size(); ++i) {
        operation.choices[i + 1] = take(row.places[i].choices.size());
      }
      all.push_back(operation);
    }
  }
  return all;
}

}  // namespace kvm_model::lockstep
