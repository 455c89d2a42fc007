// Words of memory attributes, and the runs of pages that share one.
#ifndef KVM_MODEL_KVM_MODEL_ATTRIBUTE_RUN_H_
#define KVM_MODEL_KVM_MODEL_ATTRIBUTE_RUN_H_

#include <cstdint>

#include "kvm_model/page.h"

namespace kvm_model {

// A word of memory attributes: KVM_MEMORY_ATTRIBUTE_PRIVATE or 0 in practice, any value here.
using Attributes = std::uint64_t;

// A maximal run of pages with the same attributes.
struct AttributeRun {
  PageRange pages;
  Attributes attributes = 0;
  friend bool operator==(const AttributeRun&, const AttributeRun&) = default;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_ATTRIBUTE_RUN_H_
