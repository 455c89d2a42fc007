// CountingAllocator: the standard allocator, with the bytes that are in use counted.
#ifndef KVM_MODEL_BENCH_PEERS_COUNTING_ALLOCATOR_H_
#define KVM_MODEL_BENCH_PEERS_COUNTING_ALLOCATOR_H_

#include <cstddef>
#include <memory>

namespace kvm_model::bench {

// Counts into *bytes, which outlives every container that uses it.
template <typename T>
class CountingAllocator {
 public:
  using value_type = T;

  explicit CountingAllocator(std::size_t* bytes) : bytes_(bytes) {}
  template <typename U>
  CountingAllocator(const CountingAllocator<U>& other) : bytes_(other.bytes()) {}  // NOLINT

  T* allocate(std::size_t count) {
    *bytes_ += count * sizeof(T);
    return std::allocator<T>().allocate(count);
  }
  void deallocate(T* memory, std::size_t count) noexcept {
    *bytes_ -= count * sizeof(T);
    std::allocator<T>().deallocate(memory, count);
  }

  std::size_t* bytes() const { return bytes_; }
  friend bool operator==(const CountingAllocator& a, const CountingAllocator& b) {
    return a.bytes_ == b.bytes_;
  }

 private:
  std::size_t* bytes_;
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_PEERS_COUNTING_ALLOCATOR_H_
