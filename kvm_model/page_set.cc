#include "kvm_model/page_set.h"

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model {

bool PageSet::Set(PageRange range, Attributes member) {
  if (range.empty() || map_.RangeHas(range, member)) return true;
  if (!map_.Store(range, member)) return false;
  map_.Trim();
  return true;
}

void PageSet::EraseRuns(PageRange range) {
  if (Set(range, 0)) return;
  const AttributeRun first = map_.RunContaining(range.start);
  const AttributeRun last = map_.RunContaining(range.end - 1);
  // Not beyond an end that lies outside of any run: what is next to the range may be a member.
  range.start = first.attributes != 0 ? first.pages.start : first.pages.end;
  range.end = last.attributes != 0 ? last.pages.end : last.pages.start;
  map_.Commit(map_.PrepareMerger(range, 0));
}

void PageSet::ForEachRun(PageRange range, absl::FunctionRef<void(PageRange)> visit) const {
  if (range.empty()) return;
  if (map_.IsKnownUniform(1)) return visit(range);
  map_.ForEachRun(range, [&visit](const AttributeRun& run) {
    if (run.attributes != 0) visit(run.pages);
  });
}

std::vector<PageRange> PageSet::Runs() const {
  std::vector<PageRange> runs;
  ForEachRun({0, map_.pages()}, [&runs](PageRange run) { runs.push_back(run); });
  return runs;
}

std::uint64_t PageSet::CountIn(PageRange range) const {
  std::uint64_t count = 0;
  ForEachRun(range, [&count](PageRange run) { count += run.pages(); });
  return count;
}

}  // namespace kvm_model
