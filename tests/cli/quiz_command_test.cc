// kvmsim quiz: exercises, and that what is told is what the model answers.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cli/command_line.h"
#include "tools/backends/model_backend.h"
#include "tools/quiz/exercise.h"
#include "tools/quiz/lesson.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/parser.h"
#include "tools/scenario/runner.h"

namespace kvm_model::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
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

// The answers that a lesson's exercises have, of many seeds; each is checked on the way.
std::set<std::string> RightAnswersOf(const quiz::Lesson& lesson) {
  std::set<std::string> right;
  for (std::uint64_t seed = 0; seed < kExercises; ++seed) {
    const quiz::Exercise exercise = quiz::MakeExercise(seed, &lesson);
    EXPECT_THAT(exercise.choices, Contains(exercise.right)) << lesson.name << " " << seed;
    EXPECT_TRUE(std::ranges::is_sorted(exercise.choices)) << lesson.name << " " << seed;
    EXPECT_FALSE(exercise.trail.empty()) << lesson.name << " " << seed;
    EXPECT_NE(exercise.looks.empty(), lesson.name == "ranges") << lesson.name << " " << seed;
    EXPECT_EQ(exercise.calls, quiz::MakeExercise(seed, &lesson).calls);
    scenario::ModelBackend backend(seed);
    const scenario::Verdict verdict = scenario::RunScenario(quiz::ToScenario(exercise), backend);
    EXPECT_EQ(verdict.outcome, scenario::Verdict::Outcome::kPass)
        << lesson.name << " " << seed << ": " << verdict.call << " " << verdict.actual;
    right.insert(exercise.right);
  }
  return right;
}

TEST(ExerciseTest, EachLessonHasExercisesWithSeveralAnswers) {
  for (const quiz::Lesson& lesson : quiz::Lessons()) {
    EXPECT_GE(RightAnswersOf(lesson).size(), 3U) << lesson.name;
    EXPECT_EQ(quiz::FindLesson(lesson.name), &lesson);
    EXPECT_EQ(quiz::FindLesson(std::to_string(lesson.number)), &lesson);
  }
  EXPECT_EQ(quiz::FindLesson("0"), nullptr);
  EXPECT_EQ(quiz::FindLesson(""), nullptr);
}

TEST(ExerciseTest, PinsAreAskedForWithTheirOffsets) {
  const std::set<std::string> right = RightAnswersOf(*quiz::FindLesson("pins"));
  for (const char* answer : {"0", "EAGAIN error_offset=0x1000", "EAGAIN error_offset=0x6000"}) {
    EXPECT_TRUE(right.contains(answer)) << answer;
  }
}

// The test as the exercise shows it.
scenario::Scenario ShownTest(const quiz::Exercise& exercise) {
  std::string text = "host " + exercise.host + "\n";
  for (std::size_t i = 0; i < exercise.calls.size(); ++i) {
    const std::string& expected = exercise.expected[i];
    text += exercise.calls[i] + (expected.empty() ? "" : " -> " + expected) + "\n";
  }
  return scenario::Parse("shown", text).value();
}

TEST(ExerciseTest, TestsFailWhereIsSaid) {
  const quiz::Lesson* const lesson = quiz::FindLesson("conformance");
  std::set<std::string> right;
  for (std::uint64_t seed = 0; seed < kExercises; ++seed) {
    const quiz::Exercise exercise = quiz::MakeExercise(seed, lesson);
    ASSERT_EQ(exercise.expected.size(), exercise.calls.size()) << seed;
    scenario::ModelBackend backend(seed);
    const scenario::Verdict verdict = scenario::RunScenario(ShownTest(exercise), backend);
    const std::string line =
        verdict.line.has_value() ? "line " + std::to_string(*verdict.line - 1) : "none";
    EXPECT_EQ(exercise.right, line) << seed;
    EXPECT_EQ(exercise.actual, verdict.actual) << seed;
    right.insert(exercise.right);
  }
  EXPECT_THAT(right, ElementsAre("line 6", "line 7", "line 8", "line 9", "none"));
}

TEST(QuizTest, ATestWithAMistakeIsAskedByItsLines) {
  const Outcome outcome = RunQuiz("--lesson 11 --seed 1");
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("\n  6  "), HasSubstr(" -> "),
                                 HasSubstr("Which line fails?\n  a) line 6\n"),
                                 HasSubstr("  e) none\n"), Not(HasSubstr("The decisions"))));
  EXPECT_THAT(RunQuiz("--lesson 11 --seed 1 --solve").out, HasSubstr("\nThe decisions\n"));
}

TEST(QuizTest, ALessonIsAskedByNumberAndByName) {
  const Outcome outcome = RunQuiz("--lesson 7 --seed 2");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("Exercise 2 of lesson 7, pins: a world of 8 pages"),
                                 HasSubstr("pin(map, "), HasSubstr("lesson 7 --seed 2 --solve")));
  EXPECT_EQ(RunQuiz("--lesson pins --seed 2").out, outcome.out);
}

TEST(QuizTest, ACallThatOnlyLooksIsSolvedByLooks) {
  const Outcome outcome = RunQuiz("--lesson ranges --seed 1 --solve");
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("The same question after each call\n  set_memory"),
                                 HasSubstr("--lesson 8 --seed 2` asks another")));
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
  const Outcome outcome = RunQuiz("--lesson 12");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("no lesson '12'; there are: 1 capability, 2 scope, "));
  EXPECT_EQ(RunQuiz("--seed 18446744073709551615").exit_code, 0);
}

}  // namespace
}  // namespace kvm_model::cli
