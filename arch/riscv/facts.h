// What riscv looks up in a host's settings once.
#ifndef KVM_MODEL_ARCH_RISCV_FACTS_H_
#define KVM_MODEL_ARCH_RISCV_FACTS_H_

#include <cstdint>

#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/setting.h"

namespace kvm_model::riscv {

// Bits of a guest physical address in each G-stage mode. 32-bit kernels have the first, 64-bit ones
// the others, smallest first.
inline constexpr std::int64_t kSv32x4 = 34;
inline constexpr std::int64_t kSv39x4 = 41;
inline constexpr std::int64_t kSv48x4 = 50;
inline constexpr std::int64_t kSv57x4 = 59;
inline constexpr std::int64_t kGpaBits[] = {kSv32x4, kSv39x4, kSv48x4, kSv57x4};

struct Facts final : ArchFacts {
  explicit Facts(const HostDraft& host);

  bool aia_available = false;  // kvm_riscv_aia_available()
  unsigned gpa_bits = 0;       // of the host's G-stage mode
};

inline const Facts& FactsOf(const Host& host) {
  return static_cast<const Facts&>(host.arch_facts());
}

}  // namespace kvm_model::riscv

#endif  // KVM_MODEL_ARCH_RISCV_FACTS_H_
