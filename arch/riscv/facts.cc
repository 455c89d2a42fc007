#include "arch/riscv/facts.h"

#include <memory>

#include "arch/riscv/arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/setting.h"

namespace kvm_model {

riscv::Facts::Facts(const HostDraft& host)
    : aia_available(host["hw.aia"] != 0), gpa_bits(static_cast<unsigned>(host["hw.gpa_bits"])) {}

std::unique_ptr<const ArchFacts> Riscv::MakeFacts(const HostDraft& host) const {
  return std::make_unique<riscv::Facts>(host);
}

}  // namespace kvm_model
