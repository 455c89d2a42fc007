// A pool of equal blocks for the nodes of one ordered container, so that a later insertion cannot
// fail.
//
// Reserve() makes sure that a number of blocks is at hand (it may fail and then changes nothing);
// allocations through a PooledAllocator take from them. Not thread-safe: it belongs to its
// container and shares that container's lock.
#ifndef KVM_MODEL_TESTS_KVM_MODEL_NODE_POOL_H_
#define KVM_MODEL_TESTS_KVM_MODEL_NODE_POOL_H_

#include <cstddef>
#include <new>

namespace kvm_model {

class NodePool {
 public:
  // An inner node of absl::btree_map with 16-byte entries, the largest that is asked for.
  static constexpr std::size_t kBlockBytes = 384;
  // Blocks that stay at hand after a container shrank.
  static constexpr std::size_t kKeptBlocks = 32;

  NodePool() = default;
  NodePool(const NodePool&) = delete;
  NodePool& operator=(const NodePool&) = delete;
  ~NodePool() { Trim(0); }

  // Makes at least `blocks` free blocks available. False, with nothing changed, when memory is
  // short.
  [[nodiscard]] bool Reserve(std::size_t blocks) noexcept {
    const std::size_t before = free_blocks_;
    while (free_blocks_ < blocks) {
      void* block = ::operator new(kBlockBytes, std::nothrow);
      if (block == nullptr) {
        Trim(before);
        return false;
      }
      Push(block);
    }
    return true;
  }

  // Gives free blocks beyond `kept` back to the system.
  void Trim(std::size_t kept) noexcept {
    while (free_blocks_ > kept) ::operator delete(Pop());
  }

  void* Allocate(std::size_t bytes) {
    if (bytes > kBlockBytes) {
      ++oversize_;
      oversize_bytes_ += bytes;
      return ::operator new(bytes);
    }
    ++used_blocks_;
    if (free_blocks_ == 0) {
      ++unreserved_;
      return ::operator new(kBlockBytes);
    }
    return Pop();
  }

  void Deallocate(void* memory, std::size_t bytes) noexcept {
    if (bytes > kBlockBytes) {
      oversize_bytes_ -= bytes;
      ::operator delete(memory);
    } else {
      --used_blocks_;
      Push(memory);
    }
  }

  std::size_t free_blocks() const { return free_blocks_; }
  // Every byte that the pool holds, given out or free.
  std::size_t bytes() const {
    return (free_blocks_ + used_blocks_) * kBlockBytes + oversize_bytes_;
  }
  // Allocations that no reservation covered: 0 unless the container needs more than its owner
  // thought.
  std::size_t uncovered_allocations() const { return oversize_ + unreserved_; }

 private:
  struct FreeBlock {
    FreeBlock* next;
  };

  void Push(void* block) noexcept {
    head_ = new (block) FreeBlock{head_};
    ++free_blocks_;
  }
  void* Pop() noexcept {
    FreeBlock* block = head_;
    head_ = block->next;
    --free_blocks_;
    return block;
  }

  FreeBlock* head_ = nullptr;
  std::size_t free_blocks_ = 0;
  std::size_t used_blocks_ = 0;
  std::size_t oversize_bytes_ = 0;
  std::size_t oversize_ = 0;
  std::size_t unreserved_ = 0;
};

// A standard allocator over a NodePool, which must outlive the container.
template <typename T>
class PooledAllocator {
 public:
  using value_type = T;

  explicit PooledAllocator(NodePool* pool) : pool_(pool) {}
  template <typename U>
  PooledAllocator(const PooledAllocator<U>& other) : pool_(other.pool()) {}  // NOLINT

  T* allocate(std::size_t count) { return static_cast<T*>(pool_->Allocate(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t count) noexcept {
    pool_->Deallocate(memory, count * sizeof(T));
  }

  NodePool* pool() const { return pool_; }
  friend bool operator==(const PooledAllocator& a, const PooledAllocator& b) {
    return a.pool_ == b.pool_;
  }

 private:
  NodePool* pool_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_KVM_MODEL_NODE_POOL_H_
