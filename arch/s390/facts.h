// What s390 looks up in a host's settings once, and the limit that follows from it.
#ifndef KVM_MODEL_ARCH_S390_FACTS_H_
#define KVM_MODEL_ARCH_S390_FACTS_H_

#include <cstdint>

#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/setting.h"
#include "kvm_model/trail.h"

namespace kvm_model::s390 {

struct Facts final : ArchFacts {
  explicit Facts(const HostDraft& host);

  bool ucontrol = false;       // CONFIG_KVM_S390_UCONTROL
  bool hpage = false;          // kvm.hpage
  bool hpage_2g = false;       // kvm.hpage_2g, which needs kvm.hpage
  bool async_destroy = false;  // kvm.async_destroy

  // The machine's facilities, by number.
  bool facility_11 = false;   // the CPU topology
  bool facility_64 = false;   // runtime instrumentation
  bool facility_82 = false;   // branch prediction blocking
  bool facility_129 = false;  // vector registers
  bool facility_133 = false;  // guarded storage

  bool esop = false;    // enhanced suppression on protection
  bool sigpif = false;  // the machine interprets SIGP
  bool esca = false;    // the extended system control area
  bool scao_64bit = false;

  bool prot_virt_host = false;
  // The ultravisor has the calls that dump a protected VM.
  bool uv_dump_init = false;
  bool uv_dump_config_stor_state = false;
  bool uv_dump_cpu = false;
  bool uv_dump_complete = false;

  bool zpci_interp = false;
};

inline const Facts& FactsOf(const Host& host) {
  return static_cast<const Facts&>(host.arch_facts());
}

// How many vCPUs a VM can have, which is also where their ids end: what KVM_CAP_MAX_VCPUS and
// KVM_CAP_MAX_VCPU_ID answer and KVM_CREATE_VCPU checks.
std::uint64_t VcpuLimit(const Host& host, const Trail& trail);

}  // namespace kvm_model::s390

#endif  // KVM_MODEL_ARCH_S390_FACTS_H_
