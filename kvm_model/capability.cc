#include "kvm_model/capability.h"

#include <cstdint>
#include <string_view>

#include "kvm_model/arch.h"
#include "kvm_model/attribute_switch.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/silent_trail.h"
#include "kvm_model/supported.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using uapi::Cap;

// No case is compiled in, or none exists: the architecture's function is asked. No case answers a
// negative number.
constexpr std::int64_t kNoCase = -1;

constexpr std::int64_t kDirtyRingMaxBytes =
    std::int64_t{uapi::kDirtyRingMaxEntries} * std::int64_t{sizeof(uapi::kvm_dirty_gfn)};

template <typename T>
std::int64_t CompiledIn(const T& trail, std::string_view symbol, bool on, std::int64_t value) {
  if (!trail.If(symbol, on)) return kNoCase;
  return value;
}

// The arms that stand under the Kconfig symbol of per-VM memory attributes.
template <typename T>
std::int64_t VmAttributes(const Host& host, const Vm* vm, const T& trail) {
  if (!trail.If(host.revision().vm_attributes_symbol, host.facts().vm_memory_attributes_config)) {
    return kNoCase;
  }
  if (InPlaceConversion(host, trail)) return 0;
  return static_cast<std::int64_t>(SupportedMemAttributes(host, vm, trail));
}

// What a capability of guest_memfds' conversions answers: `supported` where they convert.
template <typename T>
std::int64_t WhereGuestMemfdsConvert(const Host& host, const Vm* vm, const T& trail,
                                     std::uint64_t (*supported)(const Host&, const Vm*,
                                                                const Trail&)) {
  if (!trail.If("CONFIG_KVM_GUEST_MEMFD", host.facts().guest_memfd)) return kNoCase;
  if (!InPlaceConversion(host, trail)) return 0;
  return static_cast<std::int64_t>(supported(host, vm, trail));
}

// The capabilities of conversions, whose numbers differ between revisions.
template <typename T>
std::int64_t ConversionCapability(const Host& host, const Vm* vm, std::int64_t capability,
                                  const T& trail) {
  const Revision& revision = host.revision();
  if (capability == revision.content_modes_cap) {
    return WhereGuestMemfdsConvert(host, vm, trail, SupportedSetMemAttributes2Flags);
  }
  if (capability == revision.guest_memfd_attributes_cap) {
    return WhereGuestMemfdsConvert(host, vm, trail, SupportedMemAttributes);
  }
  if (capability == revision.memory_attributes2_cap) return VmAttributes(host, vm, trail);
  return kNoCase;
}

template <typename T>
std::int64_t MultiAddressSpace(const Host& host, const Vm* vm, const T& trail) {
  const int most = host.arch().MaxAddressSpaces(host);
  if (!trail.If("KVM_MAX_NR_ADDRESS_SPACES > 1", most > 1)) return kNoCase;
  if (trail.If("kvm == NULL", vm == nullptr)) return most;
  trail.If("kvm_arch_has_private_mem(kvm)", vm->has_private_mem());
  return host.arch().AddressSpaces(host, vm->type());
}

template <typename T>
std::int64_t NrMemslots(const Host& host, const T& trail) {
  const std::uint32_t slots = host.facts().user_mem_slots;
  if (host.arch().traits().user_mem_slots_inferred && slots != uapi::kMemSlotsNum) {
    trail.Note(Certainty::kInferred, "how many slots KVM keeps for itself");
  }
  return slots;
}

template <typename T>
std::int64_t GuestMemfd(const Host& host, const Vm* vm, const T& trail) {
  if (!trail.If(host.revision().guest_memfd_symbol, host.facts().guest_memfd)) return kNoCase;
  if (host.revision().guest_memfd_for_every_vm) return 1;
  if (trail.If("kvm == NULL", vm == nullptr)) return 1;
  return trail.If("kvm_arch_has_private_mem(kvm)", vm->has_private_mem()) ? 1 : 0;
}

