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
#include "bench/suite/suite.h"
#include "benchmark/benchmark.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"
#include "uapi/constants.h"

namespace kvm_model::bench {
namespace {

// Of an iteration.
constexpr std::size_t kQuestions = 4096;
constexpr std::size_t kStores = 1024;

constexpr WriterKind kWriterKinds[] = {WriterKind::kW1, WriterKind::kW4, WriterKind::kNarrow};

// A map with what its writer does and what is asked of it. The writer's side and the reader's may
// be used by two threads.
template <typename Map, typename Kind>
class Scene {
 public:
  explicit Scene(WriterKind kind)
      : map_(kMapPages, 0),
        stores_(DrawStores(kind)),
        questions_(DrawQuestions(kQuestions, Kind::kPages)) {
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

  // The reader's: one question, or as many as an iteration has.
  void AskNext() {
    if (!Kind::Ask(map_, questions_[next_question_])) ++wrong_;
    if (++next_question_ == kQuestions) next_question_ = 0;
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

// A thread that waits for a mutex sleeps.
template <typename Map>
constexpr bool kSleeps = std::is_same_v<Map, SharedMutexMap>;

// Runs `work`, of so many items, as the iterations of `state`, beside the thread that repeats
// `other`, if it is there.
template <bool kUsesSteadyClock, typename Work, typename Other>
void RunBeside(benchmark::State& state, std::size_t items, const Work& work, bool beside,
               const Other& other) {
  using Clock = std::chrono::steady_clock;
  std::optional<Background> background;
  if (beside) background.emplace(other);
  const std::uint64_t done_before = beside ? background->done() : 0;
  for ([[maybe_unused]] const auto iteration : state) {
    if constexpr (kUsesSteadyClock) {
      const Clock::time_point start = Clock::now();
      work();
      const Clock::time_point stop = Clock::now();
      state.SetIterationTime(std::chrono::duration<double>(stop - start).count());
    } else {
      work();
    }
  }
  const auto all_items = state.iterations() * static_cast<std::int64_t>(items);
  state.SetItemsProcessed(all_items);
  if (!beside) return;
  // Not 0, whose deviation over repetitions would be NaN, which JSON doesn't have.
  const std::uint64_t done = background->done() - done_before + 1;
  state.counters["done_beside"] = static_cast<double>(done) / static_cast<double>(all_items);
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
    RunBeside<kSleeps<Map>>(
        state, kQuestions, [&scene] { scene->AskAll(); }, beside, [&scene] { scene->StoreNext(); });
    ReportWrong(state, scene->Wrong());
  };
  return Measurement{.run = std::move(run), .sets_time = kSleeps<Map>};
}

template <typename Map, typename Kind>
std::expected<Measurement, std::string> MakeWriter(WriterKind kind, bool beside) {
  auto scene = MakeScene<Map, Kind>(kind);
  if (!scene) return std::unexpected(scene.error());
  auto run = [scene = *scene, beside](benchmark::State& state) {
    const auto store = [&scene] {
      for (std::size_t i = 0; i < kStores; ++i) scene->StoreNext();
    };
    RunBeside<kSleeps<Map>>(state, kStores, store, beside, [&scene] { scene->AskNext(); });
    ReportWrong(state, scene->Wrong());
  };
  return Measurement{.run = std::move(run), .sets_time = kSleeps<Map>};
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
