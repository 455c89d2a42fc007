// CLI11's classes by name, for headers that mention them: its own header is slow to compile.
#ifndef KVM_MODEL_TOOLS_CLI_CLI11_H_
#define KVM_MODEL_TOOLS_CLI_CLI11_H_

namespace CLI {
class App;
class Error;
class Option;
}  // namespace CLI

#endif  // KVM_MODEL_TOOLS_CLI_CLI11_H_
