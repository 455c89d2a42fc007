#include "tools/cli/lockstep_command.h"

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "absl/strings/str_format.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/lockstep_report.h"
#include "tools/cli/options.h"
#include "tools/lockstep/campaign.h"
#include "tools/lockstep/kernel_lockstep.h"

namespace kvm_model::cli {
namespace {

using lockstep::CampaignResult;
using lockstep::CampaignState;
using Seconds = std::chrono::duration<double>;

struct LockstepOptions {
  std::uint64_t seed = 1;
  std::uint64_t steps = 0;
  std::uint64_t minutes = 0;
  std::string format = "text";
};

// Without --steps and --minutes: a few seconds.
constexpr std::uint64_t kUsualSteps = 20'000;

// A line on a terminal that is written over; elsewhere a new one each minute.
class Progress {
 public:
  Progress(const lockstep::CampaignOptions& options, std::ostream& err)
      : options_(options), err_(err), terminal_(isatty(STDERR_FILENO) == 1) {}
  ~Progress() {
    if (terminal_ && shown_) err_ << "\r\x1b[K" << std::flush;
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  bool Show(const CampaignState& state) {
    const Seconds pause(terminal_ ? 0.5 : 60);
    if (state.elapsed - last_ < pause) return true;
    last_ = state.elapsed;
    shown_ = true;
    const double rate = static_cast<double>(state.steps) / state.elapsed.count();
    err_ << (terminal_ ? "\r\x1b[K" : "")
         << absl::StrFormat("seed %d: %d steps in %d worlds, %.0f a second, %s left", options_.seed,
                            state.steps, state.worlds, rate, TimeLeft(state, rate))
         << (terminal_ ? "" : "\n") << std::flush;
    return true;
  }

 private:
  std::string TimeLeft(const CampaignState& state, double rate) const {
    Seconds left = options_.time - state.elapsed;
    if (options_.steps != 0) {
      const Seconds by_steps(static_cast<double>(options_.steps - state.steps) / rate);
      if (options_.time.count() == 0 || by_steps < left) left = by_steps;
    }
    return absl::StrFormat("%.0f s", left.count() > 0 ? left.count() : 0.0);
  }

  const lockstep::CampaignOptions& options_;
  std::ostream& err_;
  const bool terminal_;
  bool shown_ = false;
  Seconds last_{0};
};

int Run(const LockstepOptions& asked, std::ostream& out, std::ostream& err) {
  const auto kernel = lockstep::KernelLockstep::Create();
  if (!kernel) {
    err << "kvmsim lockstep: there is no kernel to compare with: " << kernel.error() << "\n";
    return kAllSkipped;
  }
  lockstep::CampaignOptions options;
  options.seed = asked.seed;
  options.steps = asked.steps == 0 && asked.minutes == 0 ? kUsualSteps : asked.steps;
  options.time = std::chrono::minutes(asked.minutes);
  Progress progress(options, err);
  const CampaignResult result =
      RunCampaign((*kernel)->world(), options,
                  [&progress](const CampaignState& state) { return progress.Show(state); });
  out << (asked.format == "json" ? CampaignJson(result, (*kernel)->host(), asked.seed)
                                 : CampaignText(result, (*kernel)->host(), asked.seed));
  const bool as_expected = !result.finding.has_value() && !result.broken_off.has_value();
  return as_expected ? kAllAsExpected : kSomethingDiffers;
}

}  // namespace

void AddLockstepCommand(CLI::App& app, std::ostream& out, std::ostream& err,
                        std::function<int()>& run) {
  CLI::App& command = AddCommand(
      app, "lockstep", "Random operations on the model and on the machine's /dev/kvm, compared.");
  const auto options = std::make_shared<LockstepOptions>();
  AddOption(command, "--seed", options->seed, "Where the operations come from.").ShowDefault();
  AddOption(command, "--steps", options->steps,
            "How many operations; without it and --minutes, 20000.");
  AddOption(command, "--minutes", options->minutes, "How long it may take.")
      .Between(std::uint64_t{0}, std::uint64_t{1'000'000});
  AddOption(command, "--format", options->format, "How it is printed.")
      .OneOf({"text", "json"})
      .ShowDefault();
  SetFooter(command,
            "A difference is made short and told as a scenario file, which\n"
            "`kvmsim run --backend both` runs again.");
  SetAction(command, run, [options, &out, &err] { return Run(*options, out, err); });
}

}  // namespace kvm_model::cli
