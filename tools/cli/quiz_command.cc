#include "tools/cli/quiz_command.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/options.h"
#include "tools/cli/suite_options.h"
#include "tools/quiz/draws.h"
#include "tools/quiz/exercise.h"
#include "tools/quiz/lesson.h"

namespace kvm_model::cli {
namespace {

struct QuizOptions {
  std::uint64_t seed = 1;
  std::string lesson;
  bool solve = false;
};

// " of lesson 7, pins"
std::string About(const quiz::Lesson* lesson) {
  if (lesson == nullptr) return "";
  return absl::StrFormat(" of lesson %d, %s", lesson->number, lesson->name);
}

// The command line of an exercise, from "kvmsim" on.
std::string CommandLine(const quiz::Lesson* lesson, std::uint64_t seed) {
  const std::string about =
      lesson == nullptr ? "" : absl::StrFormat(" --lesson %d", lesson->number);
  return absl::StrFormat("kvmsim quiz%s --seed %d", about, seed);
}

// A test as it stands in a file, and which of its lines fails.
void PrintTest(const quiz::Exercise& exercise, const quiz::Lesson* lesson, std::ostream& out) {
  out << absl::StrFormat("Exercise %d%s: a test with a mistake; host %s\n\n", exercise.seed,
                         About(lesson), exercise.host);
  for (std::size_t i = 0; i < exercise.calls.size(); ++i) {
    const std::string& expected = exercise.expected[i];
    out << absl::StrFormat("  %d  %s%s\n", i + 1, exercise.calls[i],
                           expected.empty() ? "" : " -> " + expected);
  }
  out << "\nA call was left out, or expects what it doesn't answer. Which line fails?\n";
}

void PrintQuestion(const quiz::Exercise& exercise, const quiz::Lesson* lesson, std::ostream& out) {
  if (!exercise.expected.empty()) {
    PrintTest(exercise, lesson, out);
    return;
  }
  out << absl::StrFormat("Exercise %d%s: a world of %d pages; host %s\n\n", exercise.seed,
                         About(lesson), quiz::kPages, exercise.host);
  for (std::size_t i = 0; i + 1 < exercise.calls.size(); ++i) {
    out << absl::StrFormat("  %s -> %s\n", exercise.calls[i], exercise.answers[i]);
  }
  out << absl::StrFormat("  %s -> ?\n\nWhat does the last call answer?\n", exercise.calls.back());
}

void PrintChoices(const quiz::Exercise& exercise, const quiz::Lesson* lesson, std::ostream& out) {
  char letter = 'a';
  for (const std::string& choice : exercise.choices) {
    out << absl::StrFormat("  %c) %s\n", letter++, choice);
  }
  out << absl::StrFormat("\n`%s --solve` tells, and why.\n", CommandLine(lesson, exercise.seed));
}

// "SIGBUS"; of a test "line 9: it answers SIGBUS".
std::string RightAnswer(const quiz::Exercise& exercise) {
  if (exercise.expected.empty()) return exercise.answers.back();
  if (exercise.actual.empty()) return exercise.right + ": nothing in the test needs the call";
  return absl::StrFormat("%s: it answers %s", exercise.right, exercise.actual);
}

void PrintSolution(const quiz::Exercise& exercise, const quiz::Lesson* lesson, std::ostream& out) {
  out << absl::StrFormat("  %s\n\n", RightAnswer(exercise));
  if (exercise.looks.empty()) {
    out << "The decisions\n";
    const std::vector<std::string> steps = absl::StrSplit(exercise.trail, '\n', absl::SkipEmpty());
    for (const std::string& step : steps) out << "  " << step << "\n";
  } else {
    out << "The same question after each call\n";
    for (const std::string& look : exercise.looks) out << "  " << look << "\n";
  }
  out << absl::StrFormat("\n`%s` asks another.\n", CommandLine(lesson, exercise.seed + 1));
}

int Quiz(const QuizOptions& options, std::ostream& out) {
  const quiz::Lesson* const lesson = quiz::FindLesson(options.lesson);
  const quiz::Exercise exercise = quiz::MakeExercise(options.seed, lesson);
  PrintQuestion(exercise, lesson, out);
  if (options.solve) {
    PrintSolution(exercise, lesson, out);
  } else {
    PrintChoices(exercise, lesson, out);
  }
  return kAllAsExpected;
}

// What is wrong with --lesson; empty for nothing, as CLI11 wants it.
std::string LessonProblem(const std::string& lesson) {
  if (quiz::FindLesson(lesson) != nullptr) return "";
  std::vector<std::string> known;
  for (const quiz::Lesson& each : quiz::Lessons()) {
    known.push_back(absl::StrFormat("%d %s", each.number, each.name));
  }
  return absl::StrFormat("no lesson '%s'; there are: %s", lesson, absl::StrJoin(known, ", "));
}

}  // namespace

void AddQuizCommand(CLI::App& app, std::ostream& out, std::function<int()>& run) {
  CLI::App& command =
      AddCommand(app, "quiz", "Asks what a call answers, in a world of eight pages.");
  const auto options = std::make_shared<QuizOptions>();
  AddSeedOption(command, options->seed).Description("Which exercise.");
  AddOption(command, "--lesson", options->lesson, "About a lesson of the course.")
      .ValueName("LESSON")
      .Check(LessonProblem);
  AddOption(command, "--solve", options->solve, "Tells the answer, and the decisions behind it.");
  SetAction(command, run, [options, &out] { return Quiz(*options, out); });
}

}  // namespace kvm_model::cli
