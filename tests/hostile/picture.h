// Everything that can be observed of a process, and of the VMs and files that it has descriptors
// of, in words: what a call that fails must leave as it was.
#ifndef KVM_MODEL_TESTS_HOSTILE_PICTURE_H_
#define KVM_MODEL_TESTS_HOSTILE_PICTURE_H_

#include <map>
#include <string>

#include "kvm_model/kernel.h"
#include "kvm_model/task.h"

namespace kvm_model::hostile {

// By name, as in "fd 4 slots"; values are printed.
using Picture = std::map<std::string, std::string>;

// Descriptors with their flags; of VMs the slots with their dirty pages, attributes, pages mapped
// for the guest, what KVM_ENABLE_CAP and the architecture keep, and how many hold on to it; of
// guest_memfds the attributes, the resident pages and their bytes; of vCPUs the run structure; and
// the process's mappings with the pages that they have mapped.
Picture Look(const Kernel& kernel, Task& task);

// What differs between two pictures, a line each; empty when nothing does.
std::string Difference(const Picture& before, const Picture& after);

}  // namespace kvm_model::hostile

#endif  // KVM_MODEL_TESTS_HOSTILE_PICTURE_H_
