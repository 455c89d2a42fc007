#include "arch/generic/capabilities.h"

#include <cstdint>

#include "arch/loongarch/arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"

namespace kvm_model {
namespace {

// What kvm_vm_ioctl_check_extension() has cases for and the model has not, in order.
constexpr std::int16_t kNotModelled[] = {
    0, 9, 14, 23, 36, 54, 66, 70, 81, 128, 136,
};

}  // namespace

CapabilityValue Loongarch::CheckExtension(const Host& host, const Vm*, std::int64_t capability,
                                          const Trail& trail) const {
  return generic::CheckRemaining(host, capability, kNotModelled, trail);
}

}  // namespace kvm_model
