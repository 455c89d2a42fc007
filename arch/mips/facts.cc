#include "arch/mips/facts.h"

#include <memory>

#include "arch/mips/arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/setting.h"

namespace kvm_model {

mips::Facts::Facts(const HostDraft& host)
    : fpu(host["hw.fpu"] != 0),
      msa(host["hw.msa"] != 0),
      partitioning(host["hw.wrp"] != 0),
      is_64bit(host["CONFIG_64BIT"] != 0) {}

std::unique_ptr<const ArchFacts> Mips::MakeFacts(const HostDraft& host) const {
  return std::make_unique<mips::Facts>(host);
}

}  // namespace kvm_model
