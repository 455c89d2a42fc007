// Suite: the cases of a benchmark, each with the subjects that are compared on it, and how they are
// run: interleaved at random, repeated, from a seed.
//
// A result's name is `<case>/<subject>`, a case's `<family>/<what>`: "W5/1e6/maple_rcu".
//
// One case after the other is measured. Its subjects are all made ready first, each is checked, and
// then each repetition goes through them in an order of its own; so what disturbs the machine for a
// while disturbs them alike, and a repetition is not followed by the same subject's next. When the
// case is done, its subjects and what they share are given up.
//
// Google Benchmark finds out how many iterations a measurement needs, counts the thread's CPU time
// unless the measurement says otherwise, and writes the results.
#ifndef KVM_MODEL_BENCH_SUITE_SUITE_H_
#define KVM_MODEL_BENCH_SUITE_SUITE_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "benchmark/benchmark.h"

namespace kvm_model::bench {

// What is timed of a subject that is ready. It holds the subject.
struct Measurement {
  // Runs the iterations of the state: called once a repetition, and before it some times for fewer
  // iterations.
  std::function<void(benchmark::State&)> run = {};
  // It sets the iterations' times itself.
  bool sets_time = false;
  // How many iterations a repetition has; 0: as many as the time asks for.
  std::int64_t iterations = 0;
};

// Makes a subject and checks it; what is wrong with it, if anything is.
using MakeMeasurement = std::function<std::expected<Measurement, std::string>()>;

struct SuiteOptions {
  std::string filter = "";  // a regular expression (ECMAScript) that is found in a name; empty: all
  int repetitions = 10;
  double min_time = 0.05;  // seconds, of each repetition
  std::uint64_t seed = 4242;
};

class Suite {
 public:
  // Cases are run in the order in which they were first named.
  void Add(std::string_view case_name, std::string_view subject, MakeMeasurement make);

  // The names of the results that the filter lets through. Throws std::regex_error.
  std::vector<std::string> Names(const std::string& filter) const;

  // Measures, gives up the subjects that were run, and writes Google Benchmark's JSON to `json`,
  // progress to `progress` and a line for each result to `table`. Whether every subject was right:
  // one that isn't is named in `progress` and has an error in place of its results.
  bool Run(const SuiteOptions& options, std::ostream& json, std::ostream& progress,
           std::ostream& table);

 private:
  struct Subject {
    std::string name;
    MakeMeasurement make;
  };
  struct Case {
    std::string name;
    std::vector<Subject> subjects;
  };

  std::vector<Case> cases_;
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_SUITE_SUITE_H_
