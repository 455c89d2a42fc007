#include "bench/suite/workloads.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/suite/stream.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {
namespace {

using Random = std::mt19937_64;

constexpr std::uint64_t kWorkloadSeed = 4242;
constexpr std::uint64_t kFilePages = std::uint64_t{1} << 24;   // 64 GiB
constexpr std::uint64_t kLargePages = std::uint64_t{1} << 28;  // 1 TiB
constexpr std::uint64_t kCurvePages = std::uint64_t{1} << 29;
constexpr std::uint64_t kChunkPages = 512;
constexpr unsigned kLongestLog = 18;

// `count` different pages of [first, pages), in random order.
std::vector<PageIndex> DifferentPages(std::size_t count, PageIndex first, std::uint64_t pages,
                                      Random& random) {
  std::vector<PageIndex> chosen;
  std::unordered_set<PageIndex> seen;
  while (chosen.size() < count) {
    const PageIndex page = first + random() % (pages - first);
    if (seen.insert(page).second) chosen.push_back(page);
  }
  return chosen;
}

// `runs` runs whose boundaries lie anywhere; the first one is shared. In random order.
FileState RandomRuns(std::uint64_t pages, std::uint64_t runs, Random& random) {
  std::vector<PageIndex> boundaries =
      DifferentPages(static_cast<std::size_t>(runs - 1), 1, pages, random);
  std::ranges::sort(boundaries);
  FileState state{pages, {}};
  for (std::size_t i = 0; i < boundaries.size(); i += 2) {
    state.private_ranges.push_back(
        {boundaries[i], i + 1 < boundaries.size() ? boundaries[i + 1] : pages});
  }
  std::ranges::shuffle(state.private_ranges, random);
  return state;
}

// Pieces of `pages` pages that are private by a coin's toss, and what each is.
FileState CoinTosses(std::uint64_t pages, std::uint64_t piece, Random& random,
                     std::vector<bool>& is_private) {
  is_private.resize(static_cast<std::size_t>(pages / piece));
  for (std::size_t i = 0; i < is_private.size(); ++i) is_private[i] = (random() & 1) != 0;
  FileState state{pages, {}};
  for (std::size_t i = 0; i < is_private.size(); ++i) {
    if (!is_private[i]) continue;
    const std::size_t first = i;
    while (i < is_private.size() && is_private[i]) ++i;
    state.private_ranges.push_back({first * piece, i * piece});
  }
  return state;
}

// ---- Streams ----

Stream RandomPages() {
  Random random(kWorkloadSeed);
  std::vector<bool> is_private;
  Stream stream{.state = CoinTosses(kFilePages, 1, random, is_private), .alternates = true};
  for (const PageIndex page : DifferentPages(std::size_t{1} << 20, 0, kFilePages, random)) {
    stream.operations.emplace_back(PageRange{page, page + 1}, !is_private[page]);
  }
  stream.rehearsed = 16 * stream.batch;
  return stream;
}

Stream LonePages() {
  constexpr std::size_t kLive = 10000;
  Random random(kWorkloadSeed);
  const std::vector<PageIndex> pages = DifferentPages(std::size_t{1} << 18, 0, kFilePages, random);
  Stream stream{.state = {kFilePages, {}}};
  for (std::size_t i = 0; i < kLive; ++i) {
    stream.state.private_ranges.push_back({pages[i], pages[i] + 1});
  }
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const PageIndex fresh = pages[(i + kLive) % pages.size()];
    stream.operations.emplace_back(PageRange{fresh, fresh + 1}, true);
    stream.operations.emplace_back(PageRange{pages[i], pages[i] + 1}, false);
  }
  stream.rehearsed = 32 * stream.batch;
  return stream;
}

Stream RandomChunks() {
  Random random(kWorkloadSeed);
  std::vector<bool> is_private;
  Stream stream{.state = CoinTosses(kFilePages, kChunkPages, random, is_private),
                .alternates = true};
  std::vector<std::size_t> chunks(is_private.size());
  std::iota(chunks.begin(), chunks.end(), std::size_t{0});
  std::ranges::shuffle(chunks, random);
  for (const std::size_t chunk : chunks) {
    stream.operations.emplace_back(PageRange{chunk * kChunkPages, (chunk + 1) * kChunkPages},
                                   !is_private[chunk]);
  }
  // The second pass goes the other way.
  stream.rehearsed = stream.operations.size() + stream.batch;
  return stream;
}