// kvm_vm_ioctl_check_extension_generic()'s switch, in its order.
template <typename T>
std::int64_t GenericCase(const Host& host, const Vm* vm, std::int64_t capability, const T& trail) {
  const HostFacts& facts = host.facts();
  switch (capability) {
    case Cap("KVM_CAP_SYNC_MMU"):
      return host.revision().sync_mmu_is_generic ? 1 : kNoCase;
    case Cap("KVM_CAP_USER_MEMORY"):
    case Cap("KVM_CAP_USER_MEMORY2"):
    case Cap("KVM_CAP_DESTROY_MEMORY_REGION_WORKS"):
    case Cap("KVM_CAP_JOIN_MEMORY_REGIONS_WORKS"):
    case Cap("KVM_CAP_INTERNAL_ERROR_DATA"):
      return 1;
    case Cap("KVM_CAP_SIGNAL_MSI"):
      return CompiledIn(trail, "CONFIG_HAVE_KVM_MSI", facts.msi, 1);
    case Cap("KVM_CAP_IRQFD"):
      return CompiledIn(trail, "CONFIG_HAVE_KVM_IRQCHIP", facts.irqchip, 1);
    case Cap("KVM_CAP_IOEVENTFD_ANY_LENGTH"):
    case Cap("KVM_CAP_CHECK_EXTENSION_VM"):
    case Cap("KVM_CAP_ENABLE_CAP_VM"):
    case Cap("KVM_CAP_HALT_POLL"):
      return 1;
    case Cap("KVM_CAP_COALESCED_MMIO"):
      return CompiledIn(trail, "CONFIG_KVM_MMIO", facts.mmio,
                        host.arch().traits().coalesced_mmio_page_offset);
    case Cap("KVM_CAP_COALESCED_PIO"):
      return CompiledIn(trail, "CONFIG_KVM_MMIO", facts.mmio, 1);
    case Cap("KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2"):
      if (!trail.If("CONFIG_KVM_GENERIC_DIRTYLOG_READ_PROTECT", facts.dirtylog_read_protect))
        return kNoCase;
      return static_cast<std::int64_t>(host.arch().DirtyLogManualCaps(host, trail));
    case Cap("KVM_CAP_IRQ_ROUTING"):
      return CompiledIn(trail, "CONFIG_HAVE_KVM_IRQ_ROUTING", facts.irq_routing,
                        uapi::kMaxIrqRoutes);
    case Cap("KVM_CAP_MULTI_ADDRESS_SPACE"):
      return MultiAddressSpace(host, vm, trail);
    case Cap("KVM_CAP_NR_MEMSLOTS"):
      return NrMemslots(host, trail);
    case Cap("KVM_CAP_DIRTY_LOG_RING"):
      return trail.If("CONFIG_HAVE_KVM_DIRTY_RING_TSO", facts.dirty_ring_tso) ? kDirtyRingMaxBytes
                                                                              : 0;
    case Cap("KVM_CAP_DIRTY_LOG_RING_ACQ_REL"):
      return trail.If("CONFIG_HAVE_KVM_DIRTY_RING_ACQ_REL", facts.dirty_ring_acq_rel)
                 ? kDirtyRingMaxBytes
                 : 0;
    case Cap("KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP"):
      return CompiledIn(trail, "CONFIG_NEED_KVM_DIRTY_RING_WITH_BITMAP",
                        facts.dirty_ring_with_bitmap, 1);
    case Cap("KVM_CAP_BINARY_STATS_FD"):
    case Cap("KVM_CAP_SYSTEM_EVENT_DATA"):
    case Cap("KVM_CAP_DEVICE_CTRL"):
      return 1;
    case Cap("KVM_CAP_MEMORY_ATTRIBUTES"):
      return VmAttributes(host, vm, trail);
    case Cap("KVM_CAP_GUEST_MEMFD"):
      return GuestMemfd(host, vm, trail);
    case Cap("KVM_CAP_GUEST_MEMFD_FLAGS"):
      if (!trail.If("CONFIG_KVM_GUEST_MEMFD", facts.guest_memfd_flags)) return kNoCase;
      return static_cast<std::int64_t>(SupportedGuestMemfdFlags(host, vm, trail));
    default:
      return ConversionCapability(host, vm, capability, trail);
  }
}

// This and Answer() are not inlined, so that each copy saves no more registers than it needs.
template <typename T>
[[gnu::noinline]] Result<std::int64_t> ArchAnswer(const Host& host, const Vm* vm,
                                                  std::int64_t capability, T caller) {
  const T trail = caller.In("kvm_vm_ioctl_check_extension");
  const CapabilityValue value = host.arch().CheckExtension(host, vm, capability, trail);
  if (!value.has_value()) {
    trail.If("the architecture's function has a case for it", false);
    return trail.Answer(0);
  }
  if (!value->has_value()) return Failure(value->error());
  return trail.Answer(**value);
}

// The capabilities of guest_memfd and of numbers that linux-7.0 hasn't given out.
bool IsGuestMemfds(std::int64_t capability) {
  return capability == Cap("KVM_CAP_MEMORY_ATTRIBUTES") ||
         capability == Cap("KVM_CAP_GUEST_MEMFD") ||
         capability == Cap("KVM_CAP_GUEST_MEMFD_FLAGS") || capability > Cap("KVM_CAP_S390_KEYOP");
}

template <typename T>
[[gnu::noinline]] Result<std::int64_t> Answer(const Host& host, const Vm* vm,
                                              std::int64_t capability, T caller) {
  const T trail = caller.In("kvm_vm_ioctl_check_extension_generic");
  const std::int64_t generic = GenericCase(host, vm, capability, trail);
  if (generic == kNoCase) return ArchAnswer(host, vm, capability, trail);
  return trail.Answer(generic);
}

[[gnu::noinline]] Result<std::int64_t> AnswerListener(const Host& host, const Vm* vm,
                                                      std::int64_t capability, const Trail& trail) {
  const std::string_view inference = host.revision().inference;
  if (!inference.empty() && !IsGuestMemfds(capability)) trail.Note(Certainty::kInferred, inference);
  return Answer(host, vm, capability, trail);
}

}  // namespace

Result<std::int64_t> CheckExtension(const Host& host, const Vm* vm, std::int64_t capability,
                                    const Trail& trail) {
  if (trail.listening()) return AnswerListener(host, vm, capability, trail);
  return Answer(host, vm, capability, SilentTrail());
}

}  // namespace kvm_model
