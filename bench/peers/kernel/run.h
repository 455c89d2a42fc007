// A run of pages as the kernel's trees hand them to C++, which can't include the kernel's headers.
#ifndef KVM_MODEL_BENCH_PEERS_KERNEL_RUN_H_
#define KVM_MODEL_BENCH_PEERS_KERNEL_RUN_H_

#include <stdint.h>

// The pages [start, end).
struct KernelRun {
  uint64_t start;
  uint64_t end;
  uint64_t attributes;
};

#endif  // KVM_MODEL_BENCH_PEERS_KERNEL_RUN_H_
