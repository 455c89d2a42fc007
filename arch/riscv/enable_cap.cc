#include <algorithm>
#include <atomic>
#include <cstdint>
#include <span>

#include "arch/riscv/arch.h"
#include "arch/riscv/facts.h"
#include "arch/riscv/vm.h"
#include "kvm_model/file.h"
#include "kvm_model/host.h"
#include "kvm_model/mutex.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/capabilities.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using uapi::Cap;
using uapi::Errno;

// KVM_CAP_VM_GPA_BITS: the smallest G-stage mode that has so many bits, of those that the host's
// is one of: Sv32x4 alone, or Sv39x4, Sv48x4 and Sv57x4.
Result<std::int64_t> SelectGpaBits(Vm& vm, std::uint64_t wanted, const Trail& trail) {
  const unsigned most = riscv::FactsOf(vm.host()).gpa_bits;
  const bool is_32_bit = most == riscv::kSv32x4;
  const auto modes =
      is_32_bit ? std::span(riscv::kGpaBits).first(1) : std::span(riscv::kGpaBits).subspan(1);
  const auto mode = std::ranges::find_if(
      modes, [&](std::int64_t bits) { return wanted <= static_cast<std::uint64_t>(bits); });
  if (trail.If("no G-stage mode has so many bits", mode == modes.end(), {{"args[0]", wanted}}))
    return trail.Fail(Errno::kEINVAL);
  const auto bits = static_cast<unsigned>(*mode);
  if (trail.If("the mode has more bits than the host's", bits > most,
               {{"bits", bits}, {"host", most}}))
    return trail.Fail(Errno::kEINVAL);
  MutexLock lock(vm.state_lock());
  const ReaderLock slots(vm.slots_lock());
  if (trail.If("kvm->created_vcpus", !vm.state().vcpu_ids.empty()))
    return trail.Fail(Errno::kEBUSY);
  if (!trail.If("kvm_are_all_memslots_empty()", vm.slots().empty()))
    return trail.Fail(Errno::kEBUSY);
  riscv::StateOf(vm).gpa_bits.store(bits, std::memory_order_relaxed);
  trail.Effect("the VM's G-stage mode has so many bits", {{"bits", bits}});
  return trail.Answer(0);
}

}  // namespace

// KVM_CHECK_EXTENSION answers 0 for KVM_CAP_RISCV_MP_STATE_RESET.
Result<std::int64_t> Riscv::EnableCap(Vm& vm, Caller& caller, const uapi::kvm_enable_cap& cap,
                                      const Trail& trail) const {
  const Revision& revision = vm.host().revision();
  if (!revision.riscv_mp_state_reset) return GenericArch::EnableCap(vm, caller, cap, trail);
  if (trail.If("flags != 0", cap.flags != 0, {{"flags", cap.flags}}))
    return trail.Fail(Errno::kEINVAL);
  if (revision.riscv_gpa_bits_per_vm &&
      trail.If("cap is VM_GPA_BITS", cap.cap == Cap("KVM_CAP_VM_GPA_BITS")))
    return SelectGpaBits(vm, cap.args[0], trail);
  if (!trail.If("cap is RISCV_MP_STATE_RESET", cap.cap == Cap("KVM_CAP_RISCV_MP_STATE_RESET"),
                {{"cap", cap.cap}}))
    return trail.Fail(Errno::kEINVAL);
  trail.Effect("KVM_SET_MP_STATE can reset a vCPU");
  return trail.Answer(0);
}

}  // namespace kvm_model
