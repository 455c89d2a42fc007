// What changes a map within its form, mostly: stores, prepared ones too.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/gate/operation.h"
#include "bench/gate/pattern.h"
#include "bench/gate/store_operations.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {
namespace {

// A map that can be made anew; what is freed before is taken again.
using Map = std::shared_ptr<std::unique_ptr<AttributeMap>>;

struct Change {
  PageRange range;
  Attributes attributes = 0;
};
using Changes = std::vector<Change>;

constexpr std::uint64_t kBlock = AttributeMap::kBlockPages;

void Make(AttributeMap& map, const Changes& changes) {
  for (const Change& change : changes) MustStore(map, change.range, change.attributes);
}

AttributeMap::PreparedStore MustPrepare(AttributeMap& map, const Change& change) {
  auto store = map.Prepare(change.range, change.attributes);
  if (!store.has_value()) std::abort();
  return *std::move(store);
}

PageRange PageOf(PageIndex page) { return {page, page + 1}; }

class Writes {
 public:
  explicit Writes(const Pattern& pattern) : pattern_(pattern) {}

  void AppendTo(std::vector<Operation>& operations) {
    if (HasWideGaps()) {
      AppendPagesInGaps();
    } else {
      AppendPagesBetweenRuns();
    }
    AppendRanges();
    AppendPrepared();
    for (Operation& operation : operations_) operations.push_back(std::move(operation));
  }

 private:
  // Whether a page, or 64, can become a run between two others.
  bool HasWideGaps() const { return pattern_.stride - pattern_.length > 128; }
  std::uint64_t Places(std::uint64_t most) const { return std::min(most, pattern_.runs - 1); }
  // Of the runs with another one behind them, one for each of so many places, all over the file:
  // even and odd ones, as they may differ.
  std::uint64_t Spread(std::uint64_t i, std::uint64_t places) const {
    const std::uint64_t step = (pattern_.runs - 1) / places;
    return i * step + (step > 1 ? i % 2 : 0);
  }

  void Append(std::string_view what, const Map& map, std::function<void()> before,
              std::function<void()> run) {
    operations_.push_back({.name = absl::StrFormat("store/%s/%s", pattern_.name, what),
                           .before = std::move(before),
                           .run = std::move(run),
                           .bytes = [map] { return (*map)->allocated_bytes(); }});
  }
  // Makes `changes` in a map with `made_before`.
  void AppendChanges(std::string_view what, Changes made_before, Changes changes) {
    const Map map = std::make_shared<std::unique_ptr<AttributeMap>>();
    Append(what, map, Maker(map, std::move(made_before)),
           [map, changes = std::move(changes)] { Make(**map, changes); });
  }
  std::function<void()> Maker(Map map, Changes made_before) const {
    return [map = std::move(map), &pattern = pattern_, made_before = std::move(made_before)] {
      map->reset();
      *map = MakeMap(pattern);
      Make(**map, made_before);
    };
  }
  // A change and its reverse, named `what`_on and `what`_off.
  void AppendBothWays(std::string_view what, const Changes& on, const Changes& off) {
    AppendChanges(absl::StrFormat("%s_on", what), {}, on);
    AppendChanges(absl::StrFormat("%s_off", what), on, off);
  }

  // In the middle of gaps.
  void AppendPagesInGaps() {
    const std::uint64_t places = Places(64);
    Changes new_runs;
    Changes runs_gone;
    Changes narrow_gaps;
    Changes merging;
    Changes splitting;
    Changes shrinking;
    Changes to_and_fro;
    for (std::uint64_t i = 0; i < 64; ++i) {
      const PageRange gap = pattern_.Gap(Spread(i % places, places));
      const PageRange page = PageOf(gap.end - 100 + i / places);
      to_and_fro.push_back({page, kPrivate});
      to_and_fro.push_back({page, 0});
      if (i >= places) continue;
      new_runs.push_back({page, kPrivate});
      runs_gone.push_back({page, 0});
      shrinking.push_back({PageOf(gap.start - 1), 0});
      const Attributes word = pattern_.WordOf(Spread(i, places));
      narrow_gaps.push_back({{gap.start, gap.end - 1}, word});
      merging.push_back({PageOf(gap.end - 1), word});
      splitting.push_back({PageOf(gap.end - 1), 0});
    }
    AppendBothWays("page", new_runs, runs_gone);
    AppendChanges("page_to_and_fro", {}, to_and_fro);
    AppendChanges("page_shrinking", {}, shrinking);
    AppendChanges("page_merging", narrow_gaps, merging);
    Changes whole_gaps = narrow_gaps;
    whole_gaps.insert(whole_gaps.end(), merging.begin(), merging.end());
    AppendChanges("page_splitting", whole_gaps, splitting);

    const PageIndex end = pattern_.Run(1).end;
    Changes extending;
    for (PageIndex page = end; page < end + 64; ++page) {
      extending.push_back({PageOf(page), pattern_.WordOf(1)});
    }
    AppendChanges("page_extending", {}, extending);
  }

