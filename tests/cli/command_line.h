// Runs commands of kvmsim in this process.
#ifndef KVM_MODEL_TESTS_CLI_COMMAND_LINE_H_
#define KVM_MODEL_TESTS_CLI_COMMAND_LINE_H_

#include <string>
#include <string_view>

#include "nlohmann/json.hpp"

namespace kvm_model::cli {

struct Outcome {
  int exit_code = 0;
  std::string out;
  std::string err;
};

// What the command does with the arguments, which are separated by blanks: "get 129 --scope
// system". A command line that is refused gives the parser's message and exit code 2.
Outcome RunCaps(std::string_view arguments);
Outcome RunCheck(std::string_view arguments);
Outcome RunConform(std::string_view arguments);
Outcome RunExplain(std::string_view arguments);
Outcome RunLockstep(std::string_view arguments);
Outcome RunMap(std::string_view arguments);
Outcome RunQuiz(std::string_view arguments);
Outcome RunRevisions(std::string_view arguments);
Outcome RunRules(std::string_view arguments);
Outcome RunRun(std::string_view arguments);
Outcome RunTrace(std::string_view arguments);

// `caps` with --format json: what is printed, parsed. A test failure, and null, where the command
// fails or prints anything but JSON.
nlohmann::json CapsJson(std::string_view arguments);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TESTS_CLI_COMMAND_LINE_H_
