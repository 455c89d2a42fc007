// One byte of memory, read or written as a program does it, with the signal that this may raise
// caught and returned.
//
// For the length of one access the handlers of SIGSEGV and SIGBUS are this function's, and
// afterwards those from before. Works under the sanitizers, which don't look at the access itself.
// Other threads must not fault meanwhile: the handlers belong to the process.
#ifndef KVM_MODEL_TOOLS_BACKENDS_GUARDED_ACCESS_H_
#define KVM_MODEL_TOOLS_BACKENDS_GUARDED_ACCESS_H_

#include <cstdint>
#include <optional>

namespace kvm_model::scenario {

// The number of the signal that the access raised (SIGSEGV or SIGBUS); nothing if it raised none.
std::optional<int> GuardedRead(std::uint64_t address, std::uint8_t& byte);
std::optional<int> GuardedWrite(std::uint64_t address, std::uint8_t byte);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_BACKENDS_GUARDED_ACCESS_H_
