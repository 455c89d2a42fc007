#include "bench/suite/command.h"

#include <gnu/libc-version.h>

#include <exception>
#include <fstream>
#include <iostream>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_format.h"
#include "bench/suite/suite.h"
#include "benchmark/benchmark.h"

namespace kvm_model::bench {
namespace {

constexpr int kAllRight = 0;
constexpr int kSubjectIsWrong = 1;
constexpr int kUsage = 2;

// As the machine's kernel names it.
std::string ProcessorName() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (!line.starts_with("model name")) continue;
    const auto colon = line.find(": ");
    if (colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

void DescribeRun(const SuiteOptions& options, const std::string& missing_peers) {
  benchmark::AddCustomContext("seed", absl::StrFormat("%d", options.seed));
  benchmark::AddCustomContext("repetitions", absl::StrFormat("%d", options.repetitions));
  benchmark::AddCustomContext("min_time", absl::StrFormat("%g", options.min_time));
#ifdef __clang__
  benchmark::AddCustomContext("compiler", __VERSION__);
#else
  benchmark::AddCustomContext("compiler", "g++ " __VERSION__);
#endif
  benchmark::AddCustomContext("libc", absl::StrFormat("glibc %s", gnu_get_libc_version()));
  benchmark::AddCustomContext("cpu", ProcessorName());
  benchmark::AddCustomContext("missing_peers", missing_peers);
}

int RunSuite(Suite& suite, const SuiteOptions& options, const std::string& out, bool quiet,
             const std::string& missing_peers) {
  if (suite.Names(options.filter).empty()) {
    std::cerr << "--filter=" << options.filter << ": there is no such benchmark\n";
    return kUsage;
  }
  std::ofstream json(out.empty() ? "/dev/null" : out);
  if (!json) {
    std::cerr << out << ": can't be written\n";
    return kUsage;
  }
  std::ofstream nowhere;
  std::ostream& progress = quiet ? nowhere : std::cerr;
  progress << missing_peers;
  DescribeRun(options, missing_peers);
  const bool all_right = suite.Run(options, json, progress, std::cout);
  json.close();
  if (!json) {
    std::cerr << out << ": not all of it could be written\n";
    return kUsage;
  }
  return all_right ? kAllRight : kSubjectIsWrong;
}

}  // namespace

int RunCommand(int argc, char** argv, Suite& suite, const std::string& missing_peers) {
  SuiteOptions options;
  std::string out;
  bool list = false;
  bool quiet = false;
  CLI::App app("Measures the stores of attributes, and what is built on them.");
  app.add_flag("--list", list, "Print the names of the benchmarks, and run none");
  app.add_flag("--quiet", quiet, "No progress on stderr");
  app.add_option("--filter", options.filter, "Only those whose name this regular expression finds");
  app.add_option("--repetitions", options.repetitions, "Of each")->check(CLI::Range(1, 1000));
  app.add_option("--min-time", options.min_time, "Of each repetition, in seconds")
      ->check(CLI::Range(1e-6, 60.0));
  app.add_option("--seed", options.seed, "Of the order in which they are run");
  app.add_option("--out", out, "The file for Google Benchmark's JSON");
  try {
    app.parse(argc, argv);
    if (!list) return RunSuite(suite, options, out, quiet, missing_peers);
    for (const std::string& name : suite.Names(options.filter)) std::cout << name << "\n";
    return kAllRight;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kAllRight : kUsage;
  } catch (const std::regex_error& error) {
    std::cerr << "--filter=" << options.filter << ": " << error.what() << "\n";
    return kUsage;
  }
}

}  // namespace kvm_model::bench
