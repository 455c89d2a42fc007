#include "uapi/capability_facts.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "uapi/capabilities.h"
#include "uapi/capability_facts_from_0.h"
#include "uapi/capability_facts_from_128.h"
#include "uapi/capability_facts_from_192.h"
#include "uapi/capability_facts_from_64.h"
#include "uapi/capability_flags.h"
#include "uapi/constants.h"

namespace kvm_model::uapi {
namespace {

using enum CapabilityGroup;

constexpr auto kGroups = std::to_array<CapabilityGroupInfo>({
    {kApi, "api", "The API itself",
     "How a program finds out what KVM offers, makes VMs and devices, and switches things on or "
     "off."},
    {kLimits, "limits", "Limits",
     "How many virtual CPUs, memory slots and address bits a VM can have."},
    {kMemory, "memory", "Guest memory",
     "How a program gives a guest its memory, and how KVM maps it. Memory that the host may not "
     "see is under guest_memfd and memory attributes."},
    {kGuestMemfd, "guest-memfd", "guest_memfd and memory attributes",
     "Guest memory held by a file of KVM's own, and which pages of it are private to the guest or "
     "shared with the host."},
    {kDirtyLogging, "dirty-logging", "Dirty logging",
     "How a program learns which pages a guest has written, which it must know to move a running "
     "guest to another host."},
    {kInterrupts, "interrupts", "Interrupt controllers and injection",
     "Who emulates a machine's interrupt controllers, and how a program raises interrupts."},
    {kIo, "io", "Device access and eventfds",
     "How accesses of a guest to devices reach a program, and how devices reach the guest, with "
     "fewer stops."},
    {kTime, "time", "Clocks and timers",
     "The guest's clocks, counters and timers, and how a program sets, saves and restores them."},
    {kCpuFeatures, "cpu-features", "CPU features and identification",
     "What a virtual CPU can do and what it tells the guest about itself."},
    {kVcpuState, "vcpu-state", "State of a virtual CPU",
     "The registers and pending events that a program can read, set, save and restore."},
    {kExits, "exits", "Running a virtual CPU and its exits",
     "When a virtual CPU stops running the guest and returns to the program, with what, and how it "
     "waits."},
    {kDebugging, "debugging", "Guest debugging", "How a program debugs the code of a guest."},
    {kNested, "nested", "Nested virtualization", "Guests that run guests of their own."},
    {kConfidential, "confidential", "Confidential VMs",
     "VMs whose memory and registers the host cannot read, by the processor's or the firmware's "
     "protection."},
    {kHyperVAndXen, "hyper-v-and-xen", "Interfaces of Hyper-V and Xen",
     "What KVM offers to guests that are written for Microsoft's Hyper-V or for Xen."},
    {kPowerpc, "powerpc", "powerpc machines",
     "What exists on powerpc only: pSeries machines, page tables, interrupt controllers, embedded "
     "processors."},
    {kS390, "s390", "s390 machines",
     "What exists on s390 only: instructions that a program handles, interrupts, storage keys, "
     "facilities."},
});

template <std::size_t... kSizes>
constexpr auto Join(const std::array<CapabilityFacts, kSizes>&... parts) {
  std::array<CapabilityFacts, (kSizes + ...)> all{};
  auto end = all.begin();
  ((end = std::ranges::copy(parts, end).out), ...);
  return all;
}

constexpr auto kFacts =
    Join(capability_facts_table::kRowsFrom0, capability_facts_table::kRowsFrom64,
         capability_facts_table::kRowsFrom128, capability_facts_table::kRowsFrom192);

constexpr bool TablesAreWellFormed() {
  for (std::size_t i = 0; i < kGroups.size(); ++i) {
    if (static_cast<std::size_t>(kGroups[i].group) != i) return false;
  }
  return std::ranges::equal(kFacts, AllCapabilities(), {}, &CapabilityFacts::name,
                            &CapabilityName::name);
}
static_assert(TablesAreWellFormed());

// The bits of one capability's value on one architecture, or on all where `arch` is empty.
struct ValueFlags {
  std::string_view name;
  std::string_view arch;
  std::span<const FlagName> flags;
};

constexpr auto kValueFlags = std::to_array<ValueFlags>({
    {"KVM_CAP_XEN_HVM", "x86", kXenHvmFlags},
    {"KVM_CAP_ADJUST_CLOCK", "x86", kClockFlags},
    {"KVM_CAP_SYNC_REGS", "x86", kX86SyncRegsFlags},
    {"KVM_CAP_X2APIC_API", "x86", kX2apicApiFlags},
    {"KVM_CAP_X86_DISABLE_EXITS", "x86", kX86DisableExitsFlags},
    {"KVM_CAP_PPC_SMT_POSSIBLE", "powerpc", kPowerpcSmtFlags},
    {"KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2", "", kDirtyLogManualFlags},
    {"KVM_CAP_X86_BUS_LOCK_EXIT", "x86", kBusLockDetectionFlags},
    {"KVM_CAP_SET_GUEST_DEBUG2", "x86", kX86GuestDebugFlags},
    {"KVM_CAP_SET_GUEST_DEBUG2", "arm64", kArm64GuestDebugFlags},
    {"KVM_CAP_SET_GUEST_DEBUG2", "s390", kS390GuestDebugFlags},
    {"KVM_CAP_EXIT_HYPERCALL", "x86", kExitHypercallFlags},
    {"KVM_CAP_S390_MEM_OP_EXTENSION", "s390", kS390MemOpExtensionFlags},
    {"KVM_CAP_PMU_CAPABILITY", "x86", kPmuCapFlags},
    {"KVM_CAP_DISABLE_QUIRKS2", "x86", kX86QuirkFlags},
    {"KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES", "arm64", kArm64BlockSizeFlags},
    {"KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES", "arm64", kArm64RegMaskRangeFlags},
    {"KVM_CAP_MEMORY_ATTRIBUTES", "", kMemoryAttributeFlags},
    {"KVM_CAP_VM_TYPES", "x86", kX86VmTypeFlags},
    {"KVM_CAP_GUEST_MEMFD_FLAGS", "", kGuestMemfdFlags},
    {"KVM_CAP_MEMORY_ATTRIBUTES2", "", kMemoryAttributeFlags},
    {"KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES", "", kMemoryAttributeFlags},
    {"KVM_CAP_MEMORY_ATTRIBUTES2_FLAGS", "", kSetMemoryAttributes2Flags},
});

}  // namespace

std::span<const CapabilityGroupInfo> CapabilityGroups() { return kGroups; }

const CapabilityGroupInfo& GroupInfo(CapabilityGroup group) {
  return kGroups[static_cast<std::size_t>(group)];
}

std::span<const CapabilityFacts> AllCapabilityFacts() { return kFacts; }

const CapabilityFacts* FindCapabilityFacts(std::string_view name) {
  const auto found = std::ranges::find(kFacts, name, &CapabilityFacts::name);
  return found == kFacts.end() ? nullptr : &*found;
}

const CapabilityFacts* FindCapabilityFacts(int number, std::string_view name) {
  const std::span<const CapabilityName> names = AllCapabilities();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].number == number && names[i].name == name) return &kFacts[i];
  }
  return nullptr;
}

std::span<const FlagName> CapabilityValueFlags(std::string_view name, std::string_view arch) {
  for (const ValueFlags& row : kValueFlags) {
    if (row.name == name && (row.arch.empty() || row.arch == arch)) return row.flags;
  }
  return {};
}

CapabilityValueKind CapabilityValueKindOn(const CapabilityFacts& facts, std::string_view arch) {
  const bool bits =
      facts.value == CapabilityValueKind::kFlags || facts.value == CapabilityValueKind::kVmTypes;
  if (bits && CapabilityValueFlags(facts.name, arch).empty()) return CapabilityValueKind::kBoolean;
  return facts.value;
}

}  // namespace kvm_model::uapi
