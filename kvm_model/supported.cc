#include "kvm_model/supported.h"

#include <cstdint>

#include "kvm_model/arch.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/host.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/constants.h"
#include "uapi/structs.h"

namespace kvm_model {

Attributes SupportedMemAttributes(const Host& host, const Vm* vm, const Trail& caller) {
  const Trail trail = caller.In("kvm_supported_mem_attributes");
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

std::uint64_t SupportedSetMemAttributes2Flags(const Host& host, const Vm* vm, const Trail& caller) {
  const Trail trail = caller.In("kvm_supported_set_mem_attributes2_flags");
  if (!trail.If("CONFIG_KVM_GUEST_MEMFD", host.facts().guest_memfd)) return 0;
  if (trail.If("kvm == NULL", vm == nullptr)) {
    return uapi::kSetMemoryAttributes2Zero | uapi::kSetMemoryAttributes2Preserve;
  }
  const std::uint64_t modes = host.arch().content_modes().supported(*vm);
  trail.If("kvm_arch_gmem_supported_content_modes(kvm) != 0", modes != 0,
           {{"vm type", vm->type().number}, {"modes", modes}});
  return modes;
}

std::uint64_t SupportedGuestMemfdFlags(const Host& host, const Vm* vm, const Trail& caller) {
  const Trail trail = caller.In("kvm_gmem_get_supported_flags");
  const std::uint64_t always = uapi::kGuestMemfdFlagMmap;
  if (trail.If("kvm == NULL", vm == nullptr)) return always | uapi::kGuestMemfdFlagInitShared;
  if (trail.If("kvm_arch_supports_gmem_init_shared(kvm)",
               host.arch().SupportsGmemInitShared(host, vm->type(), trail))) {
    return always | uapi::kGuestMemfdFlagInitShared;
  }
  return always;
}

bool AnyReservedSet(const uapi::kvm_memory_attributes2& args) {
  std::uint64_t bits = 0;
  for (const std::uint64_t word : args.reserved) bits |= word;
  return bits != 0;
}

}  // namespace kvm_model
