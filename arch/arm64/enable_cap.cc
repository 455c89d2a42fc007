#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "arch/arm64/arch.h"
#include "arch/arm64/facts.h"
#include "arch/arm64/pkvm.h"
#include "arch/arm64/vm.h"
#include "kvm_model/arch.h"
#include "kvm_model/file.h"
#include "kvm_model/host.h"
#include "kvm_model/memslot.h"
#include "kvm_model/mutex.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using arm64::FactsOf;
using arm64::StateOf;
using uapi::Cap;
using uapi::Errno;

Result<std::int64_t> Enabled(const Trail& trail) {
  trail.Effect("the capability is enabled");
  return trail.Answer(0);
}

bool HasGuestMemfdSlot(const Vm& vm) ABSL_SHARED_LOCKS_REQUIRED(vm.slots_lock()) {
  return std::ranges::any_of(vm.slots().All(), [](const std::shared_ptr<const Memslot>& slot) {
    return (slot->flags & uapi::kMemGuestMemfd) != 0;
  });
}

Result<std::int64_t> EnableMte(Vm& vm, const Trail& trail) {
  MutexLock lock(vm.state_lock());
  if (!trail.If("system_supports_mte()", FactsOf(vm.host()).mte)) return trail.Fail(Errno::kEINVAL);
  if (trail.If("kvm->created_vcpus", !vm.state().vcpu_ids.empty()))
    return trail.Fail(Errno::kEINVAL);
  if (!vm.host().revision().arm64_mte_excludes_guest_memfd) return Enabled(trail);
  const ReaderLock slots(vm.slots_lock());
  if (trail.If("a memslot has a guest_memfd", HasGuestMemfdSlot(vm)))
    return trail.Fail(Errno::kEINVAL);
  StateOf(vm).mte.store(true, std::memory_order_relaxed);
  return Enabled(trail);
}

Result<std::int64_t> SetEagerSplitChunkSize(Vm& vm, std::uint64_t bytes, const Trail& trail) {
  MutexLock lock(vm.state_lock());
  const ReaderLock slots(vm.slots_lock());
  if (!trail.If("kvm_are_all_memslots_empty()", vm.slots().empty()))
    return trail.Fail(Errno::kEINVAL);
  const bool is_block = std::has_single_bit(bytes) && (bytes & FactsOf(vm.host()).block_sizes) != 0;
  if (!trail.If("args[0] is 0 or the size of a block", bytes == 0 || is_block,
                {{"args[0]", bytes}}))
    return trail.Fail(Errno::kEINVAL);
  StateOf(vm).eager_split_chunk_size.store(bytes, std::memory_order_relaxed);
  return Enabled(trail);
}

Result<std::int64_t> EnableWritableIdRegs(Vm& vm, const Trail& trail) {
  MutexLock lock(vm.state_lock());
  if (trail.If("kvm->created_vcpus", !vm.state().vcpu_ids.empty()))
    return trail.Fail(Errno::kEINVAL);
  return Enabled(trail);
}

}  // namespace

Result<std::int64_t> Arm64::EnableCap(Vm& vm, Caller&, const uapi::kvm_enable_cap& cap,
                                      const Trail& trail) const {
  if (trail.If("flags != 0", cap.flags != 0, {{"flags", cap.flags}}))
    return trail.Fail(Errno::kEINVAL);
  if (arm64::PkvmHides(vm.host(), &vm, cap.cap, trail)) return trail.Fail(Errno::kEINVAL);
  switch (cap.cap) {
    case Cap("KVM_CAP_ARM_NISV_TO_USER"):
      return Enabled(trail);
    case Cap("KVM_CAP_ARM_MTE"):
      return EnableMte(vm, trail);
    case Cap("KVM_CAP_ARM_SYSTEM_SUSPEND"):
      return Enabled(trail);
    case Cap("KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE"):
      return SetEagerSplitChunkSize(vm, cap.args[0], trail);
    case Cap("KVM_CAP_ARM_WRITABLE_IMP_ID_REGS"):
      if (!vm.host().revision().arm64_writable_imp_id_regs) break;
      return EnableWritableIdRegs(vm, trail);
    case Cap("KVM_CAP_ARM_SEA_TO_USER"):
      if (!vm.host().revision().arm64_sea_to_user) break;
      return Enabled(trail);
    default:
      break;
  }
  trail.If("the architecture enables it on a VM", false, {{"cap", cap.cap}});
  return trail.Fail(Errno::kEINVAL);
}

}  // namespace kvm_model
