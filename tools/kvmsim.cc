// kvmsim: a KVM that fits in a process, asked from the command line.
#include <sys/resource.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_format.h"
#include "kvm_model/revision.h"
#include "tools/cli/bench_command.h"
#include "tools/cli/caps_command.h"
#include "tools/cli/check_command.h"
#include "tools/cli/command_tree.h"
#include "tools/cli/completion.h"
#include "tools/cli/conform_command.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/explain_command.h"
#include "tools/cli/help_command.h"
#include "tools/cli/lockstep_command.h"
#include "tools/cli/map_command.h"
#include "tools/cli/overview.h"
#include "tools/cli/quiz_command.h"
#include "tools/cli/revisions_command.h"
#include "tools/cli/rules_command.h"
#include "tools/cli/run_command.h"
#include "tools/cli/serve_command.h"
#include "tools/cli/trace_command.h"
#include "tools/cli/usage_message.h"

namespace kvm_model::cli {
namespace {

constexpr std::string_view kVersion = "0.1.0";
// Of the fields that --format json prints: raised when one changes its meaning or goes.
constexpr int kJsonVersion = 1;

std::string VersionText() {
  std::string text = absl::StrFormat("kvmsim %s\nrevisions:", kVersion);
  for (const Revision& revision : Revisions()) text += absl::StrFormat(" %s", revision.name);
  return text + absl::StrFormat("\nJSON version: %d", kJsonVersion);
}

// A program that was built beside the command's folder, or installed with it; empty where it isn't
// there.
std::string FindBuilt(std::string_view path) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return {};
  const std::filesystem::path beside = self.parent_path().parent_path();
  for (const auto& program : {beside / path, beside / "libexec/kvm_model" / path}) {
    if (std::filesystem::exists(program, error)) return program.string();
  }
  return {};
}

// Each guest_memfd that anything was written to holds a file of this program's: let there be as
// many as the machine allows. (Calls on the machine's own /dev/kvm are made in a process that keeps
// to the usual limit.)
void RaiseDescriptorLimit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int Main(int argc, char** argv) {
  if (argc > 1 && argv[1] == kBenchCommand) {
    return BecomeBenchDriver(FindBuilt("bench/driver/driver"), {argv + 2, argv + argc}, std::cerr);
  }
  RaiseDescriptorLimit();
  CLI::App app("A KVM that fits in a process: what would a kernel answer, and why.", "kvmsim");
  app.footer(
      "Without a command: the main job, on one screen.\n"
      "Exit codes: 0 all as expected; 1 something answered otherwise; 2 usage, or a file\n"
      "that can't be read or parsed; 3 a benchmark became slower; 4 everything was skipped;\n"
      "130 interrupted.");
  app.set_version_flag("--version", VersionText(), "The version, the revisions, the JSON version.");
  std::function<int()> run = [] {
    return PrintOverview(FindBuilt("bench/suite/own_suite"), std::cout);
  };
  app.failure_message(UsageMessage);
  // Behind a command, another's name is an argument as any word.
  app.require_subcommand(0, 1);
  AddCapsCommand(app, std::cout, std::cerr, run);
  AddRunCommand(app, std::cout, std::cerr, run);
  AddConformCommand(app, std::cout, std::cerr, run);
  AddTraceCommand(app, std::cout, std::cerr, run);
  AddMapCommand(app, std::cout, std::cerr, run);
  AddServeCommand(app, FindBuilt("tools/serve/server"), std::cerr, run);
  AddCheckCommand(app, std::cout, std::cerr, run);
  AddRevisionsCommand(app, std::cout, std::cerr, run);
  AddExplainCommand(app, std::cout, std::cerr, run);
  AddQuizCommand(app, std::cout, run);
  AddRulesCommand(app, std::cout, std::cerr, run);
  AddLockstepCommand(app, std::cout, std::cerr, run);
  AddBenchCommand(app);
  AddCompletionCommand(app, std::cout, run);
  AddHelpCommand(app, kVersion, std::cout, std::cerr, run);
  if (argc > 1 && argv[1] == kCompleteWord) {
    const std::vector<std::string> words(argv + 2, argv + argc);
    std::cout << ToText(Complete(ReadCommand(app), words));
    return kAllAsExpected;
  }
  if (const std::optional<std::string> problem = UnknownCommand(app, {argv + 1, argv + argc})) {
    std::cerr << "kvmsim: " << *problem << "\n";
    return kUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, std::cout, std::cerr) == 0 ? kAllAsExpected : kUsage;
  }
  const int exit_code = run();
  if (std::cout.flush()) return exit_code;
  std::cerr << "kvmsim: not all of the output could be written\n";
  return kUsage;
}

}  // namespace
}  // namespace kvm_model::cli

int main(int argc, char** argv) try {
  return kvm_model::cli::Main(argc, argv);
} catch (const std::bad_alloc&) {
  std::fputs("kvmsim: no memory is left\n", stderr);
  return kvm_model::cli::kUsage;
}
