// Helpers of the scenario tests.
#ifndef KVM_MODEL_TESTS_SCENARIO_PARSING_H_
#define KVM_MODEL_TESTS_SCENARIO_PARSING_H_

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tools/scenario/ast.h"
#include "tools/scenario/diagnostic.h"
#include "tools/scenario/parser.h"

namespace kvm_model::scenario {

// The errors of a text, each as "LINE:COLUMN: MESSAGE"; empty for a good one.
inline std::vector<std::string> ErrorsOf(std::string_view text) {
  std::vector<std::string> errors;
  const auto parsed = Parse("t", text);
  if (parsed) return errors;
  for (const Diagnostic& error : parsed.error()) errors.push_back(error.ToString().substr(2));
  return errors;
}

// A text that is expected to be good.
inline Scenario Parsed(std::string_view text) {
  for (const std::string& error : ErrorsOf(text)) ADD_FAILURE() << error << "\nin\n" << text;
  auto parsed = Parse("t", text);
  return parsed ? *parsed : Scenario();
}

// The text with a host line and the usual calls before it, which takes kPreludeLines lines.
inline constexpr int kPreludeLines = 5;
inline std::string WithPrelude(std::string_view text) {
  std::string whole =
      "host x86 rfc-v4\n"
      "kvm = open()\n"
      "vm = create_vm(kvm, SW_PROTECTED)\n"
      "gmem = create_guest_memfd(vm, 4p, MMAP|INIT_SHARED)\n"
      "map = mmap(gmem, 0, 4p)\n";
  whole += text;
  return whole;
}

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TESTS_SCENARIO_PARSING_H_
