// The slab and the RCU callbacks of one tree of the kernel's: objects of one size, one thread.
//
// Allocating pops a free list or bumps a pointer, freeing pushes. Objects given back wait for the
// next allocation, their first word lost; the machine gets its memory back with the tree. Under
// g++'s address sanitizer each object is the machine's own, so that a use after free or a leak is
// found.
//
// Whoever calls into the kernel's code first says whose memory it uses (UseMemory). call_rcu() only
// lists its callback; a grace period ends between two operations, once 1024 are listed.
//
// Included after environment.h and once for each of the kernel's files, which it gives its slab.
#ifndef KVM_MODEL_BENCH_PEERS_KERNEL_MEMORY_H_
#define KVM_MODEL_BENCH_PEERS_KERNEL_MEMORY_H_

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "bench/peers/kernel/environment.h"

enum {
  // The first chunk is small, for the many stores that stay so. Later ones are huge pages, as are
  // those that map the kernel's own memory.
  kFirstChunkBytes = 64 * 1024,
  kHugeChunkBytes = 2 * 1024 * 1024,
  // Of objects, and what a chunk's header takes: a maple tree keeps its marks in a node's low bits.
  kMemoryAlignment = 256,
  kCallbacksInABatch = 1024,
};

struct MemoryChunk {
  struct MemoryChunk* next;
};

struct KernelMemory {
  size_t object_bytes;
  void (*construct)(void* object);  // A new object, once: NULL leaves it as it is.
  size_t live;                      // objects handed out, those that wait for a callback included
  void** free_objects;
  char* bump;
  char* bump_end;
  struct MemoryChunk* chunks;
  struct rcu_head* callbacks;
  size_t callback_count;
};

static struct KernelMemory* kernel_memory;

static inline void UseMemory(struct KernelMemory* memory) { kernel_memory = memory; }

static void* NewObject(struct KernelMemory* memory) {
#ifdef __SANITIZE_ADDRESS__
  void* object = aligned_alloc(
      kMemoryAlignment, DIV_ROUND_UP(memory->object_bytes, kMemoryAlignment) * kMemoryAlignment);
  BUG_ON(object == NULL);
#else
  if ((size_t)(memory->bump_end - memory->bump) < memory->object_bytes) {
    const size_t bytes = memory->chunks == NULL ? kFirstChunkBytes : kHugeChunkBytes;
    struct MemoryChunk* chunk = aligned_alloc(bytes, bytes);
    BUG_ON(chunk == NULL);
    if (bytes == kHugeChunkBytes) madvise(chunk, bytes, MADV_HUGEPAGE);
    chunk->next = memory->chunks;
    memory->chunks = chunk;
    memory->bump = (char*)chunk + kMemoryAlignment;
    memory->bump_end = (char*)chunk + bytes;
  }
  void* object = memory->bump;
  memory->bump += memory->object_bytes;
#endif
  if (memory->construct != NULL) memory->construct(object);
  return object;
}

static inline void* AllocateObject(struct KernelMemory* memory) {
  ++memory->live;
  void** object = memory->free_objects;
  if (unlikely(object == NULL)) return NewObject(memory);
  memory->free_objects = *object;
  return object;
}

static inline void FreeObject(struct KernelMemory* memory, void* object) {
  --memory->live;
#ifdef __SANITIZE_ADDRESS__
  free(object);
#else
  *(void**)object = memory->free_objects;
  memory->free_objects = object;
#endif
}

static void RunCallbacks(struct KernelMemory* memory) {
  UseMemory(memory);
  struct rcu_head* callback = memory->callbacks;
  memory->callbacks = NULL;
  memory->callback_count = 0;
  while (callback != NULL) {
    struct rcu_head* next = callback->next;
    callback->func(callback);
    callback = next;
  }
}

// After an operation: nothing of it refers to what it took out any longer.
static inline void EndOperation(struct KernelMemory* memory) {
  if (unlikely(memory->callback_count >= kCallbacksInABatch)) RunCallbacks(memory);
}

static size_t LiveBytes(struct KernelMemory* memory) {
  RunCallbacks(memory);
  return memory->live * memory->object_bytes;
}

// The tree was destroyed before: an object that is left is a leak, and ends here.
static void ReleaseMemory(struct KernelMemory* memory) {
  RunCallbacks(memory);
  BUG_ON(memory->live != 0);
  while (memory->chunks != NULL) {
    struct MemoryChunk* next = memory->chunks->next;
    free(memory->chunks);
    memory->chunks = next;
  }
}

// What the kernel's files call, always for the one cache that they have.
struct kmem_cache;
#define SLAB_PANIC 0
#define kmem_cache_create(name, size, align, flags, construct) NULL
#define kmem_cache_alloc(cache, flags) ((void)(cache), (void)(flags), AllocateObject(kernel_memory))
#define kmem_cache_alloc_lru(cache, lru, flags) kmem_cache_alloc(cache, flags)
#define kmem_cache_free(cache, object) FreeObject(kernel_memory, object)

static inline int kmem_cache_alloc_bulk(struct kmem_cache* cache, gfp_t flags, size_t count,
                                        void** objects) {
  for (size_t i = 0; i < count; ++i) objects[i] = kmem_cache_alloc(cache, flags);
  return (int)count;
}

static inline void kmem_cache_free_bulk(struct kmem_cache* cache, size_t count, void** objects) {
  for (size_t i = 0; i < count; ++i) kmem_cache_free(cache, objects[i]);
}

static inline void call_rcu(struct rcu_head* head, void (*function)(struct rcu_head*)) {
  head->func = function;
  head->next = kernel_memory->callbacks;
  kernel_memory->callbacks = head;
  ++kernel_memory->callback_count;
}

#endif  // KVM_MODEL_BENCH_PEERS_KERNEL_MEMORY_H_
