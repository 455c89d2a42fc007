// The kernel's xarray as a store of attributes, for C++: each function is one call into the file
// that lib/xarray.c is compiled in. Empty where the kernel's source is not installed.
//
// One entry a private page, as kvm->mem_attr_array holds them; a shared page has none. Pages are in
// [start, end), never empty.
#ifndef KVM_MODEL_BENCH_PEERS_KERNEL_XARRAY_H_
#define KVM_MODEL_BENCH_PEERS_KERNEL_XARRAY_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/peers/kernel/run.h"

#ifdef __cplusplus
extern "C" {
#endif

struct KernelXarray;

// All pages are shared.
struct KernelXarray* KernelXarrayCreate(void);
void KernelXarrayDestroy(struct KernelXarray* array);

// As KVM_SET_MEMORY_ATTRIBUTES does: reserves each page, then stores each.
void KernelXarraySet(struct KernelXarray* array, uint64_t start, uint64_t end, uint64_t attributes);
// Walks from page to page once, over those that have entries alone where entries are removed.
void KernelXarraySetTuned(struct KernelXarray* array, uint64_t start, uint64_t end,
                          uint64_t attributes);

uint64_t KernelXarrayGet(struct KernelXarray* array, uint64_t page);
bool KernelXarrayRangeHas(struct KernelXarray* array, uint64_t start, uint64_t end,
                          uint64_t attributes);
// Writes the runs of [start, end), cut to it, into `runs`, `capacity` at most (2 at least), and
// returns how many. They are maximal and leave nothing out, but may end before `end`.
size_t KernelXarrayRuns(struct KernelXarray* array, uint64_t start, uint64_t end,
                        struct KernelRun* runs, size_t capacity);
// Of the array's nodes.
size_t KernelXarrayBytes(struct KernelXarray* array);

#ifdef __cplusplus
}
#endif

#endif  // KVM_MODEL_BENCH_PEERS_KERNEL_XARRAY_H_
