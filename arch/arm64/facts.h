// What arm64 looks up in a host's settings once.
#ifndef KVM_MODEL_ARCH_ARM64_FACTS_H_
#define KVM_MODEL_ARCH_ARM64_FACTS_H_

#include <cstdint>

#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/setting.h"

namespace kvm_model::arm64 {

// The values of kvm_arm.mode.
enum Mode : std::int64_t { kVhe, kNvhe, kProtected, kNested };
// The values of hw.vgic.
enum Vgic : std::int64_t { kNoVgic, kVgicV2, kVgicV3, kVgicV5 };

// How many vCPUs a GICv2 and a GICv3 serve; KVM_MAX_VCPUS is the latter.
inline constexpr std::uint64_t kVgicV2MaxCpus = 8;
inline constexpr std::uint64_t kVgicV3MaxCpus = 512;

struct Facts final : ArchFacts {
  explicit Facts(const HostDraft& host);

  bool pkvm = false;  // is_protected_kvm_enabled()
  bool vgic_present = false;
  bool can_emulate_gicv2 = false;
  // KVM_DEV_TYPE_ARM_VGIC_V3 and _ITS are registered.
  bool can_emulate_gicv3 = false;
  std::uint64_t default_max_vcpus = 0;  // kvm_arm_default_max_vcpus()

  bool mte = false;         // system_supports_mte()
  bool sched_info = false;  // sched_info_on()
  bool el1_32bit = false;
  bool nested_virt = false;
  bool hcr_nv1 = false;
  std::int64_t breakpoints = 0;
  std::int64_t watchpoints = 0;
  bool pmu_v3 = false;
  bool ras = false;
  unsigned ipa_limit = 0;  // bits
  bool sve = false;
  bool full_ptrauth = false;
  bool one_ptrauth_algorithm = false;
  // One bit for each size in bytes that a page or block of the guest's memory can have.
  std::uint64_t block_sizes = 0;
  bool fwb = false;
  bool cache_dic = false;
};

inline const Facts& FactsOf(const Host& host) {
  return static_cast<const Facts&>(host.arch_facts());
}

}  // namespace kvm_model::arm64

#endif  // KVM_MODEL_ARCH_ARM64_FACTS_H_
