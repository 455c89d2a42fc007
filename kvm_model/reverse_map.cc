#include "kvm_model/reverse_map.h"

#include "kvm_model/host.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/shortage.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/errno.h"

namespace kvm_model {

using uapi::Errno;

Result<> MakePrivate(const Vm& vm, PageCache& pages, PageIndex page, const Trail& caller) {
  if (!vm.type().has_reverse_map || pages.assigned(page)) return {};
  const Trail trail = caller.In(
      vm.host().revision().converts_by_callback ? "make_private" : "kvm_arch_gmem_prepare");
  if (trail.If(kProgramsMemoryIsShort, !pages.Assign(page))) return trail.Fail(Errno::kENOMEM);
  trail.Effect("the page is the guest's in the reverse map", {{"page", page}});
  return {};
}

void MakeShared(const Vm& vm, PageCache& pages, PageRange range, const Trail& caller) {
  if (!vm.type().has_reverse_map || !pages.TakeBack(range)) return;
  const Trail trail = caller.In(
      vm.host().revision().converts_by_callback ? "make_shared" : "kvm_arch_gmem_invalidate");
  trail.Effect(
      "what the guest had of the range is shared in the reverse map: the firmware decides "
      "what it holds",
      {{"start", range.start}, {"end", range.end}});
}

}  // namespace kvm_model
