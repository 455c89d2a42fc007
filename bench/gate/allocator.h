// The gate's own operator new: each allocation takes the same few instructions, whatever was
// allocated before, and is counted.
//
// The C library's malloc() takes more or fewer by what lies free where, so the count of one
// operation would change with another one before it. Linking this library replaces operator new and
// delete in the whole program. Blocks are powers of two, each at a multiple of its size up to
// 1 MiB; so where a block lies doesn't change a count either. For programs of one thread.
#ifndef KVM_MODEL_BENCH_GATE_ALLOCATOR_H_
#define KVM_MODEL_BENCH_GATE_ALLOCATOR_H_

#include <cstdint>

namespace kvm_model::bench {

// How many blocks operator new has given out.
std::uint64_t AllocationsMade();

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_GATE_ALLOCATOR_H_
