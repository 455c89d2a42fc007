// The bytes of a guest_memfd: an anonymous memory file, allocated page by page as it is written.
//
// What was never written, or was discarded, reads as zero. The file is created by the first write,
// so an untouched guest_memfd costs neither a descriptor nor memory. Any offset below 2^63 can be
// used. Writes fail (false) when the machine is out of memory for them, or when the program may not
// write files that far (RLIMIT_FSIZE). Safe to call from several threads on different bytes.
#ifndef KVM_MODEL_KVM_MODEL_SPARSE_MEMORY_H_
#define KVM_MODEL_KVM_MODEL_SPARSE_MEMORY_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace kvm_model {

class SparseMemory {
 public:
  SparseMemory() = default;
  SparseMemory(const SparseMemory&) = delete;
  SparseMemory& operator=(const SparseMemory&) = delete;
  ~SparseMemory();

  // Byte offsets throughout.
  void Read(std::uint64_t offset, std::span<std::byte> bytes) const;
  [[nodiscard]] bool Write(std::uint64_t offset, std::span<const std::byte> bytes);
  // Makes [offset, offset + length) read as zero and gives its memory back.
  void Discard(std::uint64_t offset, std::uint64_t length);

  // The memory file, for a mapping of it; -1 while nothing was ever written.
  int fd() const { return fd_.load(std::memory_order_acquire); }

 private:
  // The file, created when it isn't there yet; -1 when it can't be.
  int EnsureFile();

  std::atomic<int> fd_{-1};
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_SPARSE_MEMORY_H_
