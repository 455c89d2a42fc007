#include "bench/peers/kernel/maple.h"

#include "installed/linux_source.h"

#if KVM_MODEL_HAS_LINUX_SOURCE

#include <linux/maple_tree.h>
#include <linux/xarray.h>

#include "bench/peers/kernel/memory.h"

// In a tree with RCU but without MT_FLAGS_ALLOC_RANGE, freeing a subtree of three levels or more
// from a callback frees a wrong address: mt_clear_meta() takes the last child of a full node for
// the node's metadata and clears part of the pointer. The functions that drop subtrees are told
// that the tree is without RCU, and free them at once.
#define mt_in_rcu(tree)                                            \
  (mt_in_rcu(tree) && strcmp(__func__, "mte_destroy_walk") != 0 && \
   strcmp(__func__, "mas_mat_destroy") != 0)

#include "lib/maple_tree.c"

struct KernelMaple {
  struct maple_tree tree;
  struct KernelMemory memory;
};

struct KernelMaple* KernelMapleCreate(uint64_t pages, uint64_t attributes, bool rcu) {
  struct KernelMaple* maple = calloc(1, sizeof(*maple));
  BUG_ON(maple == NULL);
  maple->memory.object_bytes = sizeof(struct maple_node);
  mt_init_flags(&maple->tree, MT_FLAGS_LOCK_EXTERN | (rcu ? MT_FLAGS_USE_RCU : 0));
  KernelMapleConvert(maple, 0, pages, attributes);
  return maple;
}

void KernelMapleDestroy(struct KernelMaple* maple) {
  UseMemory(&maple->memory);
  __mt_destroy(&maple->tree);
  ReleaseMemory(&maple->memory);
  free(maple);
}

void KernelMapleConvert(struct KernelMaple* maple, uint64_t start, uint64_t end,
                        uint64_t attributes) {
  void* const value = xa_mk_value(attributes);
  unsigned long first = start;
  unsigned long last = end - 1;
  UseMemory(&maple->memory);

  MA_STATE(mas, &maple->tree, end, end);
  if (mas_find(&mas, end) == value) last = mas.last;
  if (start > 0) {
    mas_set(&mas, start - 1);
    if (mas_find(&mas, start - 1) == value) first = mas.index;
  }

  mas_set_range(&mas, first, last);
  BUG_ON(mas_preallocate(&mas, value, GFP_KERNEL) != 0);
  mas_store_prealloc(&mas, value);
  EndOperation(&maple->memory);
}

void KernelMapleConvertTuned(struct KernelMaple* maple, uint64_t start, uint64_t end,
                             uint64_t attributes) {
  void* const value = xa_mk_value(attributes);
  unsigned long first = start;
  unsigned long last = end - 1;
  UseMemory(&maple->memory);

  MA_STATE(mas, &maple->tree, start, start);
  const bool extends = mas_walk(&mas) == value;
  const unsigned long run_first = mas.index;
  const unsigned long run_last = mas.last;
  const bool in_one_run = run_last >= last;
  if (extends && in_one_run) return;

  // A run that goes on behind the range needs no look at its neighbour. Whatever the tree says of
  // the pages behind the file, it is no value.
  if (!in_one_run) {
    mas_set(&mas, end);
    if (mas_walk(&mas) == value) last = mas.last;
    mas_set(&mas, start);
  } else if (run_last == last) {
    if (mas_next_range(&mas, ULONG_MAX) == value) last = mas.last;
    mas_prev_range(&mas, 0);
  }
  if (extends) {
    first = run_first;
  } else if (run_first == start && start > 0) {
    if (mas_prev_range(&mas, 0) == value) first = mas.index;
  }

  // In one run, the store goes on from the node that the walk is in.
  if (!in_one_run) mas_reset(&mas);
  __mas_set_range(&mas, first, last);
  BUG_ON(mas_store_gfp(&mas, value, GFP_KERNEL) != 0);
  EndOperation(&maple->memory);
}

uint64_t KernelMapleGet(struct KernelMaple* maple, uint64_t page) {
  return xa_to_value(mtree_load(&maple->tree, page));
}

bool KernelMapleRangeHas(struct KernelMaple* maple, uint64_t start, uint64_t end,
                         uint64_t attributes) {
  void* const value = xa_mk_value(attributes);
  MA_STATE(mas, &maple->tree, start, start);
  void* found;
  mas_for_each(&mas, found, end - 1) {
    if (found != value) return false;
  }
  return true;
}

size_t KernelMapleRuns(struct KernelMaple* maple, uint64_t start, uint64_t end,
                       struct KernelRun* runs, size_t capacity) {
  MA_STATE(mas, &maple->tree, start, start);
  size_t count = 0;
  void* value;
  mas_for_each(&mas, value, end - 1) {
    runs[count].start = max(mas.index, start);
    runs[count].end = min(mas.last + 1, end);
    runs[count].attributes = xa_to_value(value);
    if (++count == capacity) break;
  }
  return count;
}

size_t KernelMapleBytes(struct KernelMaple* maple) { return LiveBytes(&maple->memory); }

#endif
