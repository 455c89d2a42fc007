#include "bench/suite/stream.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {

std::uint64_t FileState::RunCount() const {
  std::uint64_t runs = 1;
  for (const PageRange& range : private_ranges) {
    if (range.start != 0) ++runs;
    if (range.end != pages) ++runs;
  }
  return runs;
}

Oracle::Oracle(const FileState& state, std::vector<PageIndex> boundaries)
    : pages_(state.pages), starts_(std::move(boundaries)) {
  starts_.push_back(0);
  for (const PageRange& range : state.private_ranges) {
    starts_.push_back(range.start);
    starts_.push_back(range.end);
  }
  std::ranges::sort(starts_);
  starts_.erase(std::unique(starts_.begin(), starts_.end()), starts_.end());
  if (starts_.back() == pages_) starts_.pop_back();
  is_private_.assign(starts_.size(), false);
  for (const PageRange& range : state.private_ranges) Set(range, kPrivate);
}

std::size_t Oracle::StretchOf(PageIndex page) const {
  return static_cast<std::size_t>(std::ranges::upper_bound(starts_, page) - starts_.begin()) - 1;
}

void Oracle::Set(PageRange range, Attributes attributes) {
  const std::size_t end = range.end == pages_ ? starts_.size() : StretchOf(range.end);
  for (std::size_t i = StretchOf(range.start); i < end; ++i) is_private_[i] = attributes != 0;
}

Attributes Oracle::Get(PageIndex page) const { return is_private_[StretchOf(page)] * kPrivate; }

bool Oracle::RangeHas(PageRange range, Attributes attributes) const {
  for (std::size_t i = StretchOf(range.start); i <= StretchOf(range.end - 1); ++i) {
    if (is_private_[i] != (attributes != 0)) return false;
  }
  return true;
}

std::uint64_t Oracle::DigestOfRuns() const {
  Digest digest;
  std::size_t first = 0;
  for (std::size_t i = 1; i <= starts_.size(); ++i) {
    if (i < starts_.size() && is_private_[i] == is_private_[first]) continue;
    const PageIndex end = i < starts_.size() ? starts_[i] : pages_;
    digest.Add(AttributeRun{{starts_[first], end}, is_private_[first] * kPrivate});
    first = i;
  }
  return digest.number();
}

void AskOracle(Stream& stream) {
  std::vector<PageIndex> boundaries;
  const auto rehearsed = [&stream](std::size_t i) -> const Operation& {
    return stream.operations[i % stream.operations.size()];
  };
  for (std::size_t i = 0; i < std::min(stream.rehearsed, stream.operations.size()); ++i) {
    boundaries.push_back(rehearsed(i).range().start);
    boundaries.push_back(rehearsed(i).range().end);
  }
  Oracle oracle(stream.state, std::move(boundaries));
  stream.digest_before = oracle.DigestOfRuns();
  // Many runs are gone through once.
  constexpr std::uint64_t kManyRuns = 100000;
  stream.checked_every = stream.state.RunCount() < kManyRuns ? stream.batch : stream.rehearsed;
  for (std::size_t i = 0; i < stream.rehearsed; ++i) {
    const bool flips = stream.alternates && i / stream.operations.size() % 2 != 0;
    oracle.Set(rehearsed(i).range(), rehearsed(i).attributes(flips ? 1 : 0));
    if ((i + 1) % stream.checked_every == 0) stream.digests.push_back(oracle.DigestOfRuns());
  }
}

}  // namespace kvm_model::bench
