// The suite: that it runs what it is asked to, in an order that follows from the seed, that its
// oracle is right, and that a store which isn't is found out.
#include "bench/suite/suite.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <random>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "bench/peers/byte_store.h"
#include "bench/peers/model_store.h"
#include "bench/suite/file_cases.h"
#include "bench/suite/store_cases.h"
#include "bench/suite/stream.h"
#include "bench/suite/workloads.h"
#include "benchmark/benchmark.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct Outcome {
  bool all_right = false;
  std::string json;
  std::string progress;
  std::string table;
};

Outcome RunSuite(Suite& suite, const SuiteOptions& options) {
  std::ostringstream json;
  std::ostringstream progress;
  std::ostringstream table;
  Outcome outcome;
  outcome.all_right = suite.Run(options, json, progress, table);
  outcome.json = json.str();
  outcome.progress = progress.str();
  outcome.table = table.str();
  return outcome;
}

SuiteOptions Brief(const std::string& filter) {
  return {.filter = filter, .repetitions = 1, .min_time = 0.0001};
}

// A subject that notes when it is run.
MakeMeasurement Noting(std::vector<std::string>& notes, const std::string& name) {
  return [&notes, name] {
    return Measurement{.run =
                           [&notes, name](benchmark::State& state) {
                             for ([[maybe_unused]] const auto iteration : state) {
                             }
                             notes.push_back(name);
                             state.SetItemsProcessed(state.iterations());
                           },
                       .iterations = 1};
  };
}

std::vector<std::string> OrderOf(std::uint64_t seed) {
  std::vector<std::string> notes;
  Suite suite;
  for (const char* const subject : {"a", "b", "c", "d"}) {
    suite.Add("first", subject, Noting(notes, std::string("first/") + subject));
    suite.Add("second", subject, Noting(notes, std::string("second/") + subject));
  }
  EXPECT_TRUE(RunSuite(suite, {.repetitions = 6, .seed = seed}).all_right);
  return notes;
}

TEST(SuiteTest, TheOrderFollowsFromTheSeed) {
  EXPECT_EQ(OrderOf(1), OrderOf(1));
  EXPECT_NE(OrderOf(1), OrderOf(2));
}

TEST(SuiteTest, EachRepetitionGoesThroughACasesSubjectsOnce) {
  const std::vector<std::string> order = OrderOf(7);
  ASSERT_EQ(order.size(), 2U * 6 * 4);
  bool differs = false;
  for (std::size_t round = 0; round < 12; ++round) {
    std::vector<std::string> subjects(order.begin() + static_cast<std::ptrdiff_t>(4 * round),
                                      order.begin() + static_cast<std::ptrdiff_t>(4 * round + 4));
    const std::vector<std::string> in_order = subjects;
    std::ranges::sort(subjects);
    differs |= in_order != subjects;
    const std::string name = round < 6 ? "first/" : "second/";
    EXPECT_THAT(subjects, ElementsAre(name + "a", name + "b", name + "c", name + "d"));
  }
  EXPECT_TRUE(differs);
}

TEST(SuiteTest, OnlyWhatTheFilterFindsIsRunAndWritten) {
  std::vector<std::string> notes;
  Suite suite;
  suite.Add("W1", "a", Noting(notes, "W1/a"));
  suite.Add("W1", "b", Noting(notes, "W1/b"));
  suite.Add("W2", "a", Noting(notes, "W2/a"));
  EXPECT_THAT(suite.Names("^W1/|/a$"), ElementsAre("W1/a", "W1/b", "W2/a"));
  EXPECT_THROW(suite.Names("("), std::regex_error);
  const Outcome outcome = RunSuite(suite, Brief("/b$"));
  EXPECT_TRUE(outcome.all_right);
  EXPECT_THAT(notes, ElementsAre("W1/b"));
  EXPECT_THAT(outcome.json, HasSubstr("\"name\": \"W1/b\""));
  EXPECT_THAT(outcome.json, Not(HasSubstr("W1/a")));
  EXPECT_THAT(outcome.table, HasSubstr("W1/b"));
}

TEST(SuiteTest, ASubjectThatIsWrongIsNamedAndTheOthersAreMeasured) {
  std::vector<std::string> notes;
  Suite suite;
  suite.Add("W1", "wrong", []() -> std::expected<Measurement, std::string> {
    return std::unexpected("it forgets pages");
  });
  suite.Add("W1", "right", Noting(notes, "W1/right"));
  const Outcome outcome = RunSuite(suite, {.repetitions = 2});
  EXPECT_FALSE(outcome.all_right);
  EXPECT_THAT(notes, ElementsAre("W1/right", "W1/right"));
  EXPECT_THAT(outcome.progress, HasSubstr("W1/wrong: ERROR: it forgets pages"));
  EXPECT_THAT(outcome.json, HasSubstr("\"error_message\": \"it forgets pages\""));
}

// ---- The oracle ----

TEST(OracleTest, ItSaysWhatBytesSay) {
  constexpr std::uint64_t kPages = 300;
  std::mt19937_64 random(20240611);
  for (int round = 0; round < 200; ++round) {
    std::vector<PageIndex> boundaries;
    std::vector<Operation> operations;
    for (int i = 0; i < 30; ++i) {
      const PageIndex start = random() % kPages;
      const PageIndex end = start + 1 + random() % (kPages - start);
      boundaries.push_back(start);
      boundaries.push_back(end);
      operations.emplace_back(PageRange{start, end}, random() % 2 == 0);
    }
    Oracle oracle({kPages, {}}, boundaries);
    ByteStore bytes(kPages, 0);
    for (const Operation& operation : operations) {
      ASSERT_EQ(oracle.RangeHas(operation.range(), operation.attributes()),
                bytes.RangeHas(operation.range(), operation.attributes()));
      oracle.Set(operation.range(), operation.attributes());
      bytes.Set(operation.range(), operation.attributes());
      ASSERT_EQ(oracle.DigestOfRuns(), DigestOfRuns(bytes, kPages));
    }
    for (PageIndex page = 0; page < kPages; ++page) ASSERT_EQ(oracle.Get(page), bytes.Get(page));
  }
}

