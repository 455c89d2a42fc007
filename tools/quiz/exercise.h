// Exercises: a small world, some calls with what they answer, and one whose answer is asked for.
#ifndef KVM_MODEL_TOOLS_QUIZ_EXERCISE_H_
#define KVM_MODEL_TOOLS_QUIZ_EXERCISE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tools/quiz/lesson.h"
#include "tools/scenario/ast.h"

namespace kvm_model::quiz {

struct Exercise {
  std::uint64_t seed = 0;
  std::string host;  // as a host line has it: "x86 rfc-v4"
  // The calls in order, the last one the question but in a test; and what each answers, as a
  // scenario writes it.
  std::vector<std::string> calls;
  std::vector<std::string> answers;
  // What the question may be answered with, in alphabetical order; one of them is right.
  std::vector<std::string> choices;
  std::string right;
  std::string trail;  // the decisions of the last call, or of the line that fails, one a line
  // Of an exercise that asks which line of a test fails: what each call expects, nothing for those
  // that must only succeed; and what the line that fails answers, empty where none does. Lines are
  // counted from 1, and the choices are "line 6" and "none". Empty in other exercises.
  std::vector<std::string> expected;
  std::string actual;
  // Of a last call that only looks: what it would answer after each call that the exercise adds to
  // its world, "CALL: ANSWER".
  std::vector<std::string> looks;
};

// The same seed makes the same exercise, on every machine: about the lesson, or with null about
// anything.
Exercise MakeExercise(std::uint64_t seed, const Lesson* lesson = nullptr);

// The exercise as a scenario that expects the right answer of its last call.
scenario::Scenario ToScenario(const Exercise& exercise);

}  // namespace kvm_model::quiz

#endif  // KVM_MODEL_TOOLS_QUIZ_EXERCISE_H_
