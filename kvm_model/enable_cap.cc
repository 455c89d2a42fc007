#include "kvm_model/enable_cap.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

#include "kvm_model/arch.h"
#include "kvm_model/capability.h"
#include "kvm_model/file.h"
#include "kvm_model/host.h"
#include "kvm_model/mutex.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using uapi::Cap;
using uapi::Errno;

Result<std::int64_t> EnableManualDirtyLogProtect(Vm& vm, const uapi::kvm_enable_cap& cap,
                                                 const Trail& trail) {
  const std::uint64_t wanted = cap.args[0];
  const std::uint64_t enable = uapi::kDirtyLogManualProtectEnable;
  const std::uint64_t allowed =
      (wanted & enable) != 0 ? vm.host().arch().DirtyLogManualCaps(vm.host(), trail) : enable;
  if (trail.If("flags != 0", cap.flags != 0, {{"flags", cap.flags}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("args[0] & ~allowed", (wanted & ~allowed) != 0,
               {{"args[0]", wanted}, {"allowed", allowed}}))
    return trail.Fail(Errno::kEINVAL);
  MutexLock lock(vm.state_lock());
  vm.dirty_logging().manual_protect.store(wanted);
  return trail.Answer(0);
}

Result<std::int64_t> EnableHaltPoll(Vm& vm, const uapi::kvm_enable_cap& cap, const Trail& trail) {
  if (trail.If("flags != 0", cap.flags != 0, {{"flags", cap.flags}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("args[0] > UINT_MAX", cap.args[0] > std::numeric_limits<std::uint32_t>::max(),
               {{"args[0]", cap.args[0]}}))
    return trail.Fail(Errno::kEINVAL);
  MutexLock lock(vm.state_lock());
  vm.state().halt_poll_ns = cap.args[0];
  vm.state().override_halt_poll_ns = true;
  return trail.Answer(0);
}

// flags are not looked at, and of args[0] only the low 32 bits.
Result<std::int64_t> EnableDirtyRing(Vm& vm, const uapi::kvm_enable_cap& cap, const Trail& caller) {
  const Trail trail = caller.In("kvm_vm_ioctl_enable_dirty_log_ring");
  const Host& host = vm.host();
  const auto bytes = static_cast<std::uint32_t>(cap.args[0]);
  const std::uint32_t entry = sizeof(uapi::kvm_dirty_gfn);
  const std::uint64_t reserved = uapi::kDirtyRingRsvdEntries + host.arch().CpuDirtyLogSize(host);
  if (trail.If("KVM_CHECK_EXTENSION(cap) is 0",
               CheckExtension(host, &vm, cap.cap, trail).value_or(0) == 0))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("the size is 0 or no power of two", !std::has_single_bit(bytes), {{"size", bytes}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("the size is below a page, or below the reserved entries",
               bytes < std::max(host.page_size(), reserved * entry), {{"size", bytes}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("more than KVM_DIRTY_RING_MAX_ENTRIES", bytes > uapi::kDirtyRingMaxEntries * entry,
               {{"size", bytes}}))
    return trail.Fail(Errno::kE2BIG);
  MutexLock lock(vm.state_lock());
  if (trail.If("a ring size is set already", vm.dirty_logging().ring_bytes.load() != 0))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("a vCPU was created", !vm.state().vcpu_ids.empty()))
    return trail.Fail(Errno::kEINVAL);
  vm.dirty_logging().ring_bytes.store(bytes);
  return trail.Answer(0);
}

Result<std::int64_t> EnableDirtyRingWithBitmap(Vm& vm, const uapi::kvm_enable_cap& cap,
                                               const Trail& trail) {
  MutexLock lock(vm.state_lock());
  const ReaderLock slots(vm.slots_lock());
  if (trail.If("CONFIG_NEED_KVM_DIRTY_RING_WITH_BITMAP is off",
               !vm.host().facts().dirty_ring_with_bitmap))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("no ring yet", vm.dirty_logging().ring_bytes.load() == 0))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("flags != 0", cap.flags != 0, {{"flags", cap.flags}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("a memslot exists", !vm.slots().empty())) return trail.Fail(Errno::kEINVAL);
  vm.dirty_logging().ring_with_bitmap.store(true);
  return trail.Answer(0);
}

}  // namespace

Result<std::int64_t> EnableCap(Vm& vm, Caller& caller, const uapi::kvm_enable_cap& cap,
                               const Trail& outer) {
  const Trail trail = outer.In("kvm_vm_ioctl_enable_cap_generic");
  switch (cap.cap) {
    case Cap("KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2"):
      if (!trail.If("CONFIG_KVM_GENERIC_DIRTYLOG_READ_PROTECT",
                    vm.host().facts().dirtylog_read_protect))
        break;
      return EnableManualDirtyLogProtect(vm, cap, trail);
    case Cap("KVM_CAP_HALT_POLL"):
      return EnableHaltPoll(vm, cap, trail);
    case Cap("KVM_CAP_DIRTY_LOG_RING"):
    case Cap("KVM_CAP_DIRTY_LOG_RING_ACQ_REL"):
      return EnableDirtyRing(vm, cap, trail);
    case Cap("KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP"):
      return EnableDirtyRingWithBitmap(vm, cap, trail);
    default:
      break;
  }
  return vm.host().arch().EnableCap(vm, caller, cap, trail.In("kvm_vm_ioctl_enable_cap"));
}

}  // namespace kvm_model
