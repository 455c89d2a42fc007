#include "tests/cli/command_line.h"

#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>

#include "CLI/CLI.hpp"
#include "nlohmann/json.hpp"
#include "tools/cli/caps_command.h"
#include "tools/cli/check_command.h"
#include "tools/cli/conform_command.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/explain_command.h"
#include "tools/cli/lockstep_command.h"
#include "tools/cli/map_command.h"
#include "tools/cli/quiz_command.h"
#include "tools/cli/revisions_command.h"
#include "tools/cli/rules_command.h"
#include "tools/cli/run_command.h"
#include "tools/cli/trace_command.h"
#include "tools/cli/usage_message.h"

namespace kvm_model::cli {

namespace {

using AddCommand = void(CLI::App&, std::ostream&, std::ostream&, std::function<int()>&);

Outcome RunCommand(AddCommand* add, std::string_view name, std::string_view arguments) {
  std::ostringstream out;
  std::ostringstream err;
  CLI::App app("A test.", "kvmsim");
  std::function<int()> run = [] { return -1; };
  app.failure_message(UsageMessage);
  add(app, out, err, run);
  Outcome outcome;
  try {
    app.parse(std::string(name) + " " + std::string(arguments));
    outcome.exit_code = run();
  } catch (const CLI::ParseError& error) {
    outcome.exit_code = app.exit(error, out, err) == 0 ? kAllAsExpected : kUsage;
  }
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

}  // namespace

Outcome RunCaps(std::string_view arguments) {
  return RunCommand(AddCapsCommand, "caps", arguments);
}

Outcome RunCheck(std::string_view arguments) {
  return RunCommand(AddCheckCommand, "check", arguments);
}

Outcome RunConform(std::string_view arguments) {
  return RunCommand(AddConformCommand, "conform", arguments);
}

Outcome RunExplain(std::string_view arguments) {
  return RunCommand(AddExplainCommand, "explain", arguments);
}

Outcome RunMap(std::string_view arguments) { return RunCommand(AddMapCommand, "map", arguments); }

Outcome RunRun(std::string_view arguments) { return RunCommand(AddRunCommand, "run", arguments); }

Outcome RunTrace(std::string_view arguments) {
  return RunCommand(AddTraceCommand, "trace", arguments);
}

Outcome RunQuiz(std::string_view arguments) {
  return RunCommand([](CLI::App& app, std::ostream& out, std::ostream&,
                       std::function<int()>& run) { AddQuizCommand(app, out, run); },
                    "quiz", arguments);
}

Outcome RunRevisions(std::string_view arguments) {
  return RunCommand(AddRevisionsCommand, "revisions", arguments);
}

Outcome RunRules(std::string_view arguments) {
  return RunCommand(AddRulesCommand, "rules", arguments);
}

Outcome RunLockstep(std::string_view arguments) {
  return RunCommand(AddLockstepCommand, "lockstep", arguments);
}

nlohmann::json CapsJson(std::string_view arguments) {
  const Outcome outcome = RunCaps(std::string(arguments) + " --format json");
  EXPECT_EQ(outcome.exit_code, kAllAsExpected) << arguments << "\n" << outcome.err;
  const nlohmann::json json = nlohmann::json::parse(outcome.out, nullptr, false);
  EXPECT_FALSE(json.is_discarded()) << arguments << "\n" << outcome.out;
  return json.is_discarded() ? nlohmann::json() : json;
}

}  // namespace kvm_model::cli
