// kvmsim quiz: exercises in worlds of eight pages.
#ifndef KVM_MODEL_TOOLS_CLI_QUIZ_COMMAND_H_
#define KVM_MODEL_TOOLS_CLI_QUIZ_COMMAND_H_

#include <functional>
#include <ostream>

#include "tools/cli/cli11.h"

namespace kvm_model::cli {

// Parsing the command sets `run` to what it does; the stream must outlive it.
void AddQuizCommand(CLI::App& app, std::ostream& out, std::function<int()>& run);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_QUIZ_COMMAND_H_
