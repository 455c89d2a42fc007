#include "tools/quiz/exercise.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/revisions/replay.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/parser.h"
#include "tools/scenario/runner.h"

namespace kvm_model::quiz {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 6> kConversionAnswers = {"0",          "EAGAIN", "EINVAL",
                                                                "EOPNOTSUPP", "ENOTTY", "EFAULT"};
constexpr std::array<std::string_view, 6> kHostAnswers = {"0",   "'A'",    "'B'",
                                                          "'C'", "SIGBUS", "SIGSEGV"};
constexpr std::array<std::string_view, 6> kGuestAnswers = {"0",   "'A'",  "'B'",
                                                           "'C'", "MMIO", "MEMORY_FAULT"};
constexpr std::array<std::string_view, 5> kHoleAnswers = {"0", "EINVAL", "EOPNOTSUPP", "ENODEV",
                                                          "EAGAIN"};

// Draws from a seed, alike on every machine: the standard's distributions are not.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t Below(std::uint64_t count) { return engine_() % count; }
  bool OneIn(std::uint64_t count) { return Below(count) == 0; }
  std::string_view Of(Words words) { return words[Below(words.size())]; }

 private:
  std::mt19937_64 engine_;
};

// A call and what may be answered to it.
struct Question {
  std::string call;
  Words answers;
};

std::string PageOf(std::uint64_t page) { return page == 0 ? "0" : absl::StrFormat("%dp", page); }

Question Conversion(Dice& dice) {
  constexpr std::array<std::string_view, 2> kAttributes = {"PRIVATE", "0"};
  constexpr std::array<std::string_view, 3> kModes = {"0", "ZERO", "PRESERVE"};
  const std::uint64_t first = dice.Below(kPages);
  // Now and then beyond the end.
  const std::uint64_t pages = 1 + dice.Below(dice.OneIn(6) ? kPages : kPages - first);
  return {absl::StrFormat("set_memory_attributes2(gmem, %s, %s, %s, %s)", PageOf(first),
                          PageOf(pages), dice.Of(kAttributes), dice.Of(kModes)),
          kConversionAnswers};
}

Question HostRead(Dice& dice) {
  return {absl::StrFormat("host_read(map, %s)", PageOf(dice.Below(kPages))), kHostAnswers};
}

Question GuestRead(Dice& dice) {
  // The memslot has all pages of the file; the one behind it has none.
  return {absl::StrFormat("guest_read(vm, 4G+%s)", PageOf(dice.Below(kPages + 1))), kGuestAnswers};
}

Question Hole(Dice& dice) {
  return {absl::StrFormat("fallocate(gmem, %sPUNCH_HOLE, %s, 1p)",
                          dice.OneIn(5) ? "" : "KEEP_SIZE|", PageOf(dice.Below(kPages))),
          kHoleAnswers};
}

Question Draw(Dice& dice) {
  switch (dice.Below(8)) {
    case 0:
    case 1:
      return HostRead(dice);
    case 2:
    case 3:
      return GuestRead(dice);
    case 4:
      return Hole(dice);
    default:
      return Conversion(dice);
  }
}

std::string Change(Dice& dice) {
  constexpr std::array<std::string_view, 3> kBytes = {"A", "B", "C"};
  const std::string page = PageOf(dice.Below(kPages));
  switch (dice.Below(6)) {
    case 0:
      return absl::StrFormat("host_write(map, %s, '%s')", page, dice.Of(kBytes));
    case 1:
      return absl::StrFormat("guest_write(vm, 4G+%s, '%s')", page, dice.Of(kBytes));
    case 2:
      return absl::StrFormat("pin(map, %s)", page);
    case 3:
      return absl::StrFormat("fallocate(gmem, KEEP_SIZE|PUNCH_HOLE, %s, 1p)", page);
    default:
      return Conversion(dice).call;
  }
}

// The world that the calls are made in: a VM and its guest_memfd, mapped by both sides.
std::vector<std::string> World(Dice& dice) {
  constexpr std::array<std::string_view, 4> kTypes = {"SW_PROTECTED", "SW_PROTECTED", "SNP", "TDX"};
  const std::string_view type = dice.Of(kTypes);
  return {"kvm = open()", absl::StrFormat("vm = create_vm(kvm, %s)", type),
          absl::StrFormat("gmem = create_guest_memfd(vm, size=8p, flags=%s)",
                          dice.OneIn(3) ? "MMAP" : "MMAP|INIT_SHARED"),
          "map = mmap(gmem, 0, 8p)",
          "set_user_memory_region2(vm, slot=0, flags=GUEST_MEMFD, gpa=4G, size=8p, hva=map, "
          "guest_memfd=gmem, offset=0)"};
}

// Up to the first blank: "EAGAIN error_offset=0" is answered by EAGAIN.
std::string FirstWord(std::string_view text) { return std::string(text.substr(0, text.find(' '))); }

std::string ByteOf(std::string answer) { return answer == "'\\0'" ? "0" : answer; }

scenario::Scenario Parsed(const Exercise& exercise, std::string_view expectation) {
  return *scenario::Parse("exercise",
                          absl::StrFormat("host %s\n%s%s\n", exercise.host,
                                          absl::StrJoin(exercise.calls, "\n"), expectation));
}

// Makes the calls, and keeps what they answer.
void Play(Exercise& exercise) {
  const scenario::Scenario scenario = Parsed(exercise, "");
  scenario::ModelBackend backend(exercise.seed, scenario::ModelBackend::Record::kNothing);
  const auto steps = revisions::Replay(scenario, backend);
  for (const revisions::Step& step : *steps) exercise.answers.push_back(step.text);
  exercise.right = ByteOf(FirstWord(exercise.answers.back()));
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

// One draw; its answer may be none that can be known, as of a page whose bytes nobody promises.
Exercise DrawExercise(Dice& dice, std::uint64_t seed) {
  Exercise exercise;
  exercise.seed = seed;
  exercise.host = "x86 rfc-v4";
  exercise.calls = World(dice);
  const std::uint64_t changes = 3 + dice.Below(4);
  for (std::uint64_t i = 0; i < changes; ++i) exercise.calls.push_back(Change(dice));
  const Question question = Draw(dice);
  exercise.calls.push_back(question.call);
  const std::set<std::string> choices(question.answers.begin(), question.answers.end());
  exercise.choices.assign(choices.begin(), choices.end());
  Play(exercise);
  return exercise;
}

}  // namespace

Exercise MakeExercise(std::uint64_t seed) {
  Dice dice(seed);
  Exercise exercise;
  do {
    exercise = DrawExercise(dice, seed);
  } while (std::ranges::find(exercise.choices, exercise.right) == exercise.choices.end());
  exercise.trail = TrailOf(exercise);
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
