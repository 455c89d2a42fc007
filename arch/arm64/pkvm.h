// pKVM's gate: which capabilities a host in protected mode lets through.
//
// Asked before KVM_CHECK_EXTENSION's and KVM_ENABLE_CAP's switches, and for the architecture's own
// ioctls of a VM. What the generic functions answer doesn't come here.
//
// Models kvm_pkvm_ext_allowed() and kvm_pkvm_ioctl_allowed() (linux-7.0; the call was read there,
// the list in 7.2), and kvm_pvm_ext_allowed() (linux-6.18; the list was read in 6.12).
#ifndef KVM_MODEL_ARCH_ARM64_PKVM_H_
#define KVM_MODEL_ARCH_ARM64_PKVM_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"

namespace kvm_model::arm64 {

// Whom a question is about. No call of user space makes a protected VM in the modelled revisions.
enum class PkvmScope : std::uint8_t { kSystem, kVm, kProtectedVm };

// Whether a host in protected mode lets the capability through.
bool PkvmAllows(const Revision& revision, PkvmScope scope, std::int64_t capability,
                const Trail& trail);

// Whether such a host lets one of the architecture's own ioctls of a VM through, by its name: those
// without a capability it refuses.
bool PkvmAllowsIoctl(const Revision& revision, PkvmScope scope, std::string_view ioctl,
                     const Trail& trail);

// The gate as this host asks it, of /dev/kvm where `vm` is null: whether the capability, or the
// ioctl, is kept from the caller. Nothing is where the host is in no protected mode.
bool PkvmHides(const Host& host, const Vm* vm, std::int64_t capability, const Trail& trail);
bool PkvmRefusesIoctl(const Vm& vm, std::string_view ioctl, const Trail& trail);

// The capability that stands for one of the architecture's own ioctls of a VM; nothing for others.
std::optional<std::int64_t> CapabilityOfIoctl(std::string_view ioctl);

}  // namespace kvm_model::arm64

#endif  // KVM_MODEL_ARCH_ARM64_PKVM_H_
