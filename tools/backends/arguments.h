// The structs that a scenario's calls hand to ioctls, the same for every backend.
//
// Numbers are cut to the width of their field, as a C program's would be; what a call has no
// argument for is 0.
#ifndef KVM_MODEL_TOOLS_BACKENDS_ARGUMENTS_H_
#define KVM_MODEL_TOOLS_BACKENDS_ARGUMENTS_H_

#include "tools/backends/backend.h"
#include "uapi/structs.h"

namespace kvm_model::scenario {

uapi::kvm_enable_cap EnableCapArgument(const CallRequest& request);
uapi::kvm_create_guest_memfd CreateGuestMemfdArgument(const CallRequest& request);
uapi::kvm_userspace_memory_region MemoryRegionArgument(const CallRequest& request);
uapi::kvm_userspace_memory_region2 MemoryRegion2Argument(const CallRequest& request);
uapi::kvm_memory_attributes MemoryAttributesArgument(const CallRequest& request);
uapi::kvm_memory_attributes2 MemoryAttributes2Argument(const CallRequest& request);
uapi::kvm_pre_fault_memory PreFaultArgument(const CallRequest& request);
// Without the bitmap's address, which is the backend's.
uapi::kvm_dirty_log DirtyLogArgument(const CallRequest& request);
uapi::kvm_clear_dirty_log ClearDirtyLogArgument(const CallRequest& request);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_BACKENDS_ARGUMENTS_H_
