// InvalidationListener: is told what guests lose from their page tables, and why.
//
// One can be set on a Kernel. It is called for each range of guest memory of each VM at the moment
// at which the range is dropped, whether or not anything of it was mapped: the notices of one VM
// come in the order in which its page tables change. Without a listener an invalidation costs one
// more atomic load.
#ifndef KVM_MODEL_KVM_MODEL_INVALIDATION_LISTENER_H_
#define KVM_MODEL_KVM_MODEL_INVALIDATION_LISTENER_H_

#include <cstdint>

#include "kvm_model/page.h"

namespace kvm_model {

class Vm;

enum class InvalidationCause : std::uint8_t {
  kConversion,         // a guest_memfd's attributes change
  kPunchedHole,        // of a guest_memfd
  kMemoryError,        // in a page of a guest_memfd
  kFileRelease,        // the last descriptor of a guest_memfd is closed
  kMemslotDeleted,     // with all that it showed
  kMemslotMoved,       // its old place
  kAttributesChanged,  // those that the VM itself tracks
  kUserUnmapped,       // the VM's process lost pages that a memslot shows
};

// Which of a guest's pages an invalidation takes, where its shared and its private memory have page
// tables of their own (VmType::mirrored_page_tables); elsewhere all, whatever it says. Models enum
// kvm_gfn_range_filter.
enum class GfnFilter : std::uint8_t { kShared, kPrivate, kBoth };

class InvalidationListener {
 public:
  virtual ~InvalidationListener() = default;
  // Called in the thread that drops the range, with the model's locks held: it must not call the
  // model.
  virtual void OnInvalidate(const Vm& vm, PageRange gfns, InvalidationCause cause) = 0;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_INVALIDATION_LISTENER_H_
