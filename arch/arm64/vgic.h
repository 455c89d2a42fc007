// arm64's interrupt controllers: KVM_CREATE_IRQCHIP, and KVM_CREATE_DEVICE for a GICv2, a GICv3 and
// an ITS.
//
// A created controller changes what its VM answers: KVM_CAP_MAX_VCPUS and KVM_CAP_MAX_VCPU_ID fall
// to what the model of GIC serves, KVM_CAP_MSI_DEVID becomes 1 once there is an ITS. The
// controllers' own ioctls are not modelled: ENOSYS, with a note in the trail.
//
// Models kvm_vgic_create() and vgic_its_create() (linux-7.0).
#ifndef KVM_MODEL_ARCH_ARM64_VGIC_H_
#define KVM_MODEL_ARCH_ARM64_VGIC_H_

#include <cstdint>
#include <memory>

#include "kvm_model/file.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"

namespace kvm_model::arm64 {

// KVM_CREATE_IRQCHIP makes a GICv2. ENXIO without a vGIC on the host; ENODEV when it has no GICv2
// for guests; EEXIST when the VM has a GIC; E2BIG when it has more vCPUs than 8, which limits it to
// 8 all the same; ENOMEM.
Result<std::int64_t> CreateIrqchip(Vm& vm, const Trail& trail);

// KVM_CREATE_DEVICE: the controller's file, or with `test` none. ENODEV for a type that this host
// doesn't register, then ENOMEM, then as above, with 512 vCPUs for a GICv3. An ITS asks for no GIC.
Result<std::shared_ptr<File>> CreateVgicDevice(const std::shared_ptr<Vm>& vm, std::uint32_t type,
                                               bool test, const Trail& trail);

}  // namespace kvm_model::arm64

#endif  // KVM_MODEL_ARCH_ARM64_VGIC_H_
