#include "bench/conversions/workload.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/peers/byte_store.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"
#include "uapi/constants.h"

namespace kvm_model::bench {
namespace {

constexpr Attributes kPrivate = uapi::kMemoryAttributePrivate;

// Chunks converted in a round: enough that reading the clock twice a round doesn't count.
std::uint64_t ChunksOf(const WorkloadSpec& spec) {
  const std::uint64_t wanted = std::max<std::uint64_t>(64, 4096 / spec.pages);
  const bool uniform = spec.fragmentation == Fragmentation::kUniform;
  return std::min(wanted, (uniform ? kFilePages : kWindowPages) / spec.pages);
}

PageRange Chunk(const WorkloadSpec& spec, std::uint64_t index) {
  return {index * spec.pages, (index + 1) * spec.pages};
}

void Fragment(Fragmentation fragmentation, std::mt19937_64& random, ByteStore& file) {
  for (PageIndex page = 0; page < kWindowPages; ++page) {
    const bool is_private =
        fragmentation == Fragmentation::kEverySecond ? page % 2 == 1 : (random() >> 63) != 0;
    if (is_private) file.Set({page, page + 1}, kPrivate);
  }
}

// Ascending chunks, to private and back, or to shared only.
void DrawUniform(const WorkloadSpec& spec, Workload& workload) {
  const std::uint64_t chunks = ChunksOf(spec);
  const auto sweep = [&](Attributes attributes) {
    for (std::uint64_t i = 0; i < chunks; ++i) {
      workload.timed.push_back({Chunk(spec, i), attributes});
    }
  };
  if (spec.direction == Direction::kBoth) {
    sweep(kPrivate);
    sweep(0);
  } else {
    sweep(0);
    workload.restore.push_back({{0, chunks * spec.pages}, kPrivate});
  }
}

// What the chunk is converted to so that it changes; a mixed one goes to `preferred`.
Attributes Target(const ByteStore& file, PageRange chunk, Attributes preferred) {
  return file.RangeHas(chunk, preferred) ? preferred ^ kPrivate : preferred;
}

void AppendRestore(const ByteStore& before, const Conversion& done, Workload& workload) {
  PageIndex page = done.range.start;
  while (page < done.range.end) {
    const Attributes attributes = before.Get(page);
    const PageIndex start = page;
    while (page < done.range.end && before.Get(page) == attributes) ++page;
    if (attributes != done.attributes) workload.restore.push_back({{start, page}, attributes});
  }
}

// Chunks of the window in random order, each at most once.
void DrawFragmented(const WorkloadSpec& spec, const ByteStore& before, std::mt19937_64& random,
                    Workload& workload) {
  std::vector<std::uint64_t> order(kWindowPages / spec.pages);
  std::iota(order.begin(), order.end(), std::uint64_t{0});
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);

  const std::uint64_t chunks = ChunksOf(spec);
  for (const std::uint64_t index : order) {
    if (workload.timed.size() == chunks) return;
    const PageRange chunk = Chunk(spec, index);
    const bool to_private = spec.direction == Direction::kBoth && workload.timed.size() % 2 == 0;
    const Conversion conversion{chunk, Target(before, chunk, to_private ? kPrivate : 0)};
    if (spec.direction == Direction::kToShared && conversion.attributes != 0) continue;
    workload.timed.push_back(conversion);
    AppendRestore(before, conversion, workload);
  }
}

void ChooseResident(const WorkloadSpec& spec, Workload& workload) {
  const std::uint64_t each = kResidentPages / ChunksOf(spec);
  for (const Conversion& conversion : workload.timed) {
    const PageIndex start = conversion.range.start;
    workload.resident.push_back({start, start + each});
  }
  const auto by_start = [](PageRange a, PageRange b) { return a.start < b.start; };
  std::ranges::sort(workload.resident, by_start);
  const auto repeated = std::ranges::unique(workload.resident);
  workload.resident.erase(repeated.begin(), repeated.end());
}

}  // namespace

std::string_view ToString(Fragmentation fragmentation) {
  switch (fragmentation) {
    case Fragmentation::kUniform:
      return "uniform";
    case Fragmentation::kEverySecond:
      return "every_second";
    case Fragmentation::kRandom:
      return "random";
  }
  return "";
}

Workload MakeWorkload(const WorkloadSpec& spec) {
  std::mt19937_64 random(kSeed);
  const bool uniform = spec.fragmentation == Fragmentation::kUniform;
  const bool starts_private = uniform && spec.direction == Direction::kToShared;
  ByteStore file(kFilePages, starts_private ? kPrivate : 0);
  Workload workload;
  if (uniform) {
    DrawUniform(spec, workload);
  } else {
    Fragment(spec.fragmentation, random, file);
    DrawFragmented(spec, file, random, workload);
  }
  ChooseResident(spec, workload);
  workload.before = file.Runs();
  for (const Conversion& conversion : workload.timed) {
    file.Set(conversion.range, conversion.attributes);
  }
  workload.after = file.Runs();
  return workload;
}

}  // namespace kvm_model::bench
