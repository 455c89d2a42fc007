// What a VM's type decides.
#ifndef KVM_MODEL_KVM_MODEL_VM_TYPE_H_
#define KVM_MODEL_KVM_MODEL_VM_TYPE_H_

#include <cstdint>
#include <string_view>

namespace kvm_model {

struct VmType {
  // The machine type that KVM_CREATE_VM takes, and its name without prefix.
  std::uint64_t number = 0;
  std::string_view name;
  // kvm_arch_has_private_mem(): the VM may have memory that its host can't see.
  bool has_private_mem = false;
  // The VM's registers are hidden from its host: no read-only memslots, no synced registers.
  bool has_protected_state = false;
  // KVM_PRE_FAULT_MEMORY works from the start; otherwise only once the VM's launch is finished.
  bool pre_fault_allowed = true;
  // The VM's initial memory is brought in by a launch flow (kvm_gmem_populate()).
  bool has_launch_flow = false;
  // The guest itself says with each access whether it means private memory, and by default it does.
  bool guest_addresses_privately = false;
  // The machine keeps account of which pages are the guest's own: SNP's reverse map.
  bool has_reverse_map = false;
  // kvm_has_mirrored_tdp(): private memory has page tables of its own.
  bool mirrored_page_tables = false;
  // Bits of the guest's physical addresses, where KVM_CREATE_VM or the host settles them; 0
  // otherwise.
  unsigned gpa_bits = 0;
  // No hardware tells: an access is as private as the attributes say.
  bool privacy_follows_attributes = false;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_VM_TYPE_H_
