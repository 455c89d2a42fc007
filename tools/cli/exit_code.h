// The exit codes of kvmsim, documented in docs/command-line.md.
#ifndef KVM_MODEL_TOOLS_CLI_EXIT_CODE_H_
#define KVM_MODEL_TOOLS_CLI_EXIT_CODE_H_

namespace kvm_model::cli {

enum ExitCode : int {
  kAllAsExpected = 0,
  kSomethingDiffers = 1,  // an answer other than expected, or a failed test
  kUsage = 2,             // wrong arguments, or a file that can't be read or parsed
  // 3, a benchmark became slower, is of the driver that bench_command.h starts
  kAllSkipped = 4,
  kInterrupted = 130,  // by Ctrl-C; what was done has been told
};

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_EXIT_CODE_H_
