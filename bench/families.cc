#include "bench/families.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "bench/peers/bitmap_store.h"
#include "bench/peers/model_store.h"
#include "bench/peers/std_map_store.h"
#include "bench/rounds.h"
#include "bench/subjects.h"
#include "bench/workload.h"
#include "benchmark/benchmark.h"
#include "uapi/constants.h"

namespace kvm_model::bench {
namespace {

constexpr Fragmentation kFragmentations[] = {Fragmentation::kUniform, Fragmentation::kEverySecond,
                                             Fragmentation::kRandom};
constexpr std::uint64_t kSizes[] = {1, 16, 512, kWindowPages};

struct Mode {
  std::string_view name;
  std::uint64_t flags;
  Direction direction;
};
// Modes of one direction stand together, so that they share a workload.
constexpr Mode kModes[] = {
    {"UNSPECIFIED", uapi::kSetMemoryAttributes2ModeUnspecified, Direction::kBoth},
    {"PRESERVE", uapi::kSetMemoryAttributes2Preserve, Direction::kBoth},
    {"ZERO", uapi::kSetMemoryAttributes2Zero, Direction::kToShared},
};

// The workload of `spec`; the one asked for last is kept.
const Workload& WorkloadOf(const WorkloadSpec& spec) {
  struct Kept {
    WorkloadSpec spec;
    Workload workload;
  };
  static std::optional<Kept> kept;
  if (!kept || kept->spec != spec) {
    kept.reset();
    kept.emplace(spec, MakeWorkload(spec));
  }
  return kept->workload;
}

void RunNull(benchmark::State& state, const WorkloadSpec& spec) {
  const Workload& workload = WorkloadOf(spec);
  const auto read_all = [&workload] {
    for (const Conversion& conversion : workload.timed) {
      benchmark::DoNotOptimize(conversion.range.start);
      benchmark::DoNotOptimize(conversion.range.end);
      benchmark::DoNotOptimize(conversion.attributes);
    }
  };
  TimeRounds(state, read_all, [] {});
  CountConversions(state, workload);
}

template <typename Store>
void RunStore(benchmark::State& state, const WorkloadSpec& spec) {
  const Workload& workload = WorkloadOf(spec);
  StoreSubject<Store> subject(workload);
  RunRounds(state, workload, subject);
}

template <typename Subject>
void RunGuestMemfd(benchmark::State& state, const WorkloadSpec& spec, std::uint64_t flags,
                   bool resident) {
  const Workload& workload = WorkloadOf(spec);
  Subject subject(workload, flags, resident);
  if (!subject.error().empty()) {
    state.SkipWithError(subject.error().c_str());
    return;
  }
  RunRounds(state, workload, subject);
  const std::uint64_t pages = subject.ResidentPages();
  // A counter of zeros would make the JSON of a run with repetitions unreadable: its deviation is
  // written as NaN.
  if (resident) {
    const auto chunks = static_cast<double>(workload.resident.size());
    state.counters["resident_pages"] = static_cast<double>(pages);
    state.counters["resident_pages_per_conversion"] = static_cast<double>(pages) / chunks;
  }
  if (pages != (resident ? kResidentPages : 0)) state.SkipWithError("residency is wrong");
}

std::string Name(std::string_view layer, std::string_view store, const WorkloadSpec& spec,
                 std::string_view mode, bool resident) {
  return absl::StrFormat("%s/%s/%s/%d/%s/%s", layer, store, ToString(spec.fragmentation),
                         spec.pages, mode, resident ? "resident" : "none");
}

template <typename Run>
void Register(const std::string& name, Run run) {
  benchmark::RegisterBenchmark(name.c_str(), run)->UseManualTime();
}

void RegisterStores(const WorkloadSpec& spec) {
  const auto add = [&spec](std::string_view layer, std::string_view store, auto run) {
    Register(Name(layer, store, spec, "no_mode", false),
             [spec, run](benchmark::State& state) { run(state, spec); });
  };
  add("null", "loop", RunNull);
  add("store", "model", RunStore<ModelStore>);
  add("store", "std_map", RunStore<StdMapStore>);
  add("store", "bitmap", RunStore<BitmapStore>);
}

template <typename Subject>
void RegisterGuestMemfd(std::string_view layer, const WorkloadSpec& spec, const Mode& mode,
                        bool resident) {
  Register(Name(layer, "model", spec, mode.name, resident),
           [spec, mode, resident](benchmark::State& state) {
             RunGuestMemfd<Subject>(state, spec, mode.flags, resident);
           });
}

}  // namespace

void RegisterFamilies() {
  for (const Fragmentation fragmentation : kFragmentations) {
    for (const std::uint64_t pages : kSizes) {
      RegisterStores({fragmentation, pages, Direction::kBoth});
      for (const Mode& mode : kModes) {
        const WorkloadSpec spec{fragmentation, pages, mode.direction};
        for (const bool resident : {false, true}) {
          RegisterGuestMemfd<TypedSubject>("typed", spec, mode, resident);
          RegisterGuestMemfd<DoorSubject>("door", spec, mode, resident);
          RegisterGuestMemfd<DoorTaskMemorySubject>("door_task_memory", spec, mode, resident);
        }
      }
    }
  }
}

std::string_view ShortFilter() {
  return "^(store/[a-z_]+/(uniform/(1|512|262144)|every_second/(1|512)|random/1)/"
         "|typed/model/(uniform|random)/1/UNSPECIFIED/none"
         "|typed/model/every_second/512/PRESERVE/resident"
         "|door/model/(uniform|random)/1/UNSPECIFIED/none"
         "|door_task_memory/model/uniform/1/UNSPECIFIED/none)";
}

}  // namespace kvm_model::bench
