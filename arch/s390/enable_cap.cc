// KVM_ENABLE_CAP of s390, on a VM and on a vCPU (linux-7.0).
#include <cstdint>
#include <string_view>

#include "arch/s390/arch.h"
#include "arch/s390/facts.h"
#include "kvm_model/file.h"
#include "kvm_model/mutex.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vcpu.h"
#include "kvm_model/vm.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using s390::Facts;
using s390::FactsOf;
using uapi::Cap;
using uapi::Errno;

// What has no conditions. Nothing that the model does depends on it, so it isn't kept.
Result<std::int64_t> Enable(std::string_view effect, const Trail& trail) {
  trail.Effect(effect);
  return trail.Answer(0);
}

// A facility of the guest's CPUs, which must be settled before there are any.
Result<std::int64_t> EnableFacility(Vm& vm, std::string_view text, bool on_host,
                                    std::string_view effect, const Trail& trail) {
  MutexLock lock(vm.state_lock());
  if (trail.If("kvm->created_vcpus", !vm.state().vcpu_ids.empty()))
    return trail.Fail(Errno::kEBUSY);
  if (!trail.If(text, on_host)) return trail.Fail(Errno::kEINVAL);
  return Enable(effect, trail);
}

// Adapter interrupt suppression needs nothing of the machine.
Result<std::int64_t> EnableAis(Vm& vm, const Trail& trail) {
  MutexLock lock(vm.state_lock());
  if (trail.If("kvm->created_vcpus", !vm.state().vcpu_ids.empty()))
    return trail.Fail(Errno::kEBUSY);
  return Enable("the guest has adapter interrupt suppression", trail);
}

// CMMA would stand in the way too; it is off, as nothing in the model turns it on.
Result<std::int64_t> EnableHugePages(Vm& vm, std::string_view unless, bool on,
                                     std::string_view effect, const Trail& trail) {
  MutexLock lock(vm.state_lock());
  if (trail.If("kvm->created_vcpus", !vm.state().vcpu_ids.empty()))
    return trail.Fail(Errno::kEBUSY);
  if (trail.If(unless, !on)) return trail.Fail(Errno::kEINVAL);
  if (trail.If("kvm_is_ucontrol(kvm)", vm.type().number == uapi::kVmS390Ucontrol))
    return trail.Fail(Errno::kEINVAL);
  return Enable(effect, trail);
}

}  // namespace

Result<std::int64_t> S390::EnableCap(Vm& vm, Caller&, const uapi::kvm_enable_cap& cap,
                                     const Trail& trail) const {
  const Facts& facts = FactsOf(vm.host());
  if (trail.If("flags != 0", cap.flags != 0, {{"flags", cap.flags}}))
    return trail.Fail(Errno::kEINVAL);
  switch (cap.cap) {
    case Cap("KVM_CAP_S390_IRQCHIP"):
      return Enable("the kernel routes adapter interrupts", trail);
    case Cap("KVM_CAP_S390_USER_SIGP"):
      return Enable("user space handles SIGP orders", trail);
    case Cap("KVM_CAP_S390_VECTOR_REGISTERS"):
      return EnableFacility(vm, "the machine has vector registers", facts.facility_129,
                            "the guest has vector registers", trail);
    case Cap("KVM_CAP_S390_RI"):
      return EnableFacility(vm, "test_facility(64)", facts.facility_64,
                            "the guest has runtime instrumentation", trail);
    case Cap("KVM_CAP_S390_AIS"):
      return EnableAis(vm, trail);
    case Cap("KVM_CAP_S390_GS"):
      return EnableFacility(vm, "test_facility(133)", facts.facility_133,
                            "the guest has guarded storage", trail);
    case Cap("KVM_CAP_S390_HPAGE_1M"):
      return EnableHugePages(vm, "!hpage", facts.hpage,
                             "the guest's memory may be backed by 1 MiB pages", trail);
    case Cap("KVM_CAP_S390_HPAGE_2G"):
      if (!vm.host().revision().s390_hpage_2g) break;
      return EnableHugePages(vm, "!hpage_2g", facts.hpage_2g,
                             "the guest's memory may be backed by 2 GiB pages", trail);
    case Cap("KVM_CAP_S390_VSIE_ESAMODE"):
      if (!vm.host().revision().s390_vsie_esamode) break;
      return Enable("nested guests may start in ESA mode", trail);
    case Cap("KVM_CAP_S390_USER_STSI"):
      return Enable("user space completes STSI", trail);
    case Cap("KVM_CAP_S390_USER_INSTR0"):
      return Enable("user space handles instruction 0x0000", trail);
    case Cap("KVM_CAP_S390_CPU_TOPOLOGY"):
      return EnableFacility(vm, "test_facility(11)", facts.facility_11,
                            "the guest has the CPU topology facility", trail);
    case Cap("KVM_CAP_S390_USER_OPEREXEC"):
      if (!trail.If("the revision has KVM_CAP_S390_USER_OPEREXEC",
                    vm.host().revision().s390_user_operexec))
        return trail.Fail(Errno::kEINVAL);
      return Enable("user space handles operation exceptions", trail);
    default:
      break;
  }
  trail.If("the architecture enables nothing of that number on a VM", true, {{"cap", cap.cap}});
  return trail.Fail(Errno::kEINVAL);
}

Result<std::int64_t> S390::EnableVcpuCap(Vcpu&, Caller&, const uapi::kvm_enable_cap& cap,
                                         const Trail& trail) const {
  if (trail.If("flags != 0", cap.flags != 0, {{"flags", cap.flags}})) {
    trail.Note(Certainty::kInferred, "flags are refused on a vCPU as they are on a VM");
    return trail.Fail(Errno::kEINVAL);
  }
  if (!trail.If("cap == KVM_CAP_S390_CSS_SUPPORT", cap.cap == Cap("KVM_CAP_S390_CSS_SUPPORT"),
                {{"cap", cap.cap}}))
    return trail.Fail(Errno::kEINVAL);
  return Enable("user space handles the channel subsystem", trail);
}

}  // namespace kvm_model
