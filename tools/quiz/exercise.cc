#include "tools/quiz/exercise.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/quiz/dice.h"
#include "tools/quiz/lesson.h"
#include "tools/revisions/replay.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/parser.h"
#include "tools/scenario/runner.h"

namespace kvm_model::quiz {
namespace {

constexpr std::size_t kLeastChoices = 3;
// The calls of WorldOf, without which there is nothing to ask.
constexpr std::size_t kWorldCalls = 5;

// Up to the first blank: "EAGAIN error_offset=0" is answered by EAGAIN.
std::string FirstWord(std::string_view text) { return std::string(text.substr(0, text.find(' '))); }

std::string ByteOf(const std::string& answer) { return answer == "'\\0'" ? "0" : answer; }

scenario::Scenario Parsed(const Exercise& exercise, std::string_view expectation) {
  return *scenario::Parse("exercise",
                          absl::StrFormat("host %s\n%s%s\n", exercise.host,
                                          absl::StrJoin(exercise.calls, "\n"), expectation));
}

// What each call answers.
std::vector<std::string> AnswersOf(const scenario::Scenario& scenario, std::uint64_t seed) {
  scenario::ModelBackend backend(seed, scenario::ModelBackend::Record::kNothing);
  std::vector<std::string> answers;
  const auto steps = revisions::Replay(scenario, backend);
  for (const revisions::Step& step : *steps) answers.push_back(step.text);
  return answers;
}

// An answer as it stands among the choices.
std::string ChoiceOf(const std::string& answer, bool whole) {
  return whole ? answer : ByteOf(FirstWord(answer));
}

// What the question would be answered if one of the calls between the world and it were missing.
std::vector<std::string> NearAnswers(const Exercise& exercise) {
  std::set<std::string> answers = {exercise.right};
  for (std::size_t i = kWorldCalls; i + 1 < exercise.calls.size(); ++i) {
    Exercise without = exercise;
    without.calls.erase(without.calls.begin() + static_cast<std::ptrdiff_t>(i));
    answers.insert(AnswersOf(Parsed(without, ""), exercise.seed).back());
  }
  return {answers.begin(), answers.end()};
}

// The decisions of the last call of a scenario that goes as it expects.
std::string TrailOf(const Exercise& exercise) {
  std::string trail;
  scenario::ModelBackend backend(exercise.seed);
  scenario::RunScenario(ToScenario(exercise), backend,
                        [&](const scenario::Call&, const scenario::CallRequest&,
                            const scenario::Answer&) { trail = backend.Trail(); });
  return trail;
}

// The last call, made after each of those before it.
std::vector<std::string> LooksOf(const Exercise& exercise) {
  std::vector<std::string> looks;
  Exercise begun = exercise;
  for (std::size_t i = kWorldCalls; i + 1 < exercise.calls.size(); ++i) {
    begun.calls.assign(exercise.calls.begin(),
                       exercise.calls.begin() + static_cast<std::ptrdiff_t>(i + 1));
    begun.calls.push_back(exercise.calls.back());
    looks.push_back(absl::StrFormat("%s: %s", exercise.calls[i],
                                    AnswersOf(Parsed(begun, ""), exercise.seed).back()));
  }
  return looks;
}

// The test with the expectations that the exercise shows.
scenario::Scenario TestOf(const Exercise& exercise) {
  Exercise shown = exercise;
  for (std::size_t i = 0; i < shown.calls.size(); ++i) {
    if (!exercise.expected[i].empty()) shown.calls[i] += " -> " + exercise.expected[i];
  }
  return Parsed(shown, "");
}

// What the calls behind the world expect: what they answer.
std::vector<std::string> ExpectationsOf(const Exercise& exercise) {
  std::vector<std::string> expected = AnswersOf(Parsed(exercise, ""), exercise.seed);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    expected[i] = i < kWorldCalls ? "" : ByteOf(expected[i]);
  }
  return expected;
}

// Makes the mistake; false where it is none.
bool MakeMistake(const Mistake& mistake, Exercise& exercise) {
  if (!mistake.expectation.empty()) {
    return std::exchange(exercise.expected[mistake.call], mistake.expectation) !=
           mistake.expectation;
  }
  const auto at = static_cast<std::ptrdiff_t>(mistake.call);
  exercise.calls.erase(exercise.calls.begin() + at);
  exercise.expected.erase(exercise.expected.begin() + at);
  return true;
}

// Asks which line of the test fails.
void AskForTheLine(Exercise& exercise) {
  for (std::size_t i = kWorldCalls; i < exercise.calls.size(); ++i) {
    exercise.choices.push_back(absl::StrFormat("line %d", i + 1));
  }
  exercise.choices.emplace_back("none");
  scenario::ModelBackend backend(exercise.seed);
  const scenario::Verdict verdict = scenario::RunScenario(TestOf(exercise), backend);
  const bool fails = verdict.outcome == scenario::Verdict::Outcome::kFail;
  // The first line of the scenario is that of its host.
  exercise.right = fails ? absl::StrFormat("line %d", verdict.line.value_or(1) - 1) : "none";
  exercise.actual = verdict.actual;
  exercise.trail = verdict.trail;
}

Exercise TestWithMistake(const Draft& draft, std::uint64_t seed) {
  Exercise exercise;
  exercise.seed = seed;
  exercise.host = draft.host;
  exercise.calls = draft.calls;
  exercise.expected = ExpectationsOf(exercise);
  if (!MakeMistake(*draft.mistake, exercise)) return exercise;
  exercise.answers = AnswersOf(Parsed(exercise, ""), seed);
  AskForTheLine(exercise);
  return exercise;
}

// One draw; its answer may be none that can be known, as of a page whose bytes nobody promises.
Exercise DrawExercise(Dice& dice, std::uint64_t seed, const Lesson* lesson) {
  const Draft draft = lesson == nullptr ? DrawAnything(dice) : lesson->draw(dice);
  if (draft.mistake.has_value()) return TestWithMistake(draft, seed);
  Exercise exercise;
  exercise.seed = seed;
  exercise.host = draft.host;
  exercise.calls = draft.calls;
  exercise.choices = draft.choices;
  exercise.answers = AnswersOf(Parsed(exercise, ""), seed);
  exercise.right = ChoiceOf(exercise.answers.back(), draft.whole_answer);
  if (draft.choices.empty()) {
    exercise.choices = NearAnswers(exercise);
    exercise.looks = LooksOf(exercise);
  }
  return exercise;
}

bool CanBeAsked(const Exercise& exercise) {
  return exercise.choices.size() >= kLeastChoices &&
         std::ranges::find(exercise.choices, exercise.right) != exercise.choices.end();
}

}  // namespace

Exercise MakeExercise(std::uint64_t seed, const Lesson* lesson) {
  Dice dice(seed);
  Exercise exercise;
  do {
    exercise = DrawExercise(dice, seed, lesson);
  } while (!CanBeAsked(exercise));
  if (exercise.trail.empty()) exercise.trail = TrailOf(exercise);
  return exercise;
}

scenario::Scenario ToScenario(const Exercise& exercise) {
  scenario::Scenario scenario = Parsed(exercise, " -> " + exercise.answers.back());
  for (std::size_t i = 0; i + 1 < scenario.statements.size(); ++i) {
    auto& call = std::get<scenario::Call>(scenario.statements[i].what);
    call.expectation.emplace().kind = scenario::Expectation::Kind::kAny;
  }
  return scenario;
}

}  // namespace kvm_model::quiz
