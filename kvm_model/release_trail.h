// ReleaseTrail: where a file that is released tells what it does.
//
// A file is released by its destructor, which takes no arguments. A call that may drop a file's
// last reference therefore says on its thread, for as long as it runs, where its decisions are
// told; a file that another thread's call releases tells that call.
#ifndef KVM_MODEL_KVM_MODEL_RELEASE_TRAIL_H_
#define KVM_MODEL_KVM_MODEL_RELEASE_TRAIL_H_

#include <utility>

#include "kvm_model/trail.h"

namespace kvm_model {

class ReleaseTrail {
 public:
  // `trail` must outlive this.
  explicit ReleaseTrail(const Trail& trail) : outer_(std::exchange(current_, &trail)) {}
  ~ReleaseTrail() { current_ = outer_; }
  ReleaseTrail(const ReleaseTrail&) = delete;
  ReleaseTrail& operator=(const ReleaseTrail&) = delete;

  // The innermost one's of this thread; without any, nobody listens.
  static Trail Current() { return current_ == nullptr ? Trail(nullptr) : *current_; }

 private:
  static inline thread_local const Trail* current_ = nullptr;
  const Trail* const outer_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_RELEASE_TRAIL_H_
