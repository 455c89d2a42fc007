#include "arch/s390/facts.h"

#include <cstdint>
#include <memory>

#include "arch/s390/arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"
#include "kvm_model/trail.h"

namespace kvm_model::s390 {
namespace {

// KVM_S390_BSCA_CPU_SLOTS and KVM_S390_ESCA_CPU_SLOTS: vCPUs that the system control area has
// entries for; and KVM_MAX_VCPUS.
constexpr std::uint64_t kBasicAreaEntries = 64;
constexpr std::uint64_t kExtendedAreaEntries = 248;
constexpr std::uint64_t kMaxVcpus = 255;

// The machine takes the entries' addresses only while it interprets SIGP.
std::uint64_t LimitWithBasicArea(const Facts& facts, const Trail& trail) {
  if (trail.If("!kvm_s390_use_sca_entries()", !facts.sigpif)) return kMaxVcpus;
  if (trail.If("sclp.has_esca && sclp.has_64bscao", facts.esca && facts.scao_64bit))
    return kExtendedAreaEntries;
  return kBasicAreaEntries;
}

std::uint64_t LimitWithExtendedArea(const Facts& facts, const Trail& trail) {
  const bool unused = !facts.sigpif || !facts.esca;
  if (facts.sigpif && !facts.esca) {
    trail.Note(Certainty::kInferred,
               "the entries are taken to be unused without the extended area");
  }
  return trail.If("!kvm_s390_use_sca_entries()", unused) ? kMaxVcpus : kExtendedAreaEntries;
}

}  // namespace

Facts::Facts(const HostDraft& host)
    : ucontrol(host["CONFIG_KVM_S390_UCONTROL"] != 0),
      hpage(host["kvm.hpage"] != 0),
      hpage_2g(hpage && host["kvm.hpage_2g"] != 0),
      async_destroy(host["kvm.async_destroy"] != 0),
      facility_11(host["hw.facility_11"] != 0),
      facility_64(host["hw.facility_64"] != 0),
      facility_82(host["hw.facility_82"] != 0),
      facility_129(host["hw.facility_129"] != 0),
      facility_133(host["hw.facility_133"] != 0),
      esop(host["hw.esop"] != 0),
      sigpif(host["hw.sigpif"] != 0),
      esca(host["hw.esca"] != 0),
      scao_64bit(host["hw.64bscao"] != 0),
      prot_virt_host(host["hw.prot_virt"] != 0),
      uv_dump_init(host["hw.uv_dump_init"] != 0),
      uv_dump_config_stor_state(host["hw.uv_dump_config_stor_state"] != 0),
      uv_dump_cpu(host["hw.uv_dump_cpu"] != 0),
      uv_dump_complete(host["hw.uv_dump_complete"] != 0),
      zpci_interp(host["hw.zpci_interp"] != 0) {}

std::uint64_t VcpuLimit(const Host& host, const Trail& trail) {
  const Facts& facts = FactsOf(host);
  return host.revision().s390_needs_esca ? LimitWithExtendedArea(facts, trail)
                                         : LimitWithBasicArea(facts, trail);
}

}  // namespace kvm_model::s390

namespace kvm_model {

std::unique_ptr<const ArchFacts> S390::MakeFacts(const HostDraft& host) const {
  return std::make_unique<s390::Facts>(host);
}

}  // namespace kvm_model
