// WordStore: a change of a map of attributes that is one store to one word. It is found out before
// it is made, and good until the map changes.
#ifndef KVM_MODEL_KVM_MODEL_WORD_STORE_H_
#define KVM_MODEL_KVM_MODEL_WORD_STORE_H_

#include <atomic>
#include <cstdint>

namespace kvm_model {

struct WordStore {
  std::atomic<std::uint64_t>* word = nullptr;  // null: the change isn't one
  std::uint64_t bits = 0;

  explicit operator bool() const { return word != nullptr; }
  void Make() const { word->store(bits, std::memory_order_release); }
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_WORD_STORE_H_
