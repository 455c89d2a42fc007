// Host: what was booted, as a value.
//
// An architecture, a revision, and its settings: Kconfig symbols, module parameters and hardware.
// It is checked as a whole when it is made, and never changes after. What is not set has the
// documented default.
//
//   auto host = Host::Create(*FindArch("x86"), DefaultRevision(),
//   {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}}); if (!host) std::cerr << host.error().message;
#ifndef KVM_MODEL_KVM_MODEL_HOST_H_
#define KVM_MODEL_KVM_MODEL_HOST_H_

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/arch.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"

namespace kvm_model {

// One NAME=VALUE. Values: y, n, 0, 1 for switches; decimal or 0x numbers; words where the setting
// has them.
struct SettingAssignment {
  std::string name;
  std::string value;
};

// Why a host can't be: the assignment at fault, where one is, and the rule that was broken, in
// words.
struct HostError {
  std::string setting;
  std::string message;
  // The setting doesn't exist on such a host, whatever its value.
  bool absent = false;
};

// What generic code asks of a host, looked up once.
struct HostFacts {
  unsigned page_shift = 12;
  bool guest_memfd = false;
  // It has flags.
  bool guest_memfd_flags = false;
  // KVM_USER_MEM_SLOTS: the slots that user space may use in an address space.
  std::uint32_t user_mem_slots = 0;
  // CONFIG_KVM_GENERIC_PRE_FAULT_MEMORY.
  bool pre_fault_memory = false;
  // The Kconfig symbol behind per-VM memory attributes is on.
  bool vm_memory_attributes_config = false;
  // VMs track attributes: the effective vm_memory_attributes.
  bool vm_memory_attributes = false;
  // Guest_memfds track attributes: the effective gmem_in_place_conversion, or the opposite of
  // vm_memory_attributes in a revision with that switch.
  bool in_place_conversion = false;
  // kvm_arch_has_private_mem() is defined in this build.
  bool private_mem_hook = false;
  bool msi = false;
  bool irqchip = false;
  bool irq_routing = false;
  bool mmio = false;
  bool dirtylog_read_protect = false;
  bool dirty_ring_tso = false;
  bool dirty_ring_acq_rel = false;
  bool dirty_ring_with_bitmap = false;
  std::uint64_t cpus = 1;
};

class Host {
 public:
  static std::expected<std::shared_ptr<const Host>, HostError> Create(
      const Arch& arch, const Revision& revision, std::span<const SettingAssignment> settings = {});

  const Arch& arch() const { return arch_; }
  const Revision& revision() const { return draft_.revision(); }
  const HostFacts& facts() const { return facts_; }
  // What the architecture looked up; its own code knows which type it is.
  const ArchFacts& arch_facts() const { return *arch_facts_; }
  std::uint64_t page_size() const { return std::uint64_t{1} << facts_.page_shift; }

  // The value of a setting; nothing when this host doesn't have it.
  std::optional<std::int64_t> Get(std::string_view setting) const;
  // The same for settings that the caller knows to exist or to mean "off" otherwise: 0 without one.
  std::int64_t operator[](std::string_view setting) const { return draft_[setting]; }

  // Every setting that this host has, in the table's order, as NAME=VALUE.
  std::vector<SettingAssignment> Settings() const;

 private:
  Host(const Arch& arch, HostDraft draft);

  const Arch& arch_;
  HostDraft draft_;
  HostFacts facts_;
  std::unique_ptr<const ArchFacts> arch_facts_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_HOST_H_