Stream Windows(bool in_turns) {
  constexpr std::uint64_t kWindows = 8;
  constexpr std::uint64_t kConverted = std::uint64_t{1} << 17;  // of each
  Stream stream{.state = {kFilePages, {}}, .alternates = true};
  for (std::uint64_t i = 0; i < kWindows * kConverted; ++i) {
    const std::uint64_t window = in_turns ? i % kWindows : i / kConverted;
    const std::uint64_t at = in_turns ? i / kWindows : i % kConverted;
    const PageIndex page = window * (kFilePages / kWindows) + at;
    stream.operations.emplace_back(PageRange{page, page + 1}, true);
  }
  stream.rehearsed = 256 * stream.batch;
  return stream;
}

std::uint64_t LogUniformLength(Random& random) {
  const std::uint64_t shortest = std::uint64_t{1} << random() % kLongestLog;
  return shortest + random() % shortest;
}

PageRange AnyRange(std::uint64_t pages, std::uint64_t length, Random& random) {
  const PageIndex start = random() % (pages - length + 1);
  return {start, start + length};
}

Stream AnyRanges() {
  Random random(kWorkloadSeed);
  Stream stream{.state = {kFilePages, {}}, .batch = 256};
  for (std::size_t i = 0; i < std::size_t{1} << 17; ++i) {
    stream.operations.emplace_back(AnyRange(kFilePages, LogUniformLength(random), random),
                                   (random() & 1) != 0);
  }
  stream.rehearsed = 8 * stream.batch;
  return stream;
}

Stream RangesOf(std::uint64_t length) {
  constexpr std::uint64_t kPagesOfABatch = std::uint64_t{1} << 26;
  Random random(kWorkloadSeed);
  Stream stream{.state = {kCurvePages, {}}};
  stream.batch = static_cast<std::size_t>(
      std::bit_floor(std::clamp<std::uint64_t>(kPagesOfABatch / length, 1, 1024)));
  for (std::size_t i = 0; i < std::size_t{1} << 14; ++i) {
    stream.operations.emplace_back(AnyRange(kCurvePages, length, random), (random() & 1) != 0);
  }
  stream.rehearsed = std::max<std::size_t>(stream.batch, 16);
  return stream;
}

// A page to the other attributes and back, in a file of so many runs.
Stream ToAndFro(std::uint64_t pages, std::uint64_t runs) {
  constexpr std::size_t kPairs = std::size_t{1} << 15;
  Random random(kWorkloadSeed);
  Stream stream{.state = RandomRuns(pages, runs, random)};
  std::ranges::sort(stream.state.private_ranges, {}, &PageRange::start);
  const auto is_private = [&](PageIndex page) {
    const auto behind =
        std::ranges::upper_bound(stream.state.private_ranges, page, {}, &PageRange::start);
    return behind != stream.state.private_ranges.begin() && page < std::prev(behind)->end;
  };
  for (std::size_t i = 0; i < kPairs; ++i) {
    const PageIndex page = random() % pages;
    stream.operations.emplace_back(PageRange{page, page + 1}, !is_private(page));
    stream.operations.emplace_back(PageRange{page, page + 1}, is_private(page));
  }
  stream.rehearsed = 2 * stream.batch;
  return stream;
}

// 1, 10, 100 and so on, up to 1e7.
std::vector<std::uint64_t> CurveRunCounts() {
  std::vector<std::uint64_t> counts;
  for (std::uint64_t runs = 1; runs <= 10000000; runs *= 10) counts.push_back(runs);
  return counts;
}

NamedState RandomRunsNamed(std::string name, std::uint64_t pages, std::uint64_t runs) {
  return {std::move(name), pages, [pages, runs] {
            Random random(kWorkloadSeed);
            return RandomRuns(pages, runs, random);
          }};
}

}  // namespace

