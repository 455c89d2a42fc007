// kvmsim bench: the suite of benchmarks, run and compared by a driver of its own.
#ifndef KVM_MODEL_TOOLS_CLI_BENCH_COMMAND_H_
#define KVM_MODEL_TOOLS_CLI_BENCH_COMMAND_H_

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/cli11.h"

namespace kvm_model::cli {

inline constexpr std::string_view kBenchCommand = "bench";

// Adds the command to the list that `app` prints, with the driver's commands and options, which are
// told and not parsed: a test holds them to what the driver takes. `app` is not to parse its
// arguments, which are the driver's, --help among them.
void AddBenchCommand(CLI::App& app);

// Becomes the driver, a program, with these arguments: its output and exit code are the command's.
// Returns, with the exit code, only where that can't be; `driver` is empty when it isn't there.
int BecomeBenchDriver(const std::string& driver, const std::vector<std::string>& arguments,
                      std::ostream& err);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_BENCH_COMMAND_H_
