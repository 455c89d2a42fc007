// Privileges: what a process may do besides what its descriptors allow.
#ifndef KVM_MODEL_KVM_MODEL_PRIVILEGES_H_
#define KVM_MODEL_KVM_MODEL_PRIVILEGES_H_

namespace kvm_model {

struct Privileges {
  bool sys_admin = true;  // capable(CAP_SYS_ADMIN)
  bool sys_boot = true;   // capable(CAP_SYS_BOOT)
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_PRIVILEGES_H_
