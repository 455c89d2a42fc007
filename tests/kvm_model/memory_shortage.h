// A test that links this has an operator new that counts requests for memory and fails some.
// Meanwhile only one thread may make any.
#ifndef KVM_MODEL_TESTS_KVM_MODEL_MEMORY_SHORTAGE_H_
#define KVM_MODEL_TESTS_KVM_MODEL_MEMORY_SHORTAGE_H_

#include <cstddef>
#include <cstdint>

namespace kvm_model {

struct MemoryShortage {
  enum class Of : std::uint8_t { kAllRequests, kThoseThatThrow, kThoseThatReturnNull };

  Of of = Of::kAllRequests;
  // How many of them are granted before one fails.
  std::uint64_t granted = 0;
  // Whether those behind it fail too.
  bool for_good = true;
};

void BeginMemoryShortage(const MemoryShortage& shortage = {});
// Whether a request has failed since it began.
bool EndMemoryShortage();

// How many requests the program has made.
std::size_t MemoryRequests();

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_KVM_MODEL_MEMORY_SHORTAGE_H_
