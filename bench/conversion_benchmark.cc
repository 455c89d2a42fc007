// conversion_benchmark: how fast the model converts memory, beside other stores of attributes.
//
//   conversion_benchmark [--benchmark_filter=REGEX ...]   Google Benchmark's own flags and output
//   conversion_benchmark --short_report                   a dozen families, a few seconds: ratios
//   conversion_benchmark --ratios=FILE                    the ratios of a run kept as JSON
//
// Exit codes: 0; 1: a benchmark reported an error, or FILE is no run; 2: wrong arguments.
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/families.h"
#include "bench/report.h"
#include "bench/workload.h"
#include "benchmark/benchmark.h"

namespace kvm_model::bench {
namespace {

constexpr std::string_view kRatiosFlag = "--ratios=";

// benchmark::Initialize() with these arguments. It keeps pointers into them while benchmarks run.
void Initialize(std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  int count = static_cast<int>(pointers.size());
  benchmark::Initialize(&count, pointers.data());
}

int PrintRatios(std::string_view json) {
  const auto table = RatioTable(json);
  if (!table) {
    std::cerr << table.error() << '\n';
    return 1;
  }
  std::cout << *table;
  return 0;
}

int PrintRatiosOf(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    std::cerr << path << ": can't be read\n";
    return 1;
  }
  std::ostringstream text;
  text << file.rdbuf();
  return PrintRatios(text.str());
}

int RunShort() {
  std::vector<std::string> arguments = {"conversion_benchmark", "--benchmark_min_time=0.01"};
  Initialize(arguments);
  std::ostringstream json;
  benchmark::JSONReporter reporter;
  reporter.SetOutputStream(&json);
  benchmark::RunSpecifiedBenchmarks(&reporter, std::string(ShortFilter()));
  return PrintRatios(json.str());
}

int RunAll(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::AddCustomContext("seed", absl::StrFormat("%d", kSeed));
  benchmark::AddCustomContext("guest_memfd", absl::StrFormat("%d pages of 4 KiB", kFilePages));
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

int Main(int argc, char** argv) {
  RegisterFamilies();
  const std::string_view first = argc > 1 ? argv[1] : "";
  const bool is_short = first == "--short_report";
  if (!is_short && !first.starts_with(kRatiosFlag)) return RunAll(argc, argv);
  if (argc > 2) {
    std::cerr << first << " takes no other arguments\n";
    return 2;
  }
  return is_short ? RunShort() : PrintRatiosOf(std::string(first.substr(kRatiosFlag.size())));
}

}  // namespace
}  // namespace kvm_model::bench

int main(int argc, char** argv) { return kvm_model::bench::Main(argc, argv); }
