#include "kvm_model/user_memory.h"

#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace kvm_model {
namespace {

void* Pointer(std::uint64_t address) {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(address));  // NOLINT
}

}  // namespace

bool OwnProcessMemory::Read(std::uint64_t address, std::span<std::byte> bytes) {
  const iovec local{bytes.data(), bytes.size()};
  const iovec remote{Pointer(address), bytes.size()};
  return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == static_cast<ssize_t>(bytes.size());
}

bool OwnProcessMemory::Write(std::uint64_t address, std::span<const std::byte> bytes) {
  const iovec local{const_cast<std::byte*>(bytes.data()), bytes.size()};
  const iovec remote{Pointer(address), bytes.size()};
  return process_vm_writev(getpid(), &local, 1, &remote, 1, 0) ==
         static_cast<ssize_t>(bytes.size());
}

}  // namespace kvm_model
