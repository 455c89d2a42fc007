// The kernel's maple tree as a store of attributes, for C++: each function is one call into the
// file that lib/maple_tree.c is compiled in. Empty where the kernel's source is not installed.
//
// The tree holds every page of the file, private and shared alike, as xa_mk_value(attributes), in
// maximal runs. Pages are in [start, end), never empty.
#ifndef KVM_MODEL_BENCH_PEERS_KERNEL_MAPLE_H_
#define KVM_MODEL_BENCH_PEERS_KERNEL_MAPLE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/peers/kernel/run.h"

#ifdef __cplusplus
extern "C" {
#endif

struct KernelMaple;

// `rcu`: with MT_FLAGS_USE_RCU, as a tree whose readers take no lock.
struct KernelMaple* KernelMapleCreate(uint64_t pages, uint64_t attributes, bool rcu);
void KernelMapleDestroy(struct KernelMaple* maple);

// As the in-place conversion series does: looks at both neighbours, preallocates, stores.
void KernelMapleConvert(struct KernelMaple* maple, uint64_t start, uint64_t end,
                        uint64_t attributes);
// With as few walks as the tree's interface allows, and none past the first if nothing changes.
void KernelMapleConvertTuned(struct KernelMaple* maple, uint64_t start, uint64_t end,
                             uint64_t attributes);

uint64_t KernelMapleGet(struct KernelMaple* maple, uint64_t page);
bool KernelMapleRangeHas(struct KernelMaple* maple, uint64_t start, uint64_t end,
                         uint64_t attributes);
// Writes the runs of [start, end), cut to it, into `runs`, `capacity` at most, and returns how
// many.
size_t KernelMapleRuns(struct KernelMaple* maple, uint64_t start, uint64_t end,
                       struct KernelRun* runs, size_t capacity);
// Of the tree's nodes.
size_t KernelMapleBytes(struct KernelMaple* maple);

#ifdef __cplusplus
}
#endif

#endif  // KVM_MODEL_BENCH_PEERS_KERNEL_MAPLE_H_
