// The alphabets that come with the tool.
//
// Cost: constexpr text.
#ifndef KVM_MODEL_TOOLS_LOCKSTEP_ALPHABETS_H_
#define KVM_MODEL_TOOLS_LOCKSTEP_ALPHABETS_H_

#include <span>
#include <string_view>

#include "tools/lockstep/alphabet.h"

namespace kvm_model::lockstep {

// What a world has before its first operation: lines of the scenario language.
// Two VMs, a guest_memfd of four pages that a process can map, and 64 pages of ordinary memory.
std::string_view KernelWorld();

// Every call about memory that any kernel with KVM can be asked, without running a guest: files,
// mappings, memory regions, dirty logs, processes, arguments good and bad. Memory regions that are
// accepted are small: the kernel keeps bookkeeping for each of their pages.
std::span<const AlphabetRow> KernelAlphabet();

}  // namespace kvm_model::lockstep

#endif  // KVM_MODEL_TOOLS_LOCKSTEP_ALPHABETS_H_
