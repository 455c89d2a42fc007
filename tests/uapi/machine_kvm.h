/*
 * Sizes and offsets of this machine's <linux/kvm.h>, as the C compiler sees them.
 *
 * C, because in Linux 6.1's headers a flexible array takes up room of its own in C++, which makes
 * the structs that end in one larger there than the kernel's.
 */

#ifndef KVM_MODEL_TESTS_UAPI_MACHINE_KVM_H_
#define KVM_MODEL_TESTS_UAPI_MACHINE_KVM_H_

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct MachineNumber {
  const char* name; /* NULL after the last. */
  size_t value;     /* In bytes. */
};

/* "sizeof kvm_run", "kvm_run.io.port" and so on. */
extern const struct MachineNumber kMachineLayout[];

/* What an ioctl's definition takes the size of: "struct kvm_regs", "__u64". */
extern const struct MachineNumber kMachineArgumentSizes[];

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* KVM_MODEL_TESTS_UAPI_MACHINE_KVM_H_ */
