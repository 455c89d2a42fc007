// What riscv looks up in a host's settings once.
#ifndef KVM_MODEL_ARCH_RISCV_FACTS_H_
#define KVM_MODEL_ARCH_RISCV_FACTS_H_

#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/setting.h"

namespace kvm_model::riscv {

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
