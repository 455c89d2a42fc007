#include "tools/cli/conform_command.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/revision.h"
#include "tools/backends/machine.h"
#include "tools/cli/baseline.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/conform_merge_command.h"
#include "tools/cli/conform_output.h"
#include "tools/cli/conform_report.h"
#include "tools/cli/conform_target.h"
#include "tools/cli/conformance.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/input_file.h"
#include "tools/cli/options.h"
#include "tools/cli/rule_suite.h"
#include "tools/cli/suite_options.h"
#include "tools/rules/catalogue.h"

namespace kvm_model::cli {
namespace {

struct ConformOptions {
  std::string backend = "model";
  ReportOutput output;
  std::string filter;
  std::string against;
  std::string baseline;
  std::string write_baseline;
  std::uint64_t seed = 1;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
};

// Set by SIGINT.
std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

// While it lives, SIGINT sets `interrupted`; a second one ends the program.
class Interruptible {
 public:
  Interruptible() {
    interrupted = false;
    struct sigaction action = {};
    action.sa_handler = [](int) { interrupted = true; };
    action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
    sigaction(SIGINT, &action, &before_);
    // Who started the program so, wants it to go on.
    if (before_.sa_handler == SIG_IGN) sigaction(SIGINT, &before_, nullptr);
  }
  ~Interruptible() { sigaction(SIGINT, &before_, nullptr); }
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

 private:
  struct sigaction before_ = {};
};

// A line on the terminal that is written over as the run goes on.
class ProgressLine {
 public:
  explicit ProgressLine(std::ostream& err) : err_(err), terminal_(isatty(STDERR_FILENO) == 1) {}
  ~ProgressLine() {
    if (terminal_) err_ << "\r\033[K" << std::flush;
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void Show(std::size_t done, std::size_t all, std::size_t failed) {
    if (!terminal_ || (done % 16 != 0 && done != all)) return;
    err_ << absl::StrFormat("\r\033[K%d of %d scenarios, %d failed", done, all, failed)
         << std::flush;
  }

 private:
  std::ostream& err_;
  const bool terminal_;
};

std::vector<std::size_t> Chosen(const RuleSuite& suite, const std::string& filter) {
  std::set<std::size_t> chosen;
  const std::regex wanted(filter);
  for (const rules::Rule& rule : suite.catalogue.rules) {
    const std::string& area = suite.catalogue.areas[rule.area].title;
    const bool whole = std::regex_search(rule.id, wanted) || std::regex_search(area, wanted);
    for (const std::size_t index : rule.scenarios) {
      if (whole || std::regex_search(suite.scenarios[index].file, wanted)) chosen.insert(index);
    }
  }
  return {chosen.begin(), chosen.end()};
}

std::expected<std::vector<BaselineEntry>, std::vector<std::string>> ReadBaseline(
    const std::string& path) {
  if (path.empty()) return {};
  const std::optional<std::string> text = ReadInputFile(path);
  if (!text.has_value()) return std::unexpected(std::vector{path + ": can't be read"});
  return ParseBaseline(path, *text);
}

std::string Title(const ConformOptions& options) {
  if (!options.against.empty()) {
    ConformOptions others = options;
    others.against.clear();
    return absl::StrFormat("with %s %s", options.against, Title(others));
  }
  const std::string model = absl::StrFormat("the model (seed %d)", options.seed);
  if (options.backend == "model") return "on " + model;
  constexpr std::string_view kMachine = "this machine's /dev/kvm";
  if (options.backend == "native") return absl::StrFormat("on %s", kMachine);
  return absl::StrFormat("on %s and on %s", model, kMachine);
}

std::set<std::string> FilesOf(const RuleSuite& suite) {
  std::set<std::string> files;
  for (const scenario::Scenario& one : suite.scenarios) files.insert(one.file);
  return files;
}

ConformanceRun RunChosen(const RuleSuite& suite, const std::vector<std::size_t>& chosen,
                         const ConformOptions& options, std::ostream& err) {
  const Interruptible interruptible;
  ProgressLine line(err);
  ConformanceOptions how{options.backend != "native", options.backend != "model", options.seed,
                         options.jobs};
  if (how.native) {
    how.machine = scenario::ProbeMachine();
    how.machine.taken_for = options.against;
    how.machine_skips = ForOtherHosts(how.machine, suite.scenarios, chosen);
  }
  return RunConformance(suite.scenarios, chosen, how, interrupted,
                        [&line](std::size_t done, std::size_t all, std::size_t failed) {
                          line.Show(done, all, failed);
                        });
}

int Conform(const ConformOptions& options, std::ostream& out, std::ostream& err) {
  auto suite = LoadRuleSuite();
  if (!suite) return FailUsage(suite.error(), err);
  const auto baseline = ReadBaseline(options.baseline);
  if (!baseline) return FailUsage(baseline.error(), err);
  std::vector<std::size_t> chosen = Chosen(*suite, options.filter);
  if (chosen.empty()) return FailUsage("--filter leaves no scenario", err);
  if (!options.against.empty()) {
    MoveToRevision(*FindRevision(options.against), suite->scenarios, chosen);
    if (chosen.empty()) {
      return FailUsage(absl::StrFormat("none of these scenarios holds on %s", options.against),
                       err);
    }
  }
  ConformanceRun run = RunChosen(*suite, chosen, options, err);
  std::vector<StaleEntry> stale = ApplyBaseline(*baseline, FilesOf(*suite), run);
  const ConformReport report = MakeConformReport(*suite, run, std::move(stale), Title(options));
  if (const auto done = WriteReport(*suite, report, options.output, out); !done) {
    return FailUsage(done.error(), err);
  }
  if (report.not_run != 0) return kInterrupted;
  if (options.write_baseline.empty()) return ExitCodeOf(report);
  const auto known = [&](std::ostream& to) { to << WriteBaseline(run, *baseline); };
  if (const auto done = WriteTo(options.write_baseline, out, known); !done) {
    return FailUsage(done.error(), err);
  }
  return ExitCodeOf(report);
}

}  // namespace

void AddConformCommand(CLI::App& app, std::ostream& out, std::ostream& err,
                       std::function<int()>& run) {
  CLI::App& command =
      AddCommand(app, "conform", "The whole conformance suite as one report, by rule.");
  const auto options = std::make_shared<ConformOptions>();
  AddBackendOption(command, options->backend);
  AddReportOptions(command, options->output);
  AddFilterOption(command, options->filter, "Only scenarios whose rule, area or file");
  std::vector<std::string> revisions;
  for (const Revision& revision : Revisions()) revisions.emplace_back(revision.name);
  AddOption(command, "--against", options->against,
            "Each scenario that holds on this revision, on the revision's host, whatever "
            "the machine's kernel calls itself.")
      .ValueName("REV")
      .OneOf(revisions);
  AddOption(command, "--baseline", options->baseline,
            "A file of known differences, which don't count as failures.")
      .ValueName("FILE");
  AddOption(command, "--write-baseline", options->write_baseline,
            "The file for this run's failures, as known differences.")
      .ValueName("FILE");
  AddOption(command, "--jobs", options->jobs, "Threads that run the model.")
      .ValueName("N")
      .Between(1U, 256U);
  AddSeedOption(command, options->seed);
  AddConformMergeCommand(command, out, err, run);
  SetAction(command, run, [options, &out, &err] { return Conform(*options, out, err); });
}

}  // namespace kvm_model::cli
