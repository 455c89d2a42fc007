#include "tools/scenario/session.h"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_format.h"
#include "tools/backends/backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/evaluate.h"
#include "tools/scenario/names.h"

namespace kvm_model::scenario {
namespace {

// A default is written in the table as a scenario would write it: one number, one name or [].
std::uint64_t DefaultValue(const ArgumentSpec& spec, const NameContext& names) {
  if (const auto named = ResolveName(spec.domain, spec.default_text, names)) return *named;
  std::string_view digits = spec.default_text;
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  std::uint64_t number = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return 0;
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return negative ? 0 - number : number;
}

}  // namespace

Session::Session(const HostLine& host, Backend& backend)
    : backend_(backend), names_{host.arch, host.revision} {
  processes_.emplace("", kFirstProcess);
  states_.try_emplace(kFirstProcess);
}

std::expected<Session::Made, std::string> Session::Make(const Call& call,
                                                        std::optional<std::uint64_t> turn) {
  const auto process = processes_.find(call.process);
  if (process == processes_.end()) {
    return std::unexpected(call.process + " names no process: the fork failed or did not run");
  }
  CallRequest request{.id = call.id, .process = process->second, .values = {}, .list = {}};
  std::expected<void, std::string> evaluated;
  WithEnvironment(request, turn, [&](const Environment& environment) {
    evaluated = Arguments(call, environment, request);
  });
  if (!evaluated) return std::unexpected(evaluated.error());
  Answer answer = backend_.Execute(request);
  if (!std::holds_alternative<answer::NotModelled>(answer)) Remember(call, request, answer);
  return Made{std::move(request), std::move(answer)};
}

void Session::WithEnvironment(const CallRequest& request, std::optional<std::uint64_t> turn,
                              absl::FunctionRef<void(const Environment&)> use) const {
  const auto variable = [this, &request](std::string_view name) {
    return Variable(request.process, name);
  };
  use(Environment{.page_size = backend_.PageSize(),
                  .bad_address = backend_.BadAddress(),
                  .turn = turn,
                  .variable = variable});
}

std::expected<void, std::string> Session::Arguments(const Call& call,
                                                    const Environment& environment,
                                                    CallRequest& request) const {
  for (const ArgumentSpec& spec : GetCall(call.id).arguments) {
    if (!spec.required()) request[spec.id] = DefaultValue(spec, names_);
  }
  for (const Argument& argument : call.arguments) {
    for (const Expression& expression : argument.values) {
      const std::expected<std::uint64_t, std::string> value = Evaluate(expression, environment);
      if (!value) return std::unexpected(value.error());
      if (argument.list) {
        request.list.push_back(*value);
      } else {
        request[argument.id] = *value;
      }
    }
  }
  if (call.id == CallId::kGetDirtyLog && request[ArgumentId::kPages] > kMostBitmapPages) {
    return std::unexpected(absl::StrFormat("get_dirty_log tells of %d pages at most, not %d",
                                           kMostBitmapPages, request[ArgumentId::kPages]));
  }
  if (call.id == CallId::kMunmap) {
    const auto& mapped = states_.at(request.process).mapped;
    const auto found = mapped.find(request[ArgumentId::kMap]);
    request[ArgumentId::kSize] = found == mapped.end() ? backend_.PageSize() : found->second;
  }
  return {};
}

void Session::Remember(const Call& call, const CallRequest& request, const Answer& answer) {
  Process& process = states_.at(request.process);
  const bool done = Succeeded(answer);
  const std::uint64_t value = ValueOf(answer);
  if (call.id == CallId::kMmap && done) process.mapped[value] = request[ArgumentId::kSize];
  if (call.id == CallId::kMunmap && done) process.mapped.erase(request[ArgumentId::kMap]);
  if (call.id == CallId::kFork && done) {
    states_.insert_or_assign(value, Process{request.process, process.variables, process.mapped});
    if (!call.result.empty()) processes_.insert_or_assign(call.result, value);
  }
  if (!call.result.empty()) process.variables.insert_or_assign(call.result, value);
}

std::optional<std::uint64_t> Session::Variable(ProcessId process, std::string_view name) const {
  for (;;) {
    const Process& state = states_.at(process);
    const auto found = state.variables.find(name);
    if (found != state.variables.end()) return found->second;
    if (process == kFirstProcess) return std::nullopt;
    process = state.parent;
  }
}

}  // namespace kvm_model::scenario
