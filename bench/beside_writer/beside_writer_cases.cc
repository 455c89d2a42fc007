#include "bench/beside_writer/beside_writer_cases.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/beside_writer/background.h"
#include "bench/beside_writer/questions.h"
#include "bench/beside_writer/shared_mutex_map.h"
#include "bench/beside_writer/writing.h"
#include "bench/clock/thread_clock.h"
#include "bench/suite/suite.h"
#include "benchmark/benchmark.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"
#include "uapi/constants.h"

namespace kvm_model::bench {
namespace {

// An iteration is so many goes, of so many stores or of all questions.
constexpr std::size_t kGoes = 8;
constexpr std::size_t kStores = 2048;

// How long a run waits, in all, for the other thread to work at the same time.
constexpr std::chrono::seconds kPatience(1);
// And how long until it starts that thread anew: both may have been put on one processor, and a new
// thread is put where least is going on.
constexpr std::chrono::milliseconds kUntilRestart(20);

constexpr WriterKind kWriterKinds[] = {WriterKind::kW1, WriterKind::kW4, WriterKind::kNarrow};

// A map with what its writer does and what is asked of it. The writer's side and the reader's may
// be used by two threads.
template <typename Map, typename Kind>
class Scene {
 public:
  explicit Scene(WriterKind kind)
      : map_(kMapPages, 0),
        stores_(DrawStores(kind)),
        questions_(DrawQuestions(Kind::kCount, Kind::kPages)) {
    ForEachPrivateRange(kind, [this](PageRange range) {
      if (!map_.Store(range, uapi::kMemoryAttributePrivate)) ++failed_;
    });
    for (std::size_t i = 0; i < stores_.size(); ++i) StoreNext();
  }

  // The writer's.
  void StoreNext() {
    const AttributeRun& store = stores_[next_store_];
    if (!map_.Store(store.pages, store.attributes)) ++failed_;
    if (++next_store_ == stores_.size()) next_store_ = 0;
  }

  // The reader's: one question, or all of them.
  void AskNext() {
    if (!Kind::Ask(map_, questions_[next_question_])) ++wrong_;
    if (++next_question_ == Kind::kCount) next_question_ = 0;
  }
  void AskAll() {
    for (const Question& question : questions_) {
      if (!Kind::Ask(map_, question)) ++wrong_;
    }
  }
  void CheckAll() {
    for (const Question& question : questions_) {
      if (!Kind::Check(map_, question)) ++wrong_;
    }
  }

  // What is wrong, if anything is; while no other thread is at work.
  std::string Wrong() const {
    if (failed_ != 0) return "a store failed";
    if (wrong_ != 0) return "an answer can't be right";
    if (!map_.CheckInvariants()) return "the map isn't in order";
    return "";
  }
  std::string_view form() const { return map_.form(); }

 private:
  Map map_;
  const std::vector<AttributeRun> stores_;
  const std::vector<Question> questions_;
  // What one side changes lies away from what the other does.
  alignas(64) std::size_t next_store_ = 0;
  std::size_t failed_ = 0;
  alignas(64) std::size_t next_question_ = 0;
  std::size_t wrong_ = 0;
};

// Whether a thread may wait for the other, which then stands still or isn't let through. The
// thread's clock doesn't count that.
template <typename Map>
constexpr bool kWaits = std::is_same_v<Map, SharedMutexMap>;
template <typename Map>
using ClockFor = std::conditional_t<kWaits<Map>, std::chrono::steady_clock, ThreadClock>;

// A thread that repeats `other` while it is there.
template <typename Other>
class Companion {
 public:
  explicit Companion(const Other& other) : other_(other) {}
  void Start() {
    thread_.reset();
    thread_.emplace(other_);
  }
  bool is_there() const { return thread_.has_value(); }
  std::uint64_t done() const { return is_there() ? thread_->done() : 0; }

