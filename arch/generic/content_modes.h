// The weak defaults of the content-mode hooks (rfc-v4, patch 12).
#ifndef KVM_MODEL_ARCH_GENERIC_CONTENT_MODES_H_
#define KVM_MODEL_ARCH_GENERIC_CONTENT_MODES_H_

#include <cstdint>

#include "kvm_model/arch.h"
#include "kvm_model/page.h"
#include "kvm_model/page_contents.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"

namespace kvm_model::generic {

// kvm_arch_gmem_supported_content_modes(): none.
std::uint64_t SupportedContentModes(const Vm& vm);
// kvm_arch_gmem_apply_content_mode_unspecified(): nothing is done.
Result<> ApplyUnspecified(const Vm& vm, PageContents& contents, PageRange range,
                          const Trail& trail);
// kvm_arch_gmem_apply_content_mode_zero(): the generic helper fills resident pages with zeroes;
// EHWPOISON.
Result<> ApplyZero(const Vm& vm, PageContents& contents, PageRange range, const Trail& trail);
// kvm_arch_gmem_apply_content_mode_preserve(): EOPNOTSUPP.
Result<> ApplyPreserve(const Vm& vm, PageContents& contents, PageRange range, const Trail& trail);

// All four, for architectures that override none.
const ContentModeHooks& WeakContentModes();

}  // namespace kvm_model::generic

#endif  // KVM_MODEL_ARCH_GENERIC_CONTENT_MODES_H_
