#include "tools/cli/quiz_command.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/suite_options.h"
#include "tools/quiz/exercise.h"

namespace kvm_model::cli {
namespace {

struct QuizOptions {
  std::uint64_t seed = 1;
  bool solve = false;
};

void PrintQuestion(const quiz::Exercise& exercise, std::ostream& out) {
  out << absl::StrFormat("Exercise %d: a guest_memfd of %d pages; host %s\n\n", exercise.seed,
                         quiz::kPages, exercise.host);
  for (std::size_t i = 0; i + 1 < exercise.calls.size(); ++i) {
    out << absl::StrFormat("  %s -> %s\n", exercise.calls[i], exercise.answers[i]);
  }
  out << absl::StrFormat("  %s -> ?\n\nWhat does the last call answer?\n", exercise.calls.back());
}

void PrintChoices(const quiz::Exercise& exercise, std::ostream& out) {
  char letter = 'a';
  for (const std::string& choice : exercise.choices) {
    out << absl::StrFormat("  %c) %s\n", letter++, choice);
  }
  out << absl::StrFormat("\n`kvmsim quiz --seed %d --solve` tells, and why.\n", exercise.seed);
}

void PrintSolution(const quiz::Exercise& exercise, std::ostream& out) {
  out << absl::StrFormat("  %s\n\nThe decisions\n", exercise.answers.back());
  const std::vector<std::string> steps = absl::StrSplit(exercise.trail, '\n', absl::SkipEmpty());
  for (const std::string& step : steps) out << "  " << step << "\n";
  out << absl::StrFormat("\n`kvmsim quiz --seed %d` asks another.\n", exercise.seed + 1);
}

int Quiz(const QuizOptions& options, std::ostream& out) {
  const quiz::Exercise exercise = quiz::MakeExercise(options.seed);
  PrintQuestion(exercise, out);
  if (options.solve) {
    PrintSolution(exercise, out);
  } else {
    PrintChoices(exercise, out);
  }
  return kAllAsExpected;
}

}  // namespace

void AddQuizCommand(CLI::App& app, std::ostream& out, std::function<int()>& run) {
  CLI::App* command =
      app.add_subcommand("quiz", "Asks what a call answers, in a world of eight pages.");
  const auto options = std::make_shared<QuizOptions>();
  AddSeedOption(command, options->seed)->description("Which exercise.");
  command->add_flag("--solve", options->solve, "Tells the answer, and the decisions behind it.");
  command->callback(
      [options, &out, &run] { run = [options, &out] { return Quiz(*options, out); }; });
}

}  // namespace kvm_model::cli
