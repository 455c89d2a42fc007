#include "kvm_model/supported.h"

#include <cstdint>

#include "kvm_model/arch.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/host.h"
#include "kvm_model/silent_trail.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/constants.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

// Each function once for a listener and once for none; not inlined, so that the one for none saves
// no more registers than it needs.

template <typename T>
[[gnu::noinline]] Attributes MemAttributes(const Host& host, const Vm* vm, T caller) {
  const T trail = caller.In("kvm_supported_mem_attributes");
  if (!trail.If("kvm_arch_has_private_mem is defined in this build",
                host.facts().private_mem_hook)) {
    return 0;
  }
  if (trail.If("kvm == NULL", vm == nullptr)) return uapi::kMemoryAttributePrivate;
  if (trail.If("kvm_arch_has_private_mem(kvm)", vm->has_private_mem(),
               {{"vm type", vm->type().number}})) {
    return uapi::kMemoryAttributePrivate;
  }
  return 0;
}

template <typename T>
[[gnu::noinline]] std::uint64_t SetMemAttributes2Flags(const Host& host, const Vm* vm, T caller) {
  const T trail = caller.In("kvm_supported_set_mem_attributes2_flags");
  if (!trail.If("CONFIG_KVM_GUEST_MEMFD", host.facts().guest_memfd)) return 0;
  if (trail.If("kvm == NULL", vm == nullptr)) {
    return uapi::kSetMemoryAttributes2Zero | uapi::kSetMemoryAttributes2Preserve;
  }
  const std::uint64_t modes = host.arch().content_modes().supported(*vm);
  trail.If("kvm_arch_gmem_supported_content_modes(kvm) != 0", modes != 0,
           {{"vm type", vm->type().number}, {"modes", modes}});
  return modes;
}

template <typename T>
[[gnu::noinline]] std::uint64_t GuestMemfdFlags(const Host& host, const Vm* vm, T caller) {
  const T trail = caller.In("kvm_gmem_get_supported_flags");
  const std::uint64_t always = uapi::kGuestMemfdFlagMmap;
  if (trail.If("kvm == NULL", vm == nullptr)) return always | uapi::kGuestMemfdFlagInitShared;
  if (trail.If("kvm_arch_supports_gmem_init_shared(kvm)",
               host.arch().SupportsGmemInitShared(host, vm->type(), trail))) {
    return always | uapi::kGuestMemfdFlagInitShared;
  }
  return always;
}

}  // namespace

Attributes SupportedMemAttributes(const Host& host, const Vm* vm, const Trail& trail) {
  if (trail.listening()) return MemAttributes(host, vm, trail);
  return MemAttributes(host, vm, SilentTrail());
}

std::uint64_t SupportedSetMemAttributes2Flags(const Host& host, const Vm* vm, const Trail& trail) {
  if (trail.listening()) return SetMemAttributes2Flags(host, vm, trail);
  return SetMemAttributes2Flags(host, vm, SilentTrail());
}

std::uint64_t SupportedGuestMemfdFlags(const Host& host, const Vm* vm, const Trail& trail) {
  if (trail.listening()) return GuestMemfdFlags(host, vm, trail);
  return GuestMemfdFlags(host, vm, SilentTrail());
}

bool AnyReservedSet(const uapi::kvm_memory_attributes2& args) {
  std::uint64_t bits = 0;
  for (const std::uint64_t word : args.reserved) bits |= word;
  return bits != 0;
}

}  // namespace kvm_model