  // A gap of one page becomes private: its neighbours merge.
  void AppendPagesBetweenRuns() {
    const std::uint64_t places = Places(64);
    Changes merging;
    Changes splitting;
    Changes to_and_fro;
    for (std::uint64_t i = 0; i < places; ++i) {
      const PageRange gap = PageOf(pattern_.Gap(Spread(i, places)).start);
      merging.push_back({gap, kPrivate});
      splitting.push_back({gap, 0});
      to_and_fro.push_back({gap, kPrivate});
      to_and_fro.push_back({gap, 0});
    }
    AppendChanges("page_merging", {}, merging);
    AppendChanges("page_splitting", merging, splitting);
    AppendChanges("page_to_and_fro", {}, to_and_fro);
  }

  void AppendRanges() {
    Changes blocks;
    Changes blocks_gone;
    Changes nothing_new;
    const std::uint64_t places = Places(16);
    for (std::uint64_t i = 0; i < places; ++i) {
      // Wholly in the gap where that is long enough.
      const PageRange gap = pattern_.Gap(Spread(i, places));
      const PageIndex start = (gap.end - 1) / kBlock * kBlock;
      const PageIndex block = start < gap.start + kBlock ? start : start - kBlock;
      blocks.push_back({{block, block + kBlock}, kPrivate});
      blocks_gone.push_back({{block, block + kBlock}, 0});
      for (int repeat = 0; repeat < 4; ++repeat) nothing_new.push_back({PageOf(gap.start), 0});
    }
    AppendBothWays("2m", blocks, blocks_gone);
    AppendChanges("nothing_new", {}, nothing_new);
    const std::uint64_t pages = pattern_.pages;
    AppendChanges("long", {}, {{{pages / 4 + 7, pages / 2 + 9}, kPrivate}});
    AppendChanges("file", {}, {{{0, pages}, kPrivate}});
    AppendChanges("file_nothing_new", {{{0, pages}, kPrivate}}, {{{0, pages}, kPrivate}});
  }

  void AppendPrepared() {
    const std::uint64_t places = Places(64);
    Changes changes;
    for (std::uint64_t i = 0; i < places; ++i) {
      const PageRange gap = pattern_.Gap(Spread(i, places));
      changes.push_back({PageOf((gap.start + gap.end) / 2), kPrivate});
    }
    const Map map = std::make_shared<std::unique_ptr<AttributeMap>>();
    Append("prepare", map, Maker(map, {}), [map, changes] {
      for (const Change& change : changes) (void)MustPrepare(**map, change);
    });
    const Map both = std::make_shared<std::unique_ptr<AttributeMap>>();
    Append("prepare_and_commit", both, Maker(both, {}), [both, changes] {
      for (const Change& change : changes) (*both)->Commit(MustPrepare(**both, change));
    });
    AppendCommits(changes);
  }

  // A commit follows its Prepare(), which isn't to be counted: so of several maps each commits one.
  void AppendCommits(const Changes& changes) {
    struct Prepared {
      std::unique_ptr<AttributeMap> map;
      std::optional<AttributeMap::PreparedStore> store;
    };
    constexpr std::size_t kMaps = 4;
    const auto prepared = std::make_shared<std::array<Prepared, kMaps>>();
    operations_.push_back(
        {.name = absl::StrFormat("store/%s/commit", pattern_.name),
         .before =
             [prepared, &pattern = pattern_, changes] {
               for (std::size_t i = 0; i < kMaps; ++i) {
                 Prepared& one = (*prepared)[i];
                 one.map.reset();
                 one.map = MakeMap(pattern);
                 one.store = MustPrepare(*one.map, changes[i * changes.size() / kMaps]);
               }
             },
         .run =
             [prepared] {
               for (Prepared& one : *prepared) one.map->Commit(*std::move(one.store));
             },
         .bytes = [prepared] { return prepared->front().map->allocated_bytes(); }});
  }

  const Pattern& pattern_;
  std::vector<Operation> operations_;
};

}  // namespace

std::vector<Operation> StoreWriteOperations() {
  std::vector<Operation> operations;
  for (const Pattern& pattern : Patterns()) Writes(pattern).AppendTo(operations);
  return operations;
}

}  // namespace kvm_model::bench
