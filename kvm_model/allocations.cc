#include "kvm_model/allocations.h"

#include <initializer_list>

#include "kvm_model/kernel.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "uapi/errno.h"

namespace kvm_model {

Result<> AllocateEach(Kernel& kernel, std::initializer_list<Allocation> allocations,
                      const Trail& trail) {
  for (const Allocation& allocation : allocations) {
    if (!allocation.made) continue;
    if (trail.If(allocation.failure, !kernel.allocations().Allocate())) {
      return trail.Fail(uapi::Errno::kENOMEM);
    }
  }
  return {};
}

}  // namespace kvm_model
