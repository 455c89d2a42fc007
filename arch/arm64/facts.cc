#include "arch/arm64/facts.h"

#include <algorithm>
#include <cstdint>
#include <memory>

#include "arch/arm64/arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/setting.h"

namespace kvm_model {
namespace arm64 {
namespace {

// kvm_supported_block_sizes(): a page, and what an entry of the levels above it maps; each level
// resolves page shift - 3 bits. Blocks of 1 GiB are the largest with 4 KiB pages, and those of the
// level above the last with larger ones.
std::uint64_t BlockSizes(std::int64_t page_shift) {
  const int levels = page_shift == 12 ? 3 : 2;
  std::uint64_t sizes = 0;
  for (int level = 0; level < levels; ++level) {
    sizes |= std::uint64_t{1} << (page_shift + level * (page_shift - 3));
  }
  return sizes;
}

}  // namespace

Facts::Facts(const HostDraft& host) {
  const auto on = [&](const char* setting) { return host[setting] != 0; };
  const std::int64_t mode = host["kvm_arm.mode"];
  const std::int64_t vgic = host["hw.vgic"];
  pkvm = mode == kProtected;
  vgic_present = vgic != kNoVgic;
  // The v2 interface of a GICv3 isn't used in protected mode.
  can_emulate_gicv2 = vgic == kVgicV2 || (on("hw.vgic_v2_compat") && !pkvm);
  can_emulate_gicv3 = vgic == kVgicV3 || vgic == kVgicV5;
  default_max_vcpus = vgic == kVgicV2 ? kVgicV2MaxCpus : kVgicV3MaxCpus;

  mte = on("CONFIG_ARM64_MTE") && on("hw.mte");
  sched_info = on("CONFIG_SCHED_INFO");
  el1_32bit = on("hw.el1_32bit");
  nested_virt = mode == kNested && on("hw.nested_virt");
  hcr_nv1 = nested_virt && on("hw.hcr_nv1");
  breakpoints = host["hw.breakpoints"];
  watchpoints = host["hw.watchpoints"];
  pmu_v3 = on("CONFIG_ARM_PMU") && on("hw.pmu_v3");
  ras = on("CONFIG_ARM64_RAS_EXTN") && on("hw.ras");
  ipa_limit = static_cast<unsigned>(host["hw.ipa_bits"]);
  sve = on("CONFIG_ARM64_SVE") && on("hw.sve");
  full_ptrauth =
      on("CONFIG_ARM64_PTR_AUTH") && on("hw.ptrauth_address") && on("hw.ptrauth_generic");
  one_ptrauth_algorithm = host["hw.ptrauth_address"] == host["hw.ptrauth_generic"];
  block_sizes = BlockSizes(host["CONFIG_PAGE_SHIFT"]);
  fwb = on("hw.fwb");
  cache_dic = on("hw.cache_dic");
}

}  // namespace arm64

std::unique_ptr<const ArchFacts> Arm64::MakeFacts(const HostDraft& host) const {
  return std::make_unique<arm64::Facts>(host);
}

}  // namespace kvm_model
