// The facts of a host that decide what memory does: of its architecture, of its revision, and of
// its configuration.
#ifndef KVM_MODEL_TESTS_TWIN_HOST_H_
#define KVM_MODEL_TESTS_TWIN_HOST_H_

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "uapi/errno.h"

namespace kvm_model::twin {

// What an architecture decides. These are x86's.
struct Architecture {
  uapi::Errno unknown_vm_ioctl = uapi::Errno::kENOTTY;
  // The hardware tells private accesses from shared ones.
  bool tells_accesses_apart = true;
  bool has_pre_fault = true;
  bool has_enable_cap_on_vcpus = true;
  // A VM's type is a number of bits of guest addresses.
  bool types_are_address_bits = false;
  uapi::Errno beyond_guest_addresses = uapi::Errno::kEINVAL;
  // Slots have files that can be mapped, and no others.
  bool binds_mappable_files_only = false;
  // The guest's performance counters have capabilities.
  bool has_pmu_caps = false;
  std::uint32_t user_slots = 32764;  // Of 32767; the last three are KVM's own.
  std::uint64_t vcpu_ids = 4096;
  std::uint64_t max_vcpus = 1024;
};

// What a revision decides, whatever its configuration is. These are the first one's.
struct Rules {
  // A guest_memfd is private memory and nothing else: it has no flags and no mapping, only VMs with
  // private memory have slots of it, and its pages are prepared once.
  bool files_are_private = false;
  // The kernel lets programs be executed from KVM's files.
  bool files_may_execute = false;
  bool has_trust_domains = true;
  bool vms_take_attributes2 = false;
  // Conversions have ZERO and PRESERVE, and scramble without them what nothing protects.
  bool has_content_modes = false;
  bool error_offset_must_be_0 = false;
  // Files of other VMs can't be converted at all.
  bool conversions_need_private_memory = false;
  // A conversion takes the state that it leaves from the guest, not what is in the other already.
  bool conversions_zap_one_kind = false;
  // Where in a file a slot ends is a signed number.
  bool bindings_end_signed = true;
  // That a range is bound already is told last, and as EEXIST.
  bool bindings_are_committed = false;
  // 0: there is no such capability.
  std::uint64_t cap_attributes2 = 0;
  std::uint64_t cap_file_attributes = 0;
  std::uint64_t cap_content_modes = 0;
  std::uint64_t cap_pmu_strict = 0;  // Of whose value the twin knows nothing.
};

// Who knows which memory is private to the guest.
enum class Tracker : std::uint8_t { kNobody, kVms, kFiles };

struct Host {
  Architecture arch;
  Rules rules;

  // Of the configuration.
  Tracker tracker = Tracker::kNobody;
  // KVM_SET_MEMORY_ATTRIBUTES exists, although VMs may track nothing.
  bool vms_take_attributes = false;
  // There can be VMs with private memory, as far as /dev/kvm knows.
  bool has_private_memory = false;
  // What a file loses is taken from the guest whether it is mapped as private or as shared.
  bool files_zap_both_kinds = false;
  // All of a slot's faults come from its file, mappable or not.
  bool files_serve_all_faults = false;
  // The initial image may already be in its place.
  bool populates_in_place = false;
  // Bit N: VM type N can be made.
  std::uint64_t vm_types = 1;
  bool tdp = true;
  bool has_smm = false;    // A second address space, for VMs without private memory.
  unsigned gpa_bits = 46;  // Of the largest guest address.
  std::uint64_t cpus = 8;  // hw.cpus.

  bool tracked_in_vms() const { return tracker == Tracker::kVms; }
  bool tracked_in_files() const { return tracker == Tracker::kFiles; }
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
