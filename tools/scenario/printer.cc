#include "tools/scenario/printer.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "uapi/errno.h"

namespace kvm_model::scenario {
namespace {

std::string Suffix(char suffix) { return suffix == 0 ? std::string() : std::string(1, suffix); }

std::string PrintOperand(const Term& term) {
  switch (term.kind) {
    case Term::Kind::kNumber:
      return absl::StrFormat(
          "%s%s",
          term.hex ? absl::StrFormat("0x%x", term.value) : absl::StrFormat("%d", term.value),
          Suffix(term.suffix));
    case Term::Kind::kByte:
      return PrintByte(term.value);
    case Term::Kind::kIndex:
      return "$i" + Suffix(term.suffix);
    case Term::Kind::kConstant:
    case Term::Kind::kVariable:
    case Term::Kind::kBad:
      return term.name;
  }
  return "";
}

std::string PrintArgument(const Argument& argument) {
  std::string text;
  if (argument.named) text += absl::StrFormat("%s=", ArgumentName(argument.id));
  if (argument.list) text += "[";
  for (const Expression& value : argument.values) {
    if (&value != &argument.values.front()) text += ", ";
    text += PrintExpression(value);
  }
  if (argument.list) text += "]";
  return text;
}

std::string PrintRuns(const std::vector<ExpectedRun>& runs) {
  if (runs.empty()) return "none";
  std::string text;
  for (const ExpectedRun& run : runs) {
    absl::StrAppendFormat(&text, "%s[%s,%s)", text.empty() ? "" : "  ", PrintExpression(run.start),
                          PrintExpression(run.end));
    if (run.value) text += " " + PrintExpression(*run.value);
  }
  return text;
}

std::string PrintChoices(const std::vector<Expectation>& choices) {
  std::string text;
  for (const Expectation& choice : choices) {
    absl::StrAppendFormat(&text, "%s%s", text.empty() ? "" : ", ", PrintExpectation(choice));
  }
  return text;
}

std::string PrintHead(const Expectation& expectation) {
  switch (expectation.kind) {
    case Expectation::Kind::kAny:
      return "any";
    case Expectation::Kind::kFd:
      return "fd";
    case Expectation::Kind::kOk:
      return "ok";
    case Expectation::Kind::kValue:
      return expectation.value ? PrintExpression(*expectation.value) : "";
    case Expectation::Kind::kErrno:
      return std::string(uapi::ErrnoName(expectation.error));
    case Expectation::Kind::kSigbus:
      return "SIGBUS";
    case Expectation::Kind::kSigsegv:
      return "SIGSEGV";
    case Expectation::Kind::kMmio:
      return "MMIO";
    case Expectation::Kind::kMemoryFault:
      return "MEMORY_FAULT";
    case Expectation::Kind::kRuns:
      return PrintRuns(expectation.runs);
    case Expectation::Kind::kNot:
      return "not " + PrintChoices(expectation.choices);
    case Expectation::Kind::kSet:
      return "{" + PrintChoices(expectation.choices) + "}";
  }
  return "";
}

void PrintDescription(std::string_view description, std::string& out) {
  for (;;) {
    const std::size_t end = description.find('\n');
    const std::string_view line = description.substr(0, end);
    absl::StrAppendFormat(&out, "#%s%s\n", line.empty() ? "" : " ", line);
    if (end == std::string_view::npos) return;
    description.remove_prefix(end + 1);
  }
}

void PrintStatements(const std::vector<Statement>& statements, int depth, std::string& out) {
  const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
  for (const Statement& statement : statements) {
    if (const Call* call = std::get_if<Call>(&statement.what)) {
      absl::StrAppendFormat(&out, "%s%s", indent, PrintCall(*call));
      if (call->expectation) {
        absl::StrAppendFormat(&out, " -> %s", PrintExpectation(*call->expectation));
      }
      out += '\n';
    } else {
      const Repeat& repeat = std::get<Repeat>(statement.what);
      absl::StrAppendFormat(&out, "%srepeat %d {\n", indent, repeat.turns);
      PrintStatements(repeat.body, depth + 1, out);
      absl::StrAppendFormat(&out, "%s}\n", indent);
    }
  }
}

}  // namespace

std::string PrintExpression(const Expression& expression) {
  std::string text;
  for (const std::vector<Term>& sum : expression.sums) {
    if (&sum != &expression.sums.front()) text += '|';
    for (const Term& term : sum) {
      absl::StrAppendFormat(&text, "%s%s%s", &term == &sum.front() ? "" : "+",
                            term.negated ? "-" : "", PrintOperand(term));
    }
  }
  return text;
}

std::string PrintExpectation(const Expectation& expectation) {
  std::string text = PrintHead(expectation);
  for (const ExpectedField& field : expectation.fields) {
    absl::StrAppendFormat(&text, " %s=%s", GetField(field.id).name,
                          field.value ? PrintExpression(*field.value) : "unwritten");
  }
  return text;
}

std::string PrintCall(const Call& call) {
  std::string text;
  if (!call.process.empty()) absl::StrAppendFormat(&text, "%s: ", call.process);
  if (!call.result.empty()) absl::StrAppendFormat(&text, "%s = ", call.result);
  absl::StrAppendFormat(&text, "%s(", GetCall(call.id).name);
  for (const Argument& argument : call.arguments) {
    absl::StrAppendFormat(&text, "%s%s", &argument == &call.arguments.front() ? "" : ", ",
                          PrintArgument(argument));
  }
  return text + ")";
}

std::string PrintByte(std::uint64_t value) {
  constexpr std::uint64_t kFirstPrintable = 0x20;
  constexpr std::uint64_t kLastPrintable = 0x7e;
  if (value < kFirstPrintable || value > kLastPrintable) return absl::StrFormat("'\\x%02x'", value);
  const char character = static_cast<char>(value);
  return absl::StrFormat("'%s%c'", character == '\'' || character == '\\' ? "\\" : "", character);
}

std::string PrintScenario(const Scenario& scenario) {
  std::string text;
  if (!scenario.description.empty()) PrintDescription(scenario.description, text);
  if (!scenario.rule.empty()) absl::StrAppendFormat(&text, "rule %s\n", scenario.rule);
  absl::StrAppendFormat(&text, "host %s %s", scenario.host.arch, scenario.host.revision);
  for (const auto& [name, value] : scenario.host.settings) {
    absl::StrAppendFormat(&text, " %s=%s", name, value);
  }
  text += "\n\n";
  PrintStatements(scenario.statements, 0, text);
  return text;
}

}  // namespace kvm_model::scenario
