#include "bench/conversions/conversion_cases.h"

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "bench/conversions/rounds.h"
#include "bench/conversions/subjects.h"
#include "bench/conversions/workload.h"
#include "bench/suite/suite.h"
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
constexpr Mode kModes[] = {
    {"UNSPECIFIED", uapi::kSetMemoryAttributes2ModeUnspecified, Direction::kBoth},
    {"PRESERVE", uapi::kSetMemoryAttributes2Preserve, Direction::kBoth},
    {"ZERO", uapi::kSetMemoryAttributes2Zero, Direction::kToShared},
};

// The workload of a case: made for the first subject that asks, and kept while one of them has it.
class CaseWorkload {
 public:
  explicit CaseWorkload(const WorkloadSpec& spec) : spec_(spec) {}
  std::shared_ptr<const Workload> Get() {
    std::shared_ptr<const Workload> workload = kept_.lock();
    if (workload == nullptr) {
      workload = std::make_shared<const Workload>(MakeWorkload(spec_));
      kept_ = workload;
    }
    return workload;
  }

 private:
  const WorkloadSpec spec_;
  std::weak_ptr<const Workload> kept_;
};

struct ConversionCase {
  std::string name;
  std::shared_ptr<CaseWorkload> workload;
  std::uint64_t mode = 0;
  bool resident = false;
};

void RunNull(benchmark::State& state, const Workload& workload) {
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

void AddNull(const ConversionCase& a_case, Suite& suite) {
  suite.Add(a_case.name, "null", [a_case] {
    auto run = [workload = a_case.workload->Get()](benchmark::State& state) {
      RunNull(state, *workload);
    };
    return Measurement{.run = std::move(run), .sets_time = true};
  });
}

// A counter of zeros is not written: its deviation over repetitions would be NaN, which JSON
// doesn't have.
void CountResident(benchmark::State& state, const Workload& workload, std::uint64_t pages) {
  if (pages == 0) return;
  const auto chunks = static_cast<double>(workload.resident.size());
  state.counters["resident_pages"] = static_cast<double>(pages);
  state.counters["resident_pages_per_conversion"] = static_cast<double>(pages) / chunks;
}

template <typename Subject>
std::expected<Measurement, std::string> MakeRounds(const ConversionCase& a_case) {
  const std::shared_ptr<const Workload> workload = a_case.workload->Get();
  const auto subject = std::make_shared<Subject>(workload, a_case.mode, a_case.resident);
  if (!subject->error().empty()) return std::unexpected(subject->error());
  if (std::string wrong = Rehearse(*workload, *subject); !wrong.empty()) {
    return std::unexpected(std::move(wrong));
  }
  auto run = [workload, subject](benchmark::State& state) {
    RunRounds(state, *workload, *subject);
    if (!subject->error().empty()) state.SkipWithError(subject->error().c_str());
    if (!subject->ResidencyIsRight()) state.SkipWithError("residency is wrong");
    CountResident(state, *workload, subject->ResidentPages());
  };
  return Measurement{
      .run = std::move(run), .sets_time = true, .iterations = CountIterations(*workload, *subject)};
}

template <typename Subject>
void Add(const ConversionCase& a_case, std::string_view subject, Suite& suite) {
  suite.Add(a_case.name, subject, [a_case] { return MakeRounds<Subject>(a_case); });
}

void AddCase(const WorkloadSpec& spec, const Mode& mode, bool resident, Suite& suite) {
  const ConversionCase a_case{
      .name = absl::StrFormat("conversion/%s/%d/%s/%s", ToString(spec.fragmentation), spec.pages,
                              mode.name, resident ? "resident" : "none"),
      .workload = std::make_shared<CaseWorkload>(spec),
      .mode = mode.flags,
      .resident = resident};
  AddNull(a_case, suite);
  Add<StoreSetSubject>(a_case, "store_set", suite);
  Add<StoreSubject>(a_case, "store", suite);
  Add<TypedSubject>(a_case, "typed", suite);
  Add<DoorSubject>(a_case, "door", suite);
  Add<DoorTaskMemorySubject>(a_case, "door_task_memory", suite);
}

}  // namespace

void AddConversionCases(Suite& suite) {
  for (const Fragmentation fragmentation : kFragmentations) {
    for (const std::uint64_t pages : kSizes) {
      for (const Mode& mode : kModes) {
        for (const bool resident : {false, true}) {
          AddCase({fragmentation, pages, mode.direction}, mode, resident, suite);
        }
      }
    }
  }
}

}  // namespace kvm_model::bench
