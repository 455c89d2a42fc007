// UserMemory: memory of a process that the model reads and writes without trusting its addresses.
#ifndef KVM_MODEL_KVM_MODEL_USER_MEMORY_H_
#define KVM_MODEL_KVM_MODEL_USER_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace kvm_model {

class UserMemory {
 public:
  virtual ~UserMemory() = default;
  // False when any byte of the range can't be accessed; what was transferred before it stays
  // transferred.
  virtual bool Read(std::uint64_t address, std::span<std::byte> bytes) = 0;
  virtual bool Write(std::uint64_t address, std::span<const std::byte> bytes) = 0;
};

// The memory of this very process, so that C++ callers pass pointers as they would to ioctl(2). A
// bad address is an answer (false) and never a crash: the copy is made by the machine's kernel
// (process_vm_readv).
class OwnProcessMemory : public UserMemory {
 public:
  bool Read(std::uint64_t address, std::span<std::byte> bytes) override;
  bool Write(std::uint64_t address, std::span<const std::byte> bytes) override;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_USER_MEMORY_H_