TEST(StreamTest, EveryConversionOfTheToggledWorkloadsChangesSomething) {
  for (const NamedStream& named : UpdateStreams()) {
    if (named.name != "W2" && named.name != "W3" && named.name != "W1s") continue;
    Stream stream = named.make();
    ASSERT_EQ(stream.operations.size() % stream.batch, 0U) << named.name;
    ASSERT_EQ(stream.rehearsed % stream.batch, 0U) << named.name;
    const auto store = Build<ByteStore>(stream.state);
    for (std::uint64_t flip = 0; flip < 2; ++flip) {
      for (const Operation& operation : stream.operations) {
        const Attributes attributes = operation.attributes(stream.alternates ? flip : 0);
        ASSERT_FALSE(store->RangeHas(operation.range(), attributes)) << named.name;
        store->Set(operation.range(), attributes);
      }
    }
    // And two passes lead back.
    AskOracle(stream);
    EXPECT_EQ(DigestOfRuns(*store, stream.state.pages), stream.digest_before) << named.name;
  }
}

TEST(StreamTest, StatesHaveAsManyRunsAsTheyAreNamedFor) {
  EXPECT_EQ(QueryStates()[0].make().RunCount(), 10U);
  EXPECT_EQ(QueryStates()[2].make().RunCount(), 1000000U);
  EXPECT_EQ(WholeFileState().RunCount(), 1000000U);
}

// ---- Stores ----

// Forgets every thousandth conversion.
class ForgetfulStore : public ModelStore {
 public:
  static constexpr const char* kName = "forgetful";
  using ModelStore::ModelStore;
  void Set(PageRange range, Attributes attributes) {
    if (++sets_ % 1000 != 0) ModelStore::Set(range, attributes);
  }

 private:
  int sets_ = 0;
};

// Answers for the page behind.
class HastyStore : public ModelStore {
 public:
  static constexpr const char* kName = "hasty";
  HastyStore(std::uint64_t pages, Attributes initial)
      : ModelStore(pages, initial), last_(pages - 1) {}
  Attributes Get(PageIndex page) const { return ModelStore::Get(std::min(page + 1, last_)); }
  bool RangeHas(PageRange range, Attributes attributes) const {
    return ModelStore::RangeHas({range.start, std::min(range.end + 1, last_)}, attributes);
  }

 private:
  PageIndex last_;
};

template <typename... Stores>
void AddStoreCases(Suite& suite) {
  const auto for_each = [](auto visit) { (visit.template operator()<Stores>(), ...); };
  AddUpdateCases(suite, for_each);
  AddQuestionCases(suite, for_each);
  AddFileCases(suite, for_each);
  AddMemoryCases(suite, for_each);
}

TEST(StoreCasesTest, TheModelIsRight) {
  Suite suite;
  AddStoreCases<ModelStore>(suite);
  const Outcome outcome =
      RunSuite(suite, Brief("^(W1s|W2|W3|W3i|W4|W8u)/|^W(5|5L|6|6h|7)/1e3/|^curve_[a-z_]+/"
                            "(1|512|4096|1000|4503599627370496)/|^W9/1e"));
  EXPECT_TRUE(outcome.all_right) << outcome.progress;
  EXPECT_THAT(outcome.json, HasSubstr("\"bytes_per_run\""));
}

TEST(StoreCasesTest, AStoreThatForgetsIsFoundOut) {
  Suite suite;
  AddStoreCases<ForgetfulStore>(suite);
  const Outcome outcome = RunSuite(suite, Brief("^(W2|W3|W4)/forg|^W(6|7)/1e6/|^W9/1e5"));
  EXPECT_FALSE(outcome.all_right);
  EXPECT_THAT(outcome.progress, HasSubstr("W2/forgetful: ERROR"));
  EXPECT_THAT(outcome.progress, HasSubstr("W3/forgetful: ERROR"));
  EXPECT_THAT(outcome.progress, HasSubstr("W4/forgetful: ERROR"));
  EXPECT_THAT(outcome.progress, HasSubstr("W6/1e6/forgetful: ERROR: an answer is wrong"));
  EXPECT_THAT(outcome.progress, HasSubstr("W7/1e6/forgetful: ERROR: the runs are wrong"));
  EXPECT_THAT(outcome.progress, HasSubstr("W9/1e5_runs_in_4PiB/forgetful: ERROR"));
  EXPECT_THAT(outcome.progress, Not(HasSubstr(" ns\n")));
}

TEST(StoreCasesTest, WrongAnswersAreFoundOut) {
  Suite suite;
  AddStoreCases<HastyStore>(suite);
  const Outcome outcome = RunSuite(suite, Brief("^W(5|6|6h|7)/1e3/"));
  EXPECT_FALSE(outcome.all_right);
  EXPECT_THAT(outcome.progress, HasSubstr("W5/1e3/hasty: ERROR: an answer is wrong"));
  EXPECT_THAT(outcome.progress, HasSubstr("W6/1e3/hasty: ERROR: an answer is wrong"));
  EXPECT_THAT(outcome.progress, HasSubstr("W6h/1e3/hasty: ERROR: an answer is wrong"));
  EXPECT_THAT(outcome.progress, Not(HasSubstr("W7/1e3/hasty: ERROR")));
}

}  // namespace
}  // namespace kvm_model::bench
