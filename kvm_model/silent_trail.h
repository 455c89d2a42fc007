// SilentTrail: a Trail without a listener, known as such to the compiler.
//
// Code that answers often is a template over its trail, and is asked with a SilentTrail where
// nobody listens: its checks then cost the comparison alone. It is as good as Trail(nullptr), and
// turns into that for functions that take a Trail.
#ifndef KVM_MODEL_KVM_MODEL_SILENT_TRAIL_H_
#define KVM_MODEL_KVM_MODEL_SILENT_TRAIL_H_

#include <cstdint>
#include <string_view>

#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "uapi/errno.h"

namespace kvm_model {

class SilentTrail {
 public:
  SilentTrail In(std::string_view) const { return {}; }
  bool If(std::string_view, bool holds, const TrailValues& = {}) const { return holds; }
  void Note(Certainty, std::string_view) const {}
  [[nodiscard]] Failure Fail(uapi::Errno error) const { return Failure(error); }
  std::int64_t Answer(std::int64_t value) const { return value; }

  operator Trail() const { return Trail(nullptr); }
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_SILENT_TRAIL_H_
