// x86's content modes by VM type (rfc-v4, patch 14), and INIT_SHARED (patch 09).
#include "arch/generic/content_modes.h"

#include <cstdint>

#include "arch/x86/arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/attribute_switch.h"
#include "kvm_model/host.h"
#include "kvm_model/page.h"
#include "kvm_model/page_contents.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/silent_trail.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_type.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

std::uint64_t Supported(const Vm& vm) {
  switch (vm.type().number) {
    case uapi::kX86SwProtectedVm:
      return uapi::kSetMemoryAttributes2Zero | uapi::kSetMemoryAttributes2Preserve;
    case uapi::kX86SnpVm:
    case uapi::kX86TdxVm:
      return uapi::kSetMemoryAttributes2Zero;
    default:
      return 0;
  }
}

// No hardware changes a software-protected VM's memory, so KVM does: what nobody may rely on must
// not look kept.
Result<> ApplyUnspecified(const Vm& vm, PageContents& contents, PageRange range,
                          const Trail& caller) {
  const Trail trail = caller.In("kvm_arch_gmem_apply_content_mode_unspecified");
  if (!trail.If("the VM is SW_PROTECTED", vm.type().number == uapi::kX86SwProtectedVm)) return {};
  const Result<> applied = contents.Scramble(range);
  trail.Effect("resident pages are filled with random bytes",
               {{"start", range.start}, {"end", range.end}});
  if (!applied) return trail.Fail(applied.error());
  return {};
}

Result<> ApplyZero(const Vm& vm, PageContents& contents, PageRange range, const Trail& caller) {
  const Trail trail = caller.In("kvm_arch_gmem_apply_content_mode_zero");
  if (!trail.If("the VM type supports ZERO", (Supported(vm) & uapi::kSetMemoryAttributes2Zero) != 0,
                {{"vm type", vm.type().number}}))
    return trail.Fail(uapi::Errno::kEOPNOTSUPP);
  return generic::ApplyZero(vm, contents, range, trail);
}

Result<> ApplyPreserve(const Vm& vm, PageContents&, PageRange, const Trail& caller) {
  const Trail trail = caller.In("kvm_arch_gmem_apply_content_mode_preserve");
  if (!trail.If("the VM is SW_PROTECTED", vm.type().number == uapi::kX86SwProtectedVm))
    return trail.Fail(uapi::Errno::kEOPNOTSUPP);
  trail.Effect("contents are kept");
  return {};
}

// Not inlined, so that the one for no listener saves no more registers than it needs.
template <typename T>
[[gnu::noinline]] bool SupportsInitShared(const Host& host, const VmType& type, T caller) {
  const T trail = caller.In("kvm_arch_supports_gmem_init_shared");
  if (host.revision().init_shared_with_private_memory && InPlaceConversion(host, trail)) {
    return true;
  }
  const bool has_private_mem = host.facts().private_mem_hook && type.has_private_mem;
  return !trail.If("kvm_arch_has_private_mem(kvm)", has_private_mem, {{"vm type", type.number}});
}

}  // namespace

const ContentModeHooks& X86::content_modes() const {
  static constexpr ContentModeHooks kHooks = {
      .supported = Supported,
      .apply_unspecified = ApplyUnspecified,
      .apply_zero = ApplyZero,
      .apply_preserve = ApplyPreserve,
  };
  return kHooks;
}

bool X86::SupportsGmemInitShared(const Host& host, const VmType& type, const Trail& trail) const {
  if (trail.listening()) return SupportsInitShared(host, type, trail);
  return SupportsInitShared(host, type, SilentTrail());
}

}  // namespace kvm_model
