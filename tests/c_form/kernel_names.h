/* What <linux/kvm.h> has in the kernels that the forms are for, where the installed one is older.
 */
#ifndef KVM_MODEL_TESTS_C_FORM_KERNEL_NAMES_H_
#define KVM_MODEL_TESTS_C_FORM_KERNEL_NAMES_H_

#include <linux/kvm.h>

#ifndef KVM_SET_USER_MEMORY_REGION2
struct kvm_userspace_memory_region2 {
  __u32 slot;
  __u32 flags;
  __u64 guest_phys_addr;
  __u64 memory_size;
  __u64 userspace_addr;
  __u64 guest_memfd_offset;
  __u32 guest_memfd;
  __u32 pad1;
  __u64 pad2[14];
};
#endif
#ifndef KVM_SET_MEMORY_ATTRIBUTES
struct kvm_memory_attributes {
  __u64 address;
  __u64 size;
  __u64 attributes;
  __u64 flags;
};
#endif
#ifndef KVM_SET_MEMORY_ATTRIBUTES2
struct kvm_memory_attributes2 {
  union {
    __u64 address;
    __u64 offset;
  };
  __u64 size;
  __u64 attributes;
  __u64 flags;
  __u64 error_offset;
  __u64 reserved[11];
};
#endif
#ifndef KVM_CREATE_GUEST_MEMFD
struct kvm_create_guest_memfd {
  __u64 size;
  __u64 flags;
  __u64 reserved[6];
};
#endif
#ifndef KVM_PRE_FAULT_MEMORY
struct kvm_pre_fault_memory {
  __u64 gpa;
  __u64 size;
  __u64 flags;
  __u64 padding[5];
};
#endif

#endif /* KVM_MODEL_TESTS_C_FORM_KERNEL_NAMES_H_ */
