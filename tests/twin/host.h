// The facts of an x86 host that decide what memory does.
#ifndef KVM_MODEL_TESTS_TWIN_HOST_H_
#define KVM_MODEL_TESTS_TWIN_HOST_H_

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kvm_model::twin {

struct Host {
  // rfc-v4: KVM_SET_MEMORY_ATTRIBUTES2 exists.
  bool has_series = true;
  // linux-6.12: a guest_memfd is private memory and nothing else. It has no flags and no mapping,
  // only VMs with private memory have slots of it, and its pages are prepared once.
  bool files_are_private = false;
  // linux-6.12: the kernel lets programs be executed from KVM's files.
  bool files_may_execute() const { return files_are_private; }
  // Attributes are tracked in each VM: the ioctls on a VM exist.
  bool tracked_in_vms = false;
  // Attributes are tracked in each guest_memfd: the ioctl on a guest_memfd exists.
  bool tracked_in_files() const { return has_series && !tracked_in_vms; }
  // Bit N: VM type N can be made.
  std::uint64_t vm_types = 0x3f;
  bool tdp = true;
  bool has_smm = true;     // A second address space, for VMs without private memory.
  unsigned gpa_bits = 46;  // hw.maxphyaddr; 52 without two-dimensional page tables.
  std::uint64_t cpus = 8;  // hw.cpus.
};

using Settings = std::vector<std::pair<std::string, std::string>>;

// Why the twin has no such host, or why no such host can be. `not_modelled` tells the two apart.
struct HostError {
  std::string reason;
  bool not_modelled = true;
};

// The host of a scenario's host line.
std::expected<Host, HostError> MakeHost(std::string_view arch, std::string_view revision,
                                        const Settings& settings);

}  // namespace kvm_model::twin

#endif  // KVM_MODEL_TESTS_TWIN_HOST_H_
