// What exercises can be about: the lessons of the course, docs/course/.
#ifndef KVM_MODEL_TOOLS_QUIZ_LESSON_H_
#define KVM_MODEL_TOOLS_QUIZ_LESSON_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/quiz/dice.h"

namespace kvm_model::quiz {

// What is wrong with a test: a call that is left out, or that expects what it doesn't answer.
struct Mistake {
  std::size_t call = 0;     // among those of the draft
  std::string expectation;  // empty: the call is left out
};

// An exercise before its calls were made.
struct Draft {
  std::string host = "x86 rfc-v4";
  // The last one is the question.
  std::vector<std::string> calls;
  // What it may be answered with. Where there is nothing, the question only looks, and the choices
  // are the answers that it would have if one of the calls before it had not been made.
  std::vector<std::string> choices;
  // Whether the fields of an answer belong to it: "EAGAIN error_offset=0x1000", not "EAGAIN".
  bool whole_answer = false;
  // Where there is one the calls are a test, each expecting what it answers but for the mistake,
  // and the question is which of its lines fails.
  std::optional<Mistake> mistake;
};

struct Lesson {
  int number;             // 1 is the first
  std::string_view name;  // "capability"
  Draft (*draw)(Dice& dice);
};

// In the course's order.
std::span<const Lesson> Lessons();

// By its number or its name; null for neither.
const Lesson* FindLesson(std::string_view number_or_name);

// Anything of all that.
Draft DrawAnything(Dice& dice);

}  // namespace kvm_model::quiz

#endif  // KVM_MODEL_TOOLS_QUIZ_LESSON_H_
