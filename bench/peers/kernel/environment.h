// The kernel that lib/maple_tree.c and lib/xarray.c find themselves in: what they use of its
// compiler attributes, locks, bit operations and lists, for one thread of a user process.
//
// It favours them: locks, RCU's read side, warnings and tracepoints cost nothing. Written for these
// two files alone, which are compiled with every #include but those of each other's headers taken
// out and this file put first. Memory and call_rcu() are in memory.h.
#ifndef KVM_MODEL_BENCH_PEERS_KERNEL_ENVIRONMENT_H_
#define KVM_MODEL_BENCH_PEERS_KERNEL_ENVIRONMENT_H_

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// A 64-bit kernel. All options that are asked for are off: CONFIG_BASE_SMALL, which would make the
// xarray's nodes smaller, CONFIG_XARRAY_MULTI, as kvm's xarray holds single pages, and
// CONFIG_DEBUG_MAPLE_TREE.
#define CONFIG_64BIT 1
#define IS_ENABLED(option) 0

// Types.
typedef unsigned int gfp_t;
typedef int64_t s64;
typedef uint64_t u64;
typedef int32_t s32;
typedef uint32_t u32;
typedef uint8_t u8;
struct callback_head {
  struct callback_head* next;
  void (*func)(struct callback_head*);
};
#define rcu_head callback_head

// What only checkers read.
#define __rcu
#define __force
#define __bitwise
#define __must_hold(lock)
#define __acquires(lock)
#define __releases(lock)
#define __init
#define EXPORT_SYMBOL(symbol)
#define EXPORT_SYMBOL_GPL(symbol)
#define tracepoint_string(text) (text)
#define trace_ma_op(...) ((void)0)
#define trace_ma_read(...) ((void)0)
#define trace_ma_write(...) ((void)0)
#define might_alloc(flags) ((void)(flags))
#define lockdep_is_held(lock) 1
#define lock_is_held(map) 1

// Compiler.
#ifndef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#endif
#define __must_check __attribute__((__warn_unused_result__))
#define __maybe_unused __attribute__((__unused__))
#define noinline __attribute__((__noinline__))
#define fallthrough __attribute__((__fallthrough__))
#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)
#define barrier() __asm__ __volatile__("" ::: "memory")
#define READ_ONCE(lvalue) (*(const volatile __typeof__(lvalue)*)&(lvalue))
#define WRITE_ONCE(lvalue, value) (*(volatile __typeof__(lvalue)*)&(lvalue) = (value))
#define container_of(pointer, type, member) ((type*)((char*)(pointer) - offsetof(type, member)))

// Arithmetic.
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define DIV_ROUND_UP(a, b) (((a) + (b) - 1) / (b))
#define BIT(n) (1UL << (n))
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define U8_MAX UINT8_MAX

// A warning's condition counts, its message doesn't. What the kernel could not survive ends here.
#define WARN_ON(condition) (!!(condition))
#define WARN_ON_ONCE(condition) (!!(condition))
#define BUG_ON(condition)             \
  do {                                \
    if (unlikely(condition)) abort(); \
  } while (0)
#define pr_err(...) ((void)0)
#define pr_info(...) ((void)0)
#define pr_cont(...) ((void)0)

// Errors carried in pointers.
#define MAX_ERRNO 4095
static inline void* ERR_PTR(long error) { return (void*)error; }

// Locks that one thread needs none of.
typedef struct {
} spinlock_t;
#define __SPIN_LOCK_UNLOCKED(name) \
  {                                \
  }
#define spin_lock_init(lock) ((void)(lock))
#define spin_lock(lock) ((void)(lock))
#define spin_lock_nested(lock, subclass) ((void)(lock))
#define spin_unlock(lock) ((void)(lock))
#define spin_lock_bh(lock) ((void)(lock))
#define spin_unlock_bh(lock) ((void)(lock))
#define spin_lock_irq(lock) ((void)(lock))
#define spin_unlock_irq(lock) ((void)(lock))
#define spin_lock_irqsave(lock, flags) ((void)(lock), (void)(flags))
#define spin_unlock_irqrestore(lock, flags) ((void)(lock), (void)(flags))

// RCU and ordering. On x86 the kernel's own come to the same instructions.
#define rcu_read_lock() ((void)0)
#define rcu_read_unlock() ((void)0)
#define rcu_dereference(pointer) READ_ONCE(pointer)
#define rcu_dereference_raw(pointer) READ_ONCE(pointer)
#define rcu_dereference_check(pointer, condition) READ_ONCE(pointer)
#define rcu_dereference_protected(pointer, condition) (pointer)
#define rcu_assign_pointer(pointer, value) __atomic_store_n(&(pointer), (value), __ATOMIC_RELEASE)
#define RCU_INIT_POINTER(pointer, value) WRITE_ONCE(pointer, value)
#define smp_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)

// Flags of allocations, of which the xarray stores its own above the last.
#define GFP_KERNEL 1U
#define GFP_NOWAIT 2U
#define __GFP_NOWARN 4U
#define __GFP_ACCOUNT 8U
#define __GFP_BITS_SHIFT 4
#define gfpflags_allow_blocking(flags) (((flags) & GFP_KERNEL) != 0)

// Bits of an array of words.
#define BITS_PER_LONG 64
#define BITS_TO_LONGS(bits) DIV_ROUND_UP(bits, BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]
static inline unsigned long __ffs(unsigned long word) {
  return (unsigned long)__builtin_ctzl(word);
}
static inline bool test_bit(unsigned long bit, const unsigned long* words) {
  return (words[bit / BITS_PER_LONG] >> (bit % BITS_PER_LONG) & 1) != 0;
}
static inline void __set_bit(unsigned long bit, unsigned long* words) {
  words[bit / BITS_PER_LONG] |= BIT(bit % BITS_PER_LONG);
}
static inline bool __test_and_set_bit(unsigned long bit, unsigned long* words) {
  const bool was_set = test_bit(bit, words);
  __set_bit(bit, words);
  return was_set;
}
static inline bool __test_and_clear_bit(unsigned long bit, unsigned long* words) {
  const bool was_set = test_bit(bit, words);
  words[bit / BITS_PER_LONG] &= ~BIT(bit % BITS_PER_LONG);
  return was_set;
}
static inline unsigned long find_next_bit(const unsigned long* words, unsigned long bits,
                                          unsigned long from) {
  while (from < bits && !test_bit(from, words)) ++from;
  return from < bits ? from : bits;
}
static inline bool bitmap_empty(const unsigned long* words, unsigned bits) {
  return find_next_bit(words, bits, 0) == bits;
}
static inline void bitmap_fill(unsigned long* words, unsigned bits) {
  memset(words, 0xff, BITS_TO_LONGS(bits) * sizeof(*words));
}
static inline void bitmap_clear(unsigned long* words, unsigned from, unsigned bits) {
  for (unsigned bit = from; bit < from + bits; ++bit) __test_and_clear_bit(bit, words);
}

// Lists, of which an xarray that nobody shrinks uses the empty one.
struct list_head {
  struct list_head* next;
  struct list_head* prev;
};
struct list_lru;
#define INIT_LIST_HEAD(list) ((void)((list)->next = (list)->prev = (list)))
#define list_empty(list) ((list)->next == (list))

#endif  // KVM_MODEL_BENCH_PEERS_KERNEL_ENVIRONMENT_H_
