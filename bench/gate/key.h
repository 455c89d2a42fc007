// What an operation's count depends on besides the code: counts of two programs can be compared
// when these are equal.
#ifndef KVM_MODEL_BENCH_GATE_KEY_H_
#define KVM_MODEL_BENCH_GATE_KEY_H_

#include <string>

namespace kvm_model::bench {

// One word, fit for a file's name: "x86_64-g++-12.2.0-glibc-2.36-avx2-erms". The processor's
// features are those by which libc chooses its memcpy(), memset() and their like, as the running
// program sees them: under valgrind, those that valgrind shows. A program that isn't optimized, or
// checks itself, says so.
std::string CountingKey();

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_GATE_KEY_H_
