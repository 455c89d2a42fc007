#include "tools/cli/bench_command.h"

#include <cstdlib>
#include <initializer_list>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/become_program.h"
#include "tools/cli/options.h"

namespace kvm_model::cli {
namespace {

// An option or an argument of the driver's; `value` stands for what it takes, and is empty for a
// flag.
struct Told {
  const char* name;
  const char* value;
  const char* description;
};

void Tell(CLI::App& command, std::initializer_list<Told> all) {
  for (const Told& told : all) TellOption(command, told.name, told.value, told.description);
}

constexpr Told kFilter = {"--filter", "RE",
                          "only benchmarks whose name this regular expression finds"};
constexpr Told kMinTime = {"--min-time", "S", "seconds, of each repetition"};
constexpr Told kSeed = {"--seed", "N", "of the order of the runs"};
constexpr Told kThreshold = {"--threshold", "PART",
                             "growth of a median that matters; 0.05 without it"};
constexpr Told kAlpha = {"--alpha", "P", "probability of a false alarm; 0.01 without it"};

}  // namespace

void AddBenchCommand(CLI::App& app) {
  CLI::App& bench = AddCommand(app, std::string(kBenchCommand),
                               "Measures the model beside its peers; compares runs and revisions.");
  Tell(bench, {kFilter,
               {"--repetitions", "N", "how often each is measured"},
               kMinTime,
               kSeed,
               {"--quick", "", "the model and the baseline, in about a minute"},
               {"--out", "DIR", "where the results are written; bench-results without it"},
               {"--history", "FILE", "adds the run to this file, a line a run"},
               {"--baseline", "SUBJECT",
                "the peer whose ratio to the model is told; without it maple_rcu or std_map"},
               {"--suite", "PATH", "the suite's program, if another"}});
  CLI::App& compare = AddCommand(bench, "compare", "Compares two runs: what became slower.");
  Tell(compare, {{"A.json", "A.json", ""}, {"B.json", "B.json", ""}, kFilter, kThreshold, kAlpha});
  CLI::App& ab = AddCommand(bench, "ab", "Compares two revisions, built and measured in turn.");
  Tell(ab, {{"REV1", "REV1", ""},
            {"REV2", "REV2", ""},
            {"--rounds", "N",
             "how often each is measured; without it as often as --alpha needs, at least 10 times"},
            {"--filter", "RE", "which benchmarks; the project's own without it"},
            kMinTime,
            kSeed,
            kThreshold,
            kAlpha,
            {"--workspace", "DIR", "the clone; the current one without it"},
            {"--out", "DIR", "keeps the measurements there: a.json, b.json"}});
  CLI::App& trends = AddCommand(bench, "trends", "Writes a page of many runs.");
  Tell(trends, {{"HISTORY", "HISTORY", ""},
                {"--out", "FILE.html", "bench-results/trends.html without it"}});
}

int BecomeBenchDriver(const std::string& driver, const std::vector<std::string>& arguments,
                      std::ostream& err) {
  // What was installed is left as it is.
  setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
  return BecomeProgram({kBenchCommand, "driver", "//bench/driver"}, driver, arguments, err);
}

}  // namespace kvm_model::cli
