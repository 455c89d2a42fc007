#include "arch/generic/content_modes.h"

#include <cstdint>

#include "kvm_model/arch.h"
#include "kvm_model/page.h"
#include "kvm_model/page_contents.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/errno.h"

namespace kvm_model::generic {

std::uint64_t SupportedContentModes(const Vm&) { return 0; }

Result<> ApplyUnspecified(const Vm&, PageContents&, PageRange, const Trail& caller) {
  const Trail trail = caller.In("kvm_arch_gmem_apply_content_mode_unspecified");
  trail.Effect("contents are left as they are, without a promise");
  return {};
}

Result<> ApplyZero(const Vm&, PageContents& contents, PageRange range, const Trail& caller) {
  const Trail trail = caller.In("kvm_gmem_apply_content_mode_zero");
  const Result<> applied = contents.Zero(range);
  trail.Effect("resident pages are filled with zeroes",
               {{"start", range.start}, {"end", range.end}});
  if (!applied) return trail.Fail(applied.error());
  return {};
}

Result<> ApplyPreserve(const Vm&, PageContents&, PageRange, const Trail& caller) {
  const Trail trail = caller.In("kvm_arch_gmem_apply_content_mode_preserve");
  return trail.Fail(uapi::Errno::kEOPNOTSUPP);
}

const ContentModeHooks& WeakContentModes() {
  static constexpr ContentModeHooks kHooks = {
      .supported = SupportedContentModes,
      .apply_unspecified = ApplyUnspecified,
      .apply_zero = ApplyZero,
      .apply_preserve = ApplyPreserve,
  };
  return kHooks;
}

}  // namespace kvm_model::generic
