// A run of the suite on the model, by one thread and by several.
#include "tools/cli/conformance.h"

#include <atomic>
#include <cstddef>
#include <numeric>
#include <vector>

#include "gtest/gtest.h"
#include "tools/cli/rule_suite.h"
#include "tools/scenario/runner.h"

namespace kvm_model::cli {
namespace {

using Outcome = scenario::Verdict::Outcome;

const RuleSuite& Suite() {
  static const auto* const kSuite = new RuleSuite(LoadRuleSuite().value());
  return *kSuite;
}

std::vector<std::size_t> First(std::size_t count) {
  std::vector<std::size_t> chosen(count);
  std::iota(chosen.begin(), chosen.end(), std::size_t{0});
  return chosen;
}

ConformanceOptions OnModel(unsigned jobs) {
  ConformanceOptions options;
  options.jobs = jobs;
  return options;
}

TEST(ConformanceTest, ManyThreadsGiveTheResultsInTheSuitesOrder) {
  const std::atomic<bool> stop = false;
  const std::vector<std::size_t> chosen = First(400);
  std::size_t calls = 0;
  std::size_t last = 0;
  const ConformanceRun run =
      RunConformance(Suite().scenarios, chosen, OnModel(8), stop,
                     [&](std::size_t done, std::size_t all, std::size_t failed) {
                       ++calls;
                       EXPECT_EQ(done, last + 1);
                       EXPECT_EQ(all, 400U);
                       EXPECT_EQ(failed, 0U);
                       last = done;
                     });
  EXPECT_EQ(calls, 400U);
  EXPECT_EQ(run.not_run, 0U);
  ASSERT_EQ(run.results.size(), 400U);
  for (std::size_t i = 0; i < run.results.size(); ++i) {
    EXPECT_EQ(run.results[i].scenario, i);
    EXPECT_EQ(run.results[i].result.file, Suite().scenarios[i].file);
    EXPECT_EQ(run.results[i].result.verdict.outcome, Outcome::kPass);
  }
}

TEST(ConformanceTest, StoppedItTellsWhatWasDone) {
  std::atomic<bool> stop = false;
  const ConformanceRun run = RunConformance(
      Suite().scenarios, First(400), OnModel(4), stop,
      [&stop](std::size_t done, std::size_t, std::size_t) { stop = stop || done == 10; });
  EXPECT_GE(run.results.size(), 10U);
  EXPECT_LE(run.results.size(), 13U) << "those under way are ended";
  EXPECT_EQ(run.results.size() + run.not_run, 400U);
}

TEST(ConformanceTest, StoppedBeforeItBeginsNothingIsRun) {
  const std::atomic<bool> stop = true;
  const ConformanceRun run = RunConformance(Suite().scenarios, First(5), OnModel(1), stop,
                                            [](std::size_t, std::size_t, std::size_t) {});
  EXPECT_TRUE(run.results.empty());
  EXPECT_EQ(run.not_run, 5U);
}

}  // namespace
}  // namespace kvm_model::cli
