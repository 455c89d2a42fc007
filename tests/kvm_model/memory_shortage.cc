#include "tests/kvm_model/memory_shortage.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <optional>

namespace kvm_model {
namespace {

std::size_t requests = 0;
std::optional<MemoryShortage> shortage;
bool failed = false;

void* Request(std::size_t bytes, MemoryShortage::Of kind,
              std::size_t alignment = alignof(std::max_align_t)) {
  const auto allocate = [&] {
    return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  };
  ++requests;
  const bool counts = shortage.has_value() &&
                      (shortage->of == MemoryShortage::Of::kAllRequests || shortage->of == kind);
  if (!counts || (failed && !shortage->for_good)) return allocate();
  if (shortage->granted > 0) {
    --shortage->granted;
    return allocate();
  }
  failed = true;
  return nullptr;
}

}  // namespace

void BeginMemoryShortage(const MemoryShortage& what) {
  shortage = what;
  failed = false;
}

bool EndMemoryShortage() {
  shortage.reset();
  return failed;
}

std::size_t MemoryRequests() { return requests; }

}  // namespace kvm_model

void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return kvm_model::Request(bytes, kvm_model::MemoryShortage::Of::kThoseThatReturnNull);
}
void* operator new(std::size_t bytes) {
  void* const memory = kvm_model::Request(bytes, kvm_model::MemoryShortage::Of::kThoseThatThrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return kvm_model::Request(bytes, kvm_model::MemoryShortage::Of::kThoseThatReturnNull,
                            static_cast<std::size_t>(alignment));
}
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
