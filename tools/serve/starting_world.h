// The scenario that the page begins with: a VM and a guest_memfd that both sides see.
#ifndef KVM_MODEL_TOOLS_SERVE_STARTING_WORLD_H_
#define KVM_MODEL_TOOLS_SERVE_STARTING_WORLD_H_

#include <cstdint>
#include <expected>
#include <string>

#include "tools/cli/host_spec.h"

namespace kvm_model::serve {

// The lines from `host` to the memslot, for a file of `pages` pages, 1 to kMostFilePages. The file
// can be mapped and starts shared where the VM's answers to KVM_CHECK_EXTENSION say that it can;
// otherwise ordinary memory stands where the memslot wants the process's. A VM that the host can't
// make is asked for all the same: the run tells why not. A line that fails expects that. An error
// in words where there can be no such host.
std::expected<std::string, std::string> StartingWorld(const cli::HostSpec& spec,
                                                      std::uint64_t pages);

}  // namespace kvm_model::serve

#endif  // KVM_MODEL_TOOLS_SERVE_STARTING_WORLD_H_
