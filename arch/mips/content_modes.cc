// mips has no private memory in the modelled revisions, and leaves all content-mode hooks to the
// weak defaults.
#include "arch/generic/content_modes.h"

#include "arch/mips/arch.h"
#include "kvm_model/arch.h"

namespace kvm_model {

const ContentModeHooks& Mips::content_modes() const { return generic::WeakContentModes(); }

}  // namespace kvm_model
