#include "arch/powerpc/hv_ops.h"

#include "arch/powerpc/facts.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "uapi/errno.h"

namespace kvm_model::powerpc {

using uapi::Errno;

Result<> EnableNested(const Facts& facts, const Trail& caller) {
  const Trail trail = caller.In("kvmhv_enable_nested");
  trail.Note(Certainty::kInferred, "what the operation checks");
  if (trail.If("!nested", !facts.nested)) return trail.Fail(Errno::kEPERM);
  if (trail.If("!cpu_has_feature(CPU_FTR_ARCH_300)", !facts.arch_300))
    return trail.Fail(Errno::kENODEV);
  if (trail.If("!radix_enabled()", !facts.radix)) return trail.Fail(Errno::kENODEV);
  if (trail.If("kvmhv_is_nestedv2()", facts.nestedv2)) return trail.Fail(Errno::kENODEV);
  return {};
}

Result<> EnableSvm(const Facts& facts, const Trail& caller) {
  const Trail trail = caller.In("kvmhv_enable_svm");
  trail.Note(Certainty::kInferred, "what the operation checks");
  if (trail.If("!kvmppc_uvmem_available()", !facts.uvmem)) return trail.Fail(Errno::kEINVAL);
  return {};
}

Result<> EnableDawr1(const Facts& facts, const Trail& caller) {
  const Trail trail = caller.In("kvmhv_enable_dawr1");
  trail.Note(Certainty::kInferred, "what the operation checks");
  if (trail.If("!cpu_has_feature(CPU_FTR_DAWR1)", !facts.dawr1)) return trail.Fail(Errno::kENODEV);
  return {};
}

}  // namespace kvm_model::powerpc
