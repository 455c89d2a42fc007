// A command that is a program of its own, built or installed beside kvmsim.
#ifndef KVM_MODEL_TOOLS_CLI_BECOME_PROGRAM_H_
#define KVM_MODEL_TOOLS_CLI_BECOME_PROGRAM_H_

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace kvm_model::cli {

struct OwnProgram {
  std::string_view command;  // "bench"
  std::string_view what;     // "driver": what it is to the command
  std::string_view target;   // "//bench/driver"
};

// Becomes the program at `path` with these arguments: its output and exit code are the command's.
// Returns, with the exit code, only where that can't be; `path` is empty where it isn't there.
int BecomeProgram(const OwnProgram& program, const std::string& path,
                  const std::vector<std::string>& arguments, std::ostream& err);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_BECOME_PROGRAM_H_