 private:
  const Other other_;
  std::optional<Background> thread_;
};

// Whether each of the goes, timed together, found the other thread at work, if it is there.
template <typename Go, typename Other>
bool GoBeside(const Go& go, const Companion<Other>& companion) {
  bool is_beside = true;
  for (std::size_t i = 0; i < kGoes; ++i) {
    const std::uint64_t before = companion.done();
    go();
    is_beside = is_beside && (!companion.is_there() || companion.done() != before);
  }
  return is_beside;
}

// Times one iteration, beside the other thread if it is there. Goes during which that stood still
// don't count and are made again until `end_of_patience`; but not where threads may wait for each
// other. Whether it counts.
template <typename Map, typename Go, typename Other>
bool TimeIteration(benchmark::State& state, const Go& go, Companion<Other>& companion,
                   std::chrono::steady_clock::time_point end_of_patience) {
  using Clock = ClockFor<Map>;
  auto restart_at = std::chrono::steady_clock::now() + kUntilRestart;
  while (true) {
    const auto start = Clock::now();
    const bool counts = GoBeside(go, companion) || kWaits<Map>;
    const auto stop = Clock::now();
    const auto now = std::chrono::steady_clock::now();
    if (counts || now >= end_of_patience) {
      state.SetIterationTime(std::chrono::duration<double>(stop - start).count());
      return counts;
    }
    if (now < restart_at) continue;
    companion.Start();
    restart_at = now + kUntilRestart;
  }
}

// Times goes of `go`, of so many items each, beside a thread that repeats `other`, if `beside`.
template <typename Map, typename Go, typename Other>
void RunBeside(benchmark::State& state, std::size_t items, const Go& go, bool beside,
               const Other& other) {
  Companion<Other> companion(other);
  if (beside) companion.Start();
  const auto end_of_patience = std::chrono::steady_clock::now() + kPatience;
  std::int64_t not_beside = 0;
  for ([[maybe_unused]] const auto iteration : state) {
    if (!TimeIteration<Map>(state, go, companion, end_of_patience)) ++not_beside;
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kGoes * items));
  // A counter of zeros is not written: its deviation would be NaN, which JSON doesn't have.
  if (not_beside == 0) return;
  state.counters["not_beside"] =
      static_cast<double>(not_beside) / static_cast<double>(state.iterations());
}

template <typename Map, typename Kind>
std::expected<std::shared_ptr<Scene<Map, Kind>>, std::string> MakeScene(WriterKind kind) {
  auto scene = std::make_shared<Scene<Map, Kind>>(kind);
  const bool is_narrow = scene->form() == "narrow";
  if (is_narrow != (kind == WriterKind::kNarrow)) return std::unexpected("the form is another");
  {
    const Background writer([&scene] { scene->StoreNext(); });
    scene->CheckAll();
  }
  if (std::string wrong = scene->Wrong(); !wrong.empty()) return std::unexpected(std::move(wrong));
  return scene;
}

void ReportWrong(benchmark::State& state, const std::string& wrong) {
  if (!wrong.empty()) state.SkipWithError(wrong.c_str());
}

template <typename Map, typename Kind>
std::expected<Measurement, std::string> MakeReader(WriterKind kind, bool beside) {
  auto scene = MakeScene<Map, Kind>(kind);
  if (!scene) return std::unexpected(scene.error());
  auto run = [scene = *scene, beside](benchmark::State& state) {
    RunBeside<Map>(
        state, Kind::kCount, [&scene] { scene->AskAll(); }, beside,
        [&scene] { scene->StoreNext(); });
    ReportWrong(state, scene->Wrong());
  };
  return Measurement{.run = std::move(run), .sets_time = true};
}

template <typename Map, typename Kind>
std::expected<Measurement, std::string> MakeWriter(WriterKind kind, bool beside) {
  auto scene = MakeScene<Map, Kind>(kind);
  if (!scene) return std::unexpected(scene.error());
  auto run = [scene = *scene, beside](benchmark::State& state) {
    const auto store = [&scene] {
      for (std::size_t i = 0; i < kStores; ++i) scene->StoreNext();
    };
    RunBeside<Map>(state, kStores, store, beside, [&scene] { scene->AskNext(); });
    ReportWrong(state, scene->Wrong());
  };
  return Measurement{.run = std::move(run), .sets_time = true};
}

template <typename Map, typename Kind>
void AddReader(WriterKind kind, std::string_view prefix, Suite& suite) {
  const std::string name = absl::StrFormat("beside_writer/%s/%s", Kind::kName, ToString(kind));
  for (const bool beside : {false, true}) {
    suite.Add(name, absl::StrFormat("%s%s", prefix, beside ? "beside" : "alone"),
              [kind, beside] { return MakeReader<Map, Kind>(kind, beside); });
  }
}

template <typename Map>
void AddWriter(WriterKind kind, std::string_view prefix, Suite& suite) {
  const std::string name = absl::StrFormat("beside_writer/writer/%s", ToString(kind));
  suite.Add(name, absl::StrFormat("%salone", prefix),
            [kind] { return MakeWriter<Map, GetQuestion>(kind, false); });
  const auto add_beside = [&]<typename Kind>() {
    suite.Add(name, absl::StrFormat("%sbeside_%s", prefix, Kind::kName),
              [kind] { return MakeWriter<Map, Kind>(kind, true); });
  };
  add_beside.template operator()<GetQuestion>();
  add_beside.template operator()<RangeHasQuestion>();
  add_beside.template operator()<RunsInQuestion>();
}

template <typename Map>
void AddCases(WriterKind kind, std::string_view prefix, Suite& suite) {
  AddReader<Map, GetQuestion>(kind, prefix, suite);
  AddReader<Map, RangeHasQuestion>(kind, prefix, suite);
  AddReader<Map, RunsInQuestion>(kind, prefix, suite);
  AddWriter<Map>(kind, prefix, suite);
}

}  // namespace

void AddBesideWriterCases(Suite& suite) {
  for (const WriterKind kind : kWriterKinds) {
    AddCases<AttributeMap>(kind, "", suite);
    AddCases<SharedMutexMap>(kind, "shared_mutex_", suite);
  }
}

}  // namespace kvm_model::bench
