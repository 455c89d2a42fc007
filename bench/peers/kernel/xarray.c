#include "bench/peers/kernel/xarray.h"

#include "installed/linux_source.h"

#if KVM_MODEL_HAS_LINUX_SOURCE

#include <linux/xarray.h>

#include "bench/peers/kernel/memory.h"

// The cache that xarrays share with radix trees, whose objects are empty nodes: made so once, and
// given back so.
static struct kmem_cache* radix_tree_node_cachep;

static void MakeEmptyNode(void* object) {
  struct xa_node* node = object;
  memset(node, 0, sizeof(*node));
  INIT_LIST_HEAD(&node->private_list);
}

static void radix_tree_node_rcu_free(struct rcu_head* head) {
  struct xa_node* node = container_of(head, struct xa_node, rcu_head);
  MakeEmptyNode(node);
  kmem_cache_free(radix_tree_node_cachep, node);
}

#include "lib/xarray.c"

struct KernelXarray {
  struct xarray array;
  struct KernelMemory memory;
};

struct KernelXarray* KernelXarrayCreate(void) {
  struct KernelXarray* array = calloc(1, sizeof(*array));
  BUG_ON(array == NULL);
  array->memory.object_bytes = sizeof(struct xa_node);
  array->memory.construct = MakeEmptyNode;
  xa_init(&array->array);
  return array;
}

void KernelXarrayDestroy(struct KernelXarray* array) {
  UseMemory(&array->memory);
  xa_destroy(&array->array);
  ReleaseMemory(&array->memory);
  free(array);
}

static void* EntryOf(uint64_t attributes) {
  return attributes != 0 ? xa_mk_value(attributes) : NULL;
}

void KernelXarraySet(struct KernelXarray* array, uint64_t start, uint64_t end,
                     uint64_t attributes) {
  void* const entry = EntryOf(attributes);
  UseMemory(&array->memory);
  for (uint64_t page = start; page < end; ++page) {
    BUG_ON(xa_reserve(&array->array, page, GFP_KERNEL) != 0);
  }
  for (uint64_t page = start; page < end; ++page) {
    BUG_ON(xa_err(xa_store(&array->array, page, entry, GFP_KERNEL)) != 0);
  }
  EndOperation(&array->memory);
}

void KernelXarraySetTuned(struct KernelXarray* array, uint64_t start, uint64_t end,
                          uint64_t attributes) {
  void* const entry = EntryOf(attributes);
  UseMemory(&array->memory);
  XA_STATE(xas, &array->array, start);
  if (entry != NULL) {
    for (uint64_t page = start; page < end; ++page) {
      xas_store(&xas, entry);
      xas_next(&xas);
    }
  } else {
    void* found;
    xas_for_each(&xas, found, end - 1) xas_store(&xas, NULL);
  }
  BUG_ON(xas_error(&xas) != 0);
  EndOperation(&array->memory);
}

uint64_t KernelXarrayGet(struct KernelXarray* array, uint64_t page) {
  void* const entry = xa_load(&array->array, page);
  return entry != NULL ? xa_to_value(entry) : 0;
}

bool KernelXarrayRangeHas(struct KernelXarray* array, uint64_t start, uint64_t end,
                          uint64_t attributes) {
  void* const entry = EntryOf(attributes);
  XA_STATE(xas, &array->array, start);
  void* found = xas_find(&xas, end - 1);
  if (entry == NULL) return found == NULL;
  for (uint64_t page = start; page < end; ++page) {
    if (found != entry || xas.xa_index != page) return false;
    found = xas_next_entry(&xas, end - 1);
  }
  return true;
}

size_t KernelXarrayRuns(struct KernelXarray* array, uint64_t start, uint64_t end,
                        struct KernelRun* runs, size_t capacity) {
  XA_STATE(xas, &array->array, start);
  size_t count = 0;
  uint64_t page = start;
  void* found = xas_find(&xas, end - 1);
  while (page < end && count + 2 <= capacity) {
    const uint64_t next = found != NULL ? xas.xa_index : end;
    if (next > page) runs[count++] = (struct KernelRun){page, next, 0};
    page = next;
    if (found == NULL) break;
    void* const entry = found;
    do {
      ++page;
      found = xas_next_entry(&xas, end - 1);
    } while (found == entry && xas.xa_index == page);
    runs[count++] = (struct KernelRun){next, page, xa_to_value(entry)};
  }
  return count;
}

size_t KernelXarrayBytes(struct KernelXarray* array) { return LiveBytes(&array->memory); }

#endif
