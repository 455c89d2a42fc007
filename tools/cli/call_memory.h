// CallMemory: one page of memory for the argument of a call.
//
// It holds a copy of what is put there, at an address that doesn't depend on this process, and
// needs nothing from the machine's kernel.
#ifndef KVM_MODEL_TOOLS_CLI_CALL_MEMORY_H_
#define KVM_MODEL_TOOLS_CLI_CALL_MEMORY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "kvm_model/user_memory.h"

namespace kvm_model::cli {

class CallMemory : public UserMemory {
 public:
  // The address to pass for `argument`, which is copied in; good until the next Put().
  template <typename T>
  std::uint64_t Put(const T& argument) {
    static_assert(sizeof(T) <= kSize);
    bytes_.fill(std::byte{0});
    std::memcpy(bytes_.data(), &argument, sizeof(T));
    return kAddress;
  }

  bool Read(std::uint64_t address, std::span<std::byte> bytes) override {
    if (!Holds(address, bytes.size())) return false;
    std::memcpy(bytes.data(), bytes_.data() + (address - kAddress), bytes.size());
    return true;
  }
  bool Write(std::uint64_t address, std::span<const std::byte> bytes) override {
    if (!Holds(address, bytes.size())) return false;
    std::memcpy(bytes_.data() + (address - kAddress), bytes.data(), bytes.size());
    return true;
  }

 private:
  static constexpr std::uint64_t kAddress = 0x10000;
  static constexpr std::size_t kSize = 4096;

  static bool Holds(std::uint64_t address, std::size_t size) {
    return address >= kAddress && size <= kSize && address - kAddress <= kSize - size;
  }

  std::array<std::byte, kSize> bytes_{};
};

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_CALL_MEMORY_H_
