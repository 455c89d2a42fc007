#include "tools/c_form/c_expression.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/names.h"
#include "tools/scenario/printer.h"

namespace kvm_model::c_form {
namespace {

using scenario::NameContext;
using scenario::NameDomain;
using scenario::Term;

// C's words that a scenario may have as a variable's name, and what the forms use themselves.
constexpr auto kTaken = std::to_array<std::string_view>({
    "and",      "args",    "asm",       "auto",   "bad_address", "bitmap",   "bool",
    "break",    "byte",    "calloc",    "case",   "char",        "close",    "const",
    "continue", "default", "do",        "double", "dup",         "else",     "enum",
    "errno",    "extern",  "fallocate", "float",  "for",         "fork",     "goto",
    "i",        "if",      "inline",    "int",    "ioctl",       "iov",      "long",
    "madvise",  "mmap",    "munmap",    "open",   "page_size",   "pipe",     "register",
    "restrict", "return",  "short",     "signed", "sizeof",      "static",   "struct",
    "switch",   "turn",    "typedef",   "union",  "unsigned",    "vmsplice", "void",
    "volatile", "while",
});

// Numbers that an int can't hold say how wide they are.
std::string Number(std::uint64_t value, bool hex) {
  const std::string digits = hex ? absl::StrFormat("0x%x", value) : absl::StrFormat("%d", value);
  return value > INT32_MAX ? digits + "ULL" : digits;
}

int ShiftOf(char suffix) {
  switch (suffix) {
    case 'K':
      return 10;
    case 'M':
      return 20;
    case 'G':
      return 30;
    case 'T':
      return 40;
    default:
      return 0;
  }
}

// `number` times what the suffix says.
std::string Scaled(const std::string& number, char suffix) {
  if (suffix == 0) return number;
  if (suffix == 'p') return number == "1" ? "page_size" : number + " * page_size";
  const bool counted = number.find_first_not_of("0123456789") == std::string::npos;
  if (counted) return absl::StrFormat("(%sULL << %d)", number, ShiftOf(suffix));
  return absl::StrFormat("((uint64_t)%s << %d)", number, ShiftOf(suffix));
}

std::string Operand(const Term& term, NameDomain domain, const NameContext& names, Variables are) {
  switch (term.kind) {
    case Term::Kind::kNumber:
      return Scaled(Number(term.value, term.hex), term.suffix);
    case Term::Kind::kByte:
      return scenario::PrintByte(term.value);
    case Term::Kind::kIndex:
      return Scaled("turn", term.suffix);
    case Term::Kind::kConstant:
      return domain == NameDomain::kNone ? term.name
                                         : scenario::SpelledInC(domain, term.name, names);
    case Term::Kind::kVariable:
      return (are == Variables::kPointers ? "(uintptr_t)" : "") + CVariable(term.name);
    case Term::Kind::kBad:
      return are == Variables::kPointers ? "(uintptr_t)bad_address" : "bad_address";
  }
  return "";
}

std::string Sum(const std::vector<Term>& terms, NameDomain domain, const NameContext& names,
                Variables are) {
  std::string text;
  for (const Term& term : terms) {
    const bool first = text.empty();
    if (term.negated) {
      text += first ? "-" : " - ";
    } else if (!first) {
      text += " + ";
    }
    text += Operand(term, domain, names, are);
  }
  return text;
}

}  // namespace

std::string CExpression(const scenario::Expression& expression, NameDomain domain,
                        const NameContext& names, Variables are) {
  std::string text;
  for (const std::vector<Term>& terms : expression.sums) {
    if (!text.empty()) text += " | ";
    const std::string sum = Sum(terms, domain, names, are);
    const bool alone = terms.size() == 1 || expression.sums.size() == 1;
    text += alone ? sum : "(" + sum + ")";
  }
  return text;
}

std::string CDefault(const scenario::ArgumentSpec& spec, const NameContext& names) {
  const bool named = scenario::ResolveName(spec.domain, spec.default_text, names).has_value();
  return named ? scenario::SpelledInC(spec.domain, spec.default_text, names)
               : std::string(spec.default_text);
}

std::string CVariable(std::string_view name) {
  const bool taken = std::ranges::find(kTaken, name) != kTaken.end();
  return std::string(name) + (taken ? "_" : "");
}

bool IsOneSum(const scenario::Expression& expression) { return expression.sums.size() == 1; }

}  // namespace kvm_model::c_form
