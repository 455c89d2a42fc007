// IclStore: the private ranges of a file in a boost::icl::interval_map that joins touching ones. A
// peer that AttributeMap is measured against; a MissingStore without Debian's package libboost-dev.
//
// Costs, with r runs and k runs inside the range: Get and RangeHas O(log r); Set O(log r + k).
#ifndef KVM_MODEL_BENCH_PEERS_ICL_STORE_H_
#define KVM_MODEL_BENCH_PEERS_ICL_STORE_H_

#include "installed/boost_icl.h"

#if KVM_MODEL_HAS_BOOST_ICL

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "bench/peers/store.h"
#include "boost/icl/interval_map.hpp"
#include "boost/icl/right_open_interval.hpp"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {

class IclStore {
 public:
  static constexpr const char* kName = "boost_icl";
  static constexpr std::uint64_t kMaxPages = AttributeMap::kMaxPages;

  IclStore(std::uint64_t pages, Attributes initial) : pages_(pages) { Set({0, pages}, initial); }

  void Set(PageRange range, Attributes attributes) {
    const Interval interval(range.start, range.end);
    if (attributes != 0) {
      private_.set(std::make_pair(interval, attributes));
    } else {
      private_.erase(interval);
    }
  }
  Attributes Get(PageIndex page) const {
    const auto it = private_.find(page);
    return it != private_.end() ? it->second : 0;
  }
  bool RangeHas(PageRange range, Attributes attributes) const {
    if (range.empty()) return true;
    const auto it = private_.lower_bound(Interval(range.start, range.end));
    if (it == private_.end() || it->first.lower() >= range.end) return attributes == 0;
    return it->second == attributes && it->first.lower() <= range.start &&
           it->first.upper() >= range.end;
  }
  template <typename Visit>
  void ForEachRun(PageRange range, Visit visit) const {
    if (range.empty()) return;
    PageIndex page = range.start;
    for (auto it = private_.lower_bound(Interval(range.start, range.end));
         it != private_.end() && it->first.lower() < range.end; ++it) {
      const PageIndex start = std::max(it->first.lower(), page);
      const PageIndex end = std::min(it->first.upper(), range.end);
      if (page < start) visit(AttributeRun{{page, start}, 0});
      visit(AttributeRun{{start, end}, it->second});
      page = end;
    }
    if (page < range.end) visit(AttributeRun{{page, range.end}, 0});
  }
  std::vector<AttributeRun> Runs() const { return CollectRuns(*this, pages_); }
  std::size_t Bytes() const { return private_.iterative_size() * kNodeBytes; }
  bool CheckInvariants() const { return RunsAreInOrder(*this, pages_); }

 private:
  using Interval = boost::icl::right_open_interval<PageIndex>;
  using Map =
      boost::icl::interval_map<PageIndex, Attributes, boost::icl::partial_absorber, std::less,
                               boost::icl::inplace_plus, boost::icl::inter_section, Interval>;
  // It is a std::map inside: a node has a colour and three pointers beside the value.
  static constexpr std::size_t kNodeBytes =
      4 * sizeof(void*) + sizeof(std::pair<const Interval, Attributes>);

  std::uint64_t pages_;
  Map private_;
};

}  // namespace kvm_model::bench

#else

namespace kvm_model::bench {

struct IclStore {
  static constexpr const char* kName = "boost_icl";
  static constexpr const char* kMissingPackage = "libboost-dev";
};

}  // namespace kvm_model::bench

#endif

#endif  // KVM_MODEL_BENCH_PEERS_ICL_STORE_H_
