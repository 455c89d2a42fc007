// What mips looks up in a host's settings once.
#ifndef KVM_MODEL_ARCH_MIPS_FACTS_H_
#define KVM_MODEL_ARCH_MIPS_FACTS_H_

#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/setting.h"

namespace kvm_model::mips {

struct Facts final : ArchFacts {
  explicit Facts(const HostDraft& host);

  bool fpu = false;           // raw_cpu_has_fpu
  bool msa = false;           // cpu_has_msa
  bool partitioning = false;  // MSA_IR_WRPF
  bool is_64bit = false;      // CONFIG_64BIT
};

inline const Facts& FactsOf(const Host& host) {
  return static_cast<const Facts&>(host.arch_facts());
}

}  // namespace kvm_model::mips

#endif  // KVM_MODEL_ARCH_MIPS_FACTS_H_
