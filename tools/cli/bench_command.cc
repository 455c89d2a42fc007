#include "tools/cli/bench_command.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ostream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "tools/cli/exit_code.h"

namespace kvm_model::cli {

void AddBenchCommand(CLI::App& app) {
  app.add_subcommand(std::string(kBenchCommand),
                     "Measures the model beside its peers; compares runs and revisions.");
}

int BecomeBenchDriver(const std::string& driver, const std::vector<std::string>& arguments,
                      std::ostream& err) {
  if (driver.empty()) {
    err << "kvmsim bench: its driver is not where it was built, beside kvmsim's folder\n"
           "Build both in a clone: bazel build //tools:kvmsim //bench/driver\n";
    return kUsage;
  }
  std::vector<std::string> words = {driver};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(driver.c_str(), argv.data());
  err << "kvmsim bench: " << driver << ": " << std::strerror(errno) << "\n";
  return kUsage;
}

}  // namespace kvm_model::cli
