// What was last said of each page, kept as the list of everything that was said.
//
// The plainest store of attributes there is: a page has the value of the last assignment that
// covers it. Nothing is split or merged when something is said; runs are found when somebody asks.
// Cost: a question is linear in the assignments, all runs are quadratic. Sizes of ranges cost
// nothing.
#ifndef KVM_MODEL_TESTS_TWIN_HISTORY_H_
#define KVM_MODEL_TESTS_TWIN_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <set>
#include <vector>

namespace kvm_model::twin {

// The pages [start, end), which have one value.
struct Run {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t value = 0;
};

class History {
 public:
  // Of the pages [0, end), all of which begin with `value`.
  History(std::uint64_t end, std::uint64_t value) : said_{{0, end, value}} {}

  std::uint64_t end() const { return said_.front().end; }

  void Set(std::uint64_t start, std::uint64_t end, std::uint64_t value) {
    const auto is_covered = [&](const Run& run) { return start <= run.start && run.end <= end; };
    // What nobody can see any longer is forgotten, but for the first entry, which covers all.
    std::vector<Run> kept = {said_.front()};
    for (std::size_t i = 1; i < said_.size(); ++i) {
      if (!is_covered(said_[i])) kept.push_back(said_[i]);
    }
    kept.push_back({start, end, value});
    said_ = kept;
  }

  // 0 beyond the end.
  std::uint64_t At(std::uint64_t page) const {
    for (std::size_t i = said_.size(); i-- > 0;) {
      if (said_[i].start <= page && page < said_[i].end) return said_[i].value;
    }
    return 0;
  }

  // The maximal runs of [start, end), which is not empty.
  std::vector<Run> Runs(std::uint64_t start, std::uint64_t end) const {
    std::set<std::uint64_t> borders = {start, end};
    for (const Run& run : said_) {
      if (start < run.start && run.start < end) borders.insert(run.start);
      if (start < run.end && run.end < end) borders.insert(run.end);
    }
    std::vector<Run> runs;
    for (auto border = borders.begin(); *border != end; ++border) {
      const std::uint64_t value = At(*border);
      if (!runs.empty() && runs.back().value == value) {
        runs.back().end = *std::next(border);
      } else {
        runs.push_back({*border, *std::next(border), value});
      }
    }
    return runs;
  }

  std::vector<Run> Runs() const { return Runs(0, end()); }

  bool AllAre(std::uint64_t start, std::uint64_t end, std::uint64_t value) const {
    const std::vector<Run> runs = Runs(start, end);
    return runs.size() == 1 && runs.front().value == value;
  }

 private:
  std::vector<Run> said_;
};

}  // namespace kvm_model::twin

#endif  // KVM_MODEL_TESTS_TWIN_HISTORY_H_
