#include "tools/cli/become_program.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ostream>
#include <string>
#include <vector>

#include "tools/cli/exit_code.h"

namespace kvm_model::cli {

int BecomeProgram(const OwnProgram& program, const std::string& path,
                  const std::vector<std::string>& arguments, std::ostream& err) {
  if (path.empty()) {
    err << "kvmsim " << program.command << ": its " << program.what
        << " is not where it was built, beside kvmsim's folder\n"
        << "Build both in a clone: bazel build //tools:kvmsim " << program.target << "\n";
    return kUsage;
  }
  std::vector<std::string> words = {path};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(path.c_str(), argv.data());
  err << "kvmsim " << program.command << ": " << path << ": " << std::strerror(errno) << "\n";
  return kUsage;
}

}  // namespace kvm_model::cli