std::vector<NamedStream> UpdateStreams() {
  std::vector<NamedStream> streams = {
      {"W1", kFilePages, RandomPages},
      {"W1s", kFilePages, LonePages},
      {"W2", kFilePages, RandomChunks},
      {"W3", kFilePages, [] { return Windows(false); }},
      {"W3i", kFilePages, [] { return Windows(true); }},
      {"W4", kFilePages, AnyRanges},
  };
  for (unsigned log = 0; log <= 28; log += log < 27 ? 3 : 1) {
    const std::uint64_t length = std::uint64_t{1} << log;
    streams.push_back({absl::StrFormat("curve_conversion_size/%d", length), kCurvePages,
                       [length] { return RangesOf(length); }, log <= 15});
  }
  for (const std::uint64_t runs : CurveRunCounts()) {
    streams.push_back({absl::StrFormat("curve_run_count/%d", runs), kLargePages,
                       [runs] { return ToAndFro(kLargePages, runs); }, false});
  }
  for (unsigned log = 0; log <= 52; log += 4) {
    const std::uint64_t pages = std::uint64_t{1} << log;
    const std::uint64_t runs = std::clamp<std::uint64_t>(pages / 4, 1, 1000);
    streams.push_back({absl::StrFormat("curve_file_size/%d", pages), pages,
                       [pages, runs] { return ToAndFro(pages, runs); }, pages <= kFilePages});
  }
  return streams;
}

std::vector<NamedState> QueryStates() {
  return {RandomRunsNamed("10", kFilePages, 10), RandomRunsNamed("1e3", kFilePages, 1000),
          RandomRunsNamed("1e6", kFilePages, 1000000)};
}

std::vector<NamedState> CurveQueryStates() {
  std::vector<NamedState> states;
  for (const std::uint64_t runs : CurveRunCounts()) {
    states.push_back({absl::StrFormat("%d", runs), kLargePages,
                      [runs] { return ToAndFro(kLargePages, runs).state; }});
  }
  return states;
}

FileState WholeFileState() { return RandomRunsNamed("", kLargePages, 1000000).make(); }

std::vector<NamedState> MemoryStates() {
  constexpr std::uint64_t kPages4PiB = std::uint64_t{1} << 40;
  constexpr std::uint64_t kPages16EiB = std::uint64_t{1} << 52;
  const auto fragmented = [] {
    FileState state{kFilePages, {}};
    for (PageIndex page = 0; page < kFilePages; page += 2) {
      state.private_ranges.push_back({page, page + 1});
    }
    return state;
  };
  return {
      RandomRunsNamed("10_runs_in_64GiB", kFilePages, 10),
      RandomRunsNamed("1e6_runs_in_64GiB", kFilePages, 1000000),
      RandomRunsNamed("1e3_runs_in_1TiB", kLargePages, 1000),
      RandomRunsNamed("1e6_runs_in_1TiB", kLargePages, 1000000),
      RandomRunsNamed("1e5_runs_in_4PiB", kPages4PiB, 100000),
      RandomRunsNamed("1e3_runs_in_16EiB", kPages16EiB, 1000),
      RandomRunsNamed("1e5_runs_in_16EiB", kPages16EiB, 100000),
      {"1e4_lone_pages_in_64GiB", kFilePages, [] { return LonePages().state; }},
      {"coin_tosses_in_64GiB", kFilePages, [] { return RandomPages().state; }},
      {"every_second_page_of_64GiB", kFilePages, fragmented},
  };
}

Questions AnyQuestions(std::uint64_t pages) {
  Random random(kWorkloadSeed);
  Questions questions;
  for (std::size_t i = 0; i < std::size_t{1} << 17; ++i) {
    questions.emplace_back(AnyRange(pages, LogUniformLength(random), random), (random() & 1) != 0);
  }
  return questions;
}

Questions BlockQuestions(std::uint64_t pages) {
  Random random(kWorkloadSeed);
  Questions questions;
  for (std::size_t i = 0; i < std::size_t{1} << 17; ++i) {
    const PageIndex start = random() % (pages / kChunkPages) * kChunkPages;
    questions.emplace_back(PageRange{start, start + kChunkPages}, (random() & 1) != 0);
  }
  return questions;
}

}  // namespace kvm_model::bench
