// A naive twin of AttributeMap: one word a page, every question answered by a walk over pages.
#ifndef KVM_MODEL_TESTS_KVM_MODEL_ATTRIBUTE_MAP_TWIN_H_
#define KVM_MODEL_TESTS_KVM_MODEL_ATTRIBUTE_MAP_TWIN_H_

#include <cstdint>
#include <vector>

#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model {

class AttributeMapTwin {
 public:
  AttributeMapTwin(std::uint64_t pages, Attributes initial) : words_(pages, initial) {}

  std::uint64_t pages() const { return words_.size(); }
  Attributes Get(PageIndex page) const { return words_[page]; }
  const std::vector<Attributes>& words() const { return words_; }

  void Store(PageRange range, Attributes attributes) {
    for (PageIndex page = range.start; page < range.end; ++page) words_[page] = attributes;
  }

  bool RangeHas(PageRange range, Attributes attributes, Attributes mask) const {
    for (PageIndex page = range.start; page < range.end; ++page) {
      if ((words_[page] & mask) != attributes) return false;
    }
    return true;
  }

  AttributeRun RunContaining(PageIndex page) const {
    PageRange run{page, page + 1};
    while (run.start > 0 && words_[run.start - 1] == words_[page]) --run.start;
    while (run.end < pages() && words_[run.end] == words_[page]) ++run.end;
    return {run, words_[page]};
  }

  // The runs that meet the range, cut to it.
  std::vector<AttributeRun> RunsIn(PageRange range) const {
    std::vector<AttributeRun> runs;
    for (PageIndex page = range.start; page < range.end; ++page) {
      if (runs.empty() || runs.back().attributes != words_[page]) {
        runs.push_back({{page, page}, words_[page]});
      }
      runs.back().pages.end = page + 1;
    }
    return runs;
  }

 private:
  std::vector<Attributes> words_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_KVM_MODEL_ATTRIBUTE_MAP_TWIN_H_
