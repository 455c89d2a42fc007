#include "bench/suite/suite.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <numeric>
#include <optional>
#include <ostream>
#include <random>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "benchmark/benchmark.h"

namespace kvm_model::bench {
namespace {

using Result = benchmark::BenchmarkReporter::Run;

// Keeps what Google Benchmark measured, to be written when all is done.
class Collector : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Result>& results) override {
    results_.insert(results_.end(), results.begin(), results.end());
  }
  std::vector<Result> Take() { return std::exchange(results_, {}); }

 private:
  std::vector<Result> results_;
};

std::string NameOf(std::string_view case_name, std::string_view subject) {
  return absl::StrFormat("%s/%s", case_name, subject);
}

class Filter {
 public:
  explicit Filter(const std::string& filter) : regex_(filter) {}
  bool Passes(const std::string& name) const { return std::regex_search(name, regex_); }

 private:
  std::regex regex_;
};

// Nanoseconds an operation; nothing where no operations were counted.
std::optional<double> TimeOf(const Result& result) {
  const auto rate = result.counters.find("items_per_second");
  if (result.error_occurred || rate == result.counters.end()) return std::nullopt;
  return 1e9 / rate->second.value;
}

std::string ToText(const Result& result) {
  if (result.error_occurred) return "ERROR: " + result.error_message;
  std::string text;
  if (const auto time = TimeOf(result)) text = absl::StrFormat("%.2f ns", *time);
  for (const auto& [name, counter] : result.counters) {
    if (name == "items_per_second") continue;
    text += absl::StrFormat("%s%s %.4g", text.empty() ? "" : ", ", name, counter.value);
  }
  return text;
}

// Says what was measured and how long the rest will take.
class Progress {
 public:
  Progress(std::ostream& out, std::size_t all) : out_(out), all_(all) {}

  void Done(const Result& result) {
    ++done_;
    const double passed = std::chrono::duration<double>(Clock::now() - began_).count();
    const auto left =
        static_cast<int>(passed * static_cast<double>(all_ - done_) / static_cast<double>(done_));
    out_ << absl::StrFormat("[%d/%d, about %d:%02d left] %s: %s\n", done_, all_, left / 60,
                            left % 60, result.run_name.function_name, ToText(result))
         << std::flush;
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::ostream& out_;
  const Clock::time_point began_ = Clock::now();
  const std::size_t all_;
  std::size_t done_ = 0;
};

Result Error(const std::string& name, const std::string& why) {
  Result result;
  result.run_name.function_name = name;
  result.iterations = 0;
  result.error_occurred = true;
  result.error_message = why;
  return result;
}

// One repetition.
Result Measure(const std::string& name, const Measurement& measurement, double min_time) {
  benchmark::ClearRegisteredBenchmarks();
  auto* const registered = benchmark::RegisterBenchmark(name.c_str(), measurement.run);
  if (measurement.sets_time) registered->UseManualTime();
  if (measurement.iterations > 0) {
    registered->Iterations(measurement.iterations);
  } else {
    registered->MinTime(min_time);
  }
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector, nullptr, "all");
  std::vector<Result> results = collector.Take();
  if (results.empty()) return Error(name, "nothing was measured");
  Result result = results.front();
  // Without what was registered: "/manual_time".
  result.run_name = {};
  result.run_name.function_name = name;
  return result;
}

struct Ready {
  std::string name;
  std::optional<Measurement> measurement;
  std::string wrong;
};

// Every repetition in an order of its own; the results are sorted by subject.
std::vector<Result> MeasureAll(const std::vector<Ready>& subjects, const SuiteOptions& options,
                               std::mt19937_64& random, Progress& progress) {
  const auto repetitions = static_cast<std::size_t>(options.repetitions);
  std::vector<Result> results(subjects.size() * repetitions);
  std::vector<std::size_t> order(subjects.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t repetition = 0; repetition < repetitions; ++repetition) {
    std::ranges::shuffle(order, random);
    for (const std::size_t i : order) {
      const Ready& subject = subjects[i];
      Result result = subject.measurement
                          ? Measure(subject.name, *subject.measurement, options.min_time)
                          : Error(subject.name, subject.wrong);
      result.repetitions = options.repetitions;
      result.repetition_index = static_cast<std::int64_t>(repetition);
      progress.Done(result);
      results[i * repetitions + repetition] = std::move(result);
    }
  }
  return results;
}

void WriteTable(const std::vector<Result>& results, std::size_t repetitions, std::ostream& table) {
  for (std::size_t i = 0; i < results.size(); i += repetitions) {
    std::vector<Result> same(results.begin() + static_cast<std::ptrdiff_t>(i),
                             results.begin() + static_cast<std::ptrdiff_t>(i + repetitions));
    std::ranges::sort(same, {}, [](const Result& result) { return TimeOf(result); });
    const Result& median = same[repetitions / 2];
    table << absl::StrFormat("%-48s %s\n", median.run_name.function_name, ToText(median));
  }
  table << std::flush;
}

void WriteJson(const std::vector<Result>& results, std::ostream& json) {
  benchmark::JSONReporter reporter;
  reporter.SetOutputStream(&json);
  reporter.ReportContext(benchmark::BenchmarkReporter::Context());
  reporter.ReportRuns(results);
  reporter.Finalize();
}

}  // namespace

void Suite::Add(std::string_view case_name, std::string_view subject, MakeMeasurement make) {
  auto found = std::ranges::find(cases_, case_name, &Case::name);
  if (found == cases_.end()) {
    found = cases_.insert(cases_.end(), {std::string(case_name), {}});
  }
  found->subjects.push_back({std::string(subject), std::move(make)});
}

std::vector<std::string> Suite::Names(const std::string& filter) const {
  const Filter passes(filter);
  std::vector<std::string> names;
  for (const Case& one : cases_) {
    for (const Subject& subject : one.subjects) {
      std::string name = NameOf(one.name, subject.name);
      if (passes.Passes(name)) names.push_back(std::move(name));
    }
  }
  return names;
}

bool Suite::Run(const SuiteOptions& options, std::ostream& json, std::ostream& progress_to,
                std::ostream& table) {
  const Filter filter(options.filter);
  const auto repetitions = static_cast<std::size_t>(options.repetitions);
  Progress progress(progress_to, Names(options.filter).size() * repetitions);
  std::mt19937_64 random(options.seed);
  std::vector<Result> all;
  for (Case& added : cases_) {
    // What they hold ends with the case.
    std::vector<Subject> subjects;
    std::erase_if(added.subjects, [&](Subject& subject) {
      if (!filter.Passes(NameOf(added.name, subject.name))) return false;
      subjects.push_back(std::move(subject));
      return true;
    });
    if (subjects.empty()) continue;
    std::vector<Ready> ready;
    for (const Subject& subject : subjects) {
      std::string name = NameOf(added.name, subject.name);
      std::expected<Measurement, std::string> made = subject.make();
      if (made) {
        ready.push_back({std::move(name), *std::move(made), ""});
      } else {
        ready.push_back({std::move(name), std::nullopt, made.error()});
      }
    }
    const std::vector<Result> results = MeasureAll(ready, options, random, progress);
    WriteTable(results, repetitions, table);
    all.insert(all.end(), results.begin(), results.end());
  }
  std::erase_if(cases_, [](const Case& one) { return one.subjects.empty(); });
  benchmark::ClearRegisteredBenchmarks();
  WriteJson(all, json);
  return std::ranges::none_of(all, &Result::error_occurred);
}

}  // namespace kvm_model::bench
