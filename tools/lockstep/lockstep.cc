#include "tools/lockstep/lockstep.h"

#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "tools/backends/backend.h"
#include "tools/lockstep/alphabet.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/printer.h"
#include "tools/scenario/session.h"

namespace kvm_model::lockstep {
namespace {

using scenario::Answer;
using scenario::ArgumentId;
using scenario::Call;
using scenario::CallId;
using scenario::CallRequest;
using scenario::Session;

std::string Text(const Call& call, const Session::Made& made, const Session& session) {
  if (const auto* broken = std::get_if<scenario::answer::Broken>(&made.answer)) {
    return broken->reason;
  }
  if (const auto* unknown = std::get_if<scenario::answer::NotModelled>(&made.answer)) {
    return unknown->reason;
  }
  return FormatAnswer(made.answer, call.answer_domain, session.names(),
                      made.request[ArgumentId::kErrorOffset]);
}

constexpr std::uint64_t kMixer = 0x9e3779b97f4a7c15;

std::uint64_t Mix(std::uint64_t seed, std::uint64_t number) {
  const std::uint64_t mixed = (seed ^ number) * kMixer;
  return mixed ^ (mixed >> 29);
}

// What a look can answer; anything else counts as its kind.
std::uint64_t Mix(std::uint64_t seed, const Answer& answer) {
  seed = Mix(seed, answer.index());
  if (const auto* byte = std::get_if<scenario::answer::Byte>(&answer)) {
    return Mix(seed, byte->value);
  }
  if (const auto* runs = std::get_if<scenario::answer::Runs>(&answer)) {
    for (const scenario::answer::Run& run : runs->runs) {
      seed = Mix(Mix(Mix(seed, run.start), run.end), run.value.value_or(~std::uint64_t{0}));
    }
  }
  return seed;
}

}  // namespace

bool SameByDefault(const CallRequest& call, const Answer& reference, const Answer& model) {
  const bool address = call.id == CallId::kMmap &&
                       std::holds_alternative<scenario::answer::Ok>(reference) &&
                       std::holds_alternative<scenario::answer::Ok>(model);
  return address || reference == model;
}

Counts& Counts::operator+=(const Counts& more) {
  operations += more.operations;
  left_out += more.left_out;
  successes += more.successes;
  looks += more.looks;
  return *this;
}

Run::Run(const World& world) : world_(world) {
  if (const auto started = world.reference->Start(world.beginning); !started) {
    given_up_ = absl::StrFormat("%s doesn't start: %s", world.reference->Name(), started.error());
    return;
  }
  if (const auto started = world.model->Start(world.beginning); !started) {
    beginning_ = Difference{std::string(world.model->Name()) + " starts", "", started.error(), ""};
    return;
  }
  reference_ = std::make_unique<Session>(world.beginning.host, *world.reference);
  model_ = std::make_unique<Session>(world.beginning.host, *world.model);
  for (const scenario::Statement& statement : world.beginning.statements) {
    const Call& call = std::get<Call>(statement.what);
    beginning_ = MakeCall(call, Purpose::kBeginning);
    if (beginning_.has_value() || given_up_.has_value()) return;
  }
}

Run::~Run() {
  world_.reference->Finish();
  world_.model->Finish();
}

std::optional<Difference> Run::Make(const Operation& operation) {
  if (given_up_.has_value()) return std::nullopt;
  ++counts_.operations;
  return MakeCall(world_.alphabet->Meaning(operation, names_), Purpose::kOperation);
}

std::optional<Difference> Run::Look() {
  if (!world_.looks || given_up_.has_value()) return std::nullopt;
  std::optional<Difference> difference;
  world_.looks(names_, [this, &difference](const Call& call) {
    difference = MakeCall(call, Purpose::kLook);
    return !difference.has_value() && !given_up_.has_value();
  });
  return difference;
}

void Run::LeaveOut(const Call& call, Purpose purpose) {
  if (purpose == Purpose::kOperation) ++counts_.left_out;
  if (purpose == Purpose::kBeginning) given_up_ = PrintCall(call) + " can't be made";
}

std::optional<Difference> Run::MakeCall(const Call& call, Purpose purpose) {
  const auto expected = reference_->Make(call);
  if (!expected || std::holds_alternative<scenario::answer::NotModelled>(expected->answer)) {
    LeaveOut(call, purpose);
    return std::nullopt;
  }
  if (const auto* broken = std::get_if<scenario::answer::Broken>(&expected->answer)) {
    given_up_ = PrintCall(call) + ": " + broken->reason;
    return std::nullopt;
  }
  names_.Note(call);
  const auto actual = model_->Make(call);
  const bool same =
      actual.has_value() && world_.same(actual->request, expected->answer, actual->answer);
  const bool is_look = purpose == Purpose::kLook;
  if (is_look) {
    ++counts_.looks;
    fingerprint_ = Mix(fingerprint_, expected->answer);
  }
  if (purpose == Purpose::kOperation && scenario::Succeeded(expected->answer)) ++counts_.successes;
  if (!is_look || !same) {
    // Addresses, which aren't written, differ as well.
    const bool any = same && expected->answer != actual->answer &&
                     Text(call, *expected, *reference_) != Text(call, *actual, *model_);
    made_.push_back({call, *expected, any});
  }
  if (same) return std::nullopt;
  return Difference{PrintCall(call), Text(call, *expected, *reference_),
                    actual ? Text(call, *actual, *model_) : actual.error(), world_.model->Trail()};
}

std::string Run::ToScenario(std::string_view description) const {
  scenario::Scenario head = world_.beginning;
  head.description = std::string(description);
  head.statements.clear();
  std::string text = PrintScenario(head);
  for (const auto& [call, made, any] : made_) {
    text +=
        absl::StrFormat("%s -> %s\n", PrintCall(call), any ? "any" : Text(call, made, *reference_));
  }
  return text;
}

Outcome MakeAll(const World& world, std::span<const Operation> operations) {
  Run run(world);
  Outcome outcome;
  outcome.difference = run.beginning();
  for (const Operation& operation : operations) {
    if (outcome.difference.has_value() || run.given_up().has_value()) break;
    outcome.difference = run.Make(operation);
    if (!outcome.difference.has_value()) outcome.difference = run.Look();
  }
  if (outcome.difference.has_value()) {
    outcome.scenario =
        run.ToScenario("The model answers " + outcome.difference->model + " at the end.");
  }
  outcome.given_up = run.given_up();
  outcome.counts = run.counts();
  return outcome;
}

namespace {

using Fails = std::function<bool(std::span<const Operation>)>;

// Leaves out ever smaller pieces.
bool LeaveOut(std::vector<Operation>& operations, const Fails& fails) {
  bool smaller = false;
  for (std::size_t piece = operations.size() / 2; piece > 0; piece /= 2) {
    for (std::size_t at = 0; at + piece <= operations.size();) {
      std::vector<Operation> less = operations;
      less.erase(less.begin() + static_cast<std::ptrdiff_t>(at),
                 less.begin() + static_cast<std::ptrdiff_t>(at + piece));
      if (fails(less)) {
        operations = std::move(less);
        smaller = true;
      } else {
        at += piece;
      }
    }
  }
  return smaller;
}

bool TryByte(std::vector<Operation>& operations, std::uint8_t& byte, const Fails& fails) {
  if (byte == 0) return false;
  const std::uint8_t before = std::exchange(byte, std::uint8_t{0});
  if (fails(operations)) return true;
  byte = before;
  return false;
}

bool Simplify(std::vector<Operation>& operations, const Fails& fails) {
  bool simpler = false;
  for (Operation& operation : operations) {
    simpler |= TryByte(operations, operation.process, fails);
    for (std::uint8_t& choice : operation.choices) simpler |= TryByte(operations, choice, fails);
  }
  return simpler;
}

}  // namespace

std::vector<Operation> Shrink(std::vector<Operation> operations, const Fails& fails) {
  bool changed = true;
  while (changed) {
    changed = LeaveOut(operations, fails);
    changed |= Simplify(operations, fails);
  }
  return operations;
}

Outcome Shortest(const World& world, std::vector<Operation> operations, Outcome seen) {
  // The last sequence that fails is the shortest.
  const auto fails = [&world, &seen](std::span<const Operation> fewer) {
    Outcome outcome = MakeAll(world, fewer);
    if (!outcome.difference.has_value()) return false;
    seen = std::move(outcome);
    return true;
  };
  if (fails(operations)) Shrink(std::move(operations), fails);
  return seen;
}

}  // namespace kvm_model::lockstep
