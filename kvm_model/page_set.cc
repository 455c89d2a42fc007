#include "kvm_model/page_set.h"

#include <cstdint>
#include <new>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model {

void PageSet::Set(PageRange range, Attributes member) {
  if (range.empty() || map_.RangeHas(range, member)) return;
  auto store = map_.Prepare(range, member);
  if (!store.has_value()) throw std::bad_alloc();
  map_.Commit(*std::move(store));
}

void PageSet::ForEachRun(PageRange range, absl::FunctionRef<void(PageRange)> visit) const {
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
