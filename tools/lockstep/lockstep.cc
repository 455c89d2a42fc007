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

Run::Run(const World& world) : world_(world) {
  for (scenario::Backend* backend : {world.reference, world.model}) {
    if (const std::expected<void, std::string> started = backend->Start(world.beginning);
        !started) {
      beginning_ = Difference{std::string(backend->Name()) + " starts", "", started.error(), ""};
      return;
    }
  }
  reference_ = std::make_unique<Session>(world.beginning.host, *world.reference);
  model_ = std::make_unique<Session>(world.beginning.host, *world.model);
  for (const scenario::Statement& statement : world.beginning.statements) {
    const Call& call = std::get<Call>(statement.what);
    beginning_ = MakeCall(call, true);
    if (beginning_.has_value()) return;
  }
}

Run::~Run() {
  world_.reference->Finish();
  world_.model->Finish();
}

std::optional<Difference> Run::Make(const Operation& operation) {
  return MakeCall(world_.alphabet->Meaning(operation, names_), true);
}

std::optional<Difference> Run::Look() {
  if (!world_.looks) return std::nullopt;
  std::optional<Difference> difference;
  world_.looks(names_, [this, &difference](const Call& call) {
    difference = MakeCall(call, false);
    return !difference.has_value();
  });
  return difference;
}

std::optional<Difference> Run::MakeCall(const Call& call, bool keep) {
  const auto expected = reference_->Make(call);
  if (!expected || std::holds_alternative<scenario::answer::NotModelled>(expected->answer)) {
    if (keep) ++left_out_;
    return std::nullopt;
  }
  names_.Note(call);
  const auto actual = model_->Make(call);
  const bool same = actual.has_value() &&
                    world_.same(actual->request, expected->answer, actual->answer) &&
                    !std::holds_alternative<scenario::answer::Broken>(expected->answer);
  if (keep && scenario::Succeeded(expected->answer)) ++successes_;
  if (!keep) fingerprint_ = Mix(fingerprint_, expected->answer);
  if (keep || !same) made_.push_back({call, *expected});
  if (same) return std::nullopt;
  return Difference{PrintCall(call), Text(call, *expected, *reference_),
                    actual ? Text(call, *actual, *model_) : actual.error(), world_.model->Trail()};
}

std::string Run::ToScenario(std::string_view description) const {
  scenario::Scenario head = world_.beginning;
  head.description = std::string(description);
  head.statements.clear();
  std::string text = PrintScenario(head);
  for (const auto& [call, made] : made_) {
    text += absl::StrFormat("%s -> %s\n", PrintCall(call), Text(call, made, *reference_));
  }
  return text;
}

std::optional<Difference> MakeAll(const World& world, std::span<const Operation> operations,
                                  LookWhen look, std::string* scenario) {
  Run run(world);
  std::optional<Difference> difference = run.beginning();
  for (const Operation& operation : operations) {
    if (difference.has_value()) break;
    difference = run.Make(operation);
    if (!difference.has_value() && look == LookWhen::kAfterEach) difference = run.Look();
  }
  if (!difference.has_value() && look == LookWhen::kAtTheEnd) difference = run.Look();
  if (scenario != nullptr) {
    *scenario = run.ToScenario(difference.has_value()
                                   ? "The model answers " + difference->model + " at the end."
                                   : "A world that both sides agree on.");
  }
  return difference;
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

}  // namespace kvm_model::lockstep
