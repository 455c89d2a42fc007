// kvmsim quiz: exercises, and that what is told is what the model answers.
#include <cstdint>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cli/command_line.h"
#include "tools/backends/model_backend.h"
#include "tools/quiz/exercise.h"
#include "tools/scenario/runner.h"

namespace kvm_model::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t kExercises = 300;

TEST(ExerciseTest, TheRightAnswerIsAChoiceAndTheModels) {
  for (std::uint64_t seed = 0; seed < kExercises; ++seed) {
    const quiz::Exercise exercise = quiz::MakeExercise(seed);
    EXPECT_THAT(exercise.choices, Contains(exercise.right)) << seed;
    EXPECT_EQ(exercise.calls.size(), exercise.answers.size()) << seed;
    EXPECT_FALSE(exercise.trail.empty()) << seed;
    scenario::ModelBackend backend(seed);
    const scenario::Verdict verdict = scenario::RunScenario(quiz::ToScenario(exercise), backend);
    EXPECT_EQ(verdict.outcome, scenario::Verdict::Outcome::kPass)
        << seed << ": " << verdict.call << " " << verdict.actual << verdict.reason;
  }
}

TEST(ExerciseTest, TheSameSeedMakesTheSameAndOthersMakeOthers) {
  std::set<std::string> asked;
  for (std::uint64_t seed = 0; seed < kExercises; ++seed) {
    const quiz::Exercise one = quiz::MakeExercise(seed);
    EXPECT_EQ(one.calls, quiz::MakeExercise(seed).calls);
    std::string text;
    for (const std::string& call : one.calls) text += call + "\n";
    asked.insert(text);
  }
  EXPECT_GT(asked.size(), kExercises * 9 / 10);
}

TEST(ExerciseTest, ManyKindsOfAnswersAreAskedFor) {
  std::set<std::string> right;
  for (std::uint64_t seed = 0; seed < kExercises; ++seed) {
    right.insert(quiz::MakeExercise(seed).right);
  }
  for (const char* answer : {"0", "'A'", "EAGAIN", "EINVAL", "EOPNOTSUPP", "SIGBUS", "MMIO"}) {
    EXPECT_TRUE(right.contains(answer)) << answer;
  }
}

TEST(QuizTest, AsksWithoutTelling) {
  const Outcome outcome = RunQuiz("--seed 3");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("host_read(map, 5p) -> ?\n"), HasSubstr("  e) SIGBUS\n"),
                    HasSubstr("kvmsim quiz --seed 3 --solve"), Not(HasSubstr("The decisions"))));
}

TEST(QuizTest, SolvesWithTheDecisions) {
  const Outcome outcome = RunQuiz("--seed 3 --solve");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("What does the last call answer?\n  0\n"),
                                 HasSubstr("the page is private: no"), HasSubstr("--seed 4")));
}

TEST(QuizTest, WrongUsageIsRefused) {
  EXPECT_EQ(RunQuiz("--seed x").exit_code, 2);
  EXPECT_EQ(RunQuiz("--seed 18446744073709551615").exit_code, 0);
}

}  // namespace
}  // namespace kvm_model::cli
