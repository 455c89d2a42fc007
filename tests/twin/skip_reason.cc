// Which scenarios the twin can't run, as far as their text shows it.
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "tests/twin/host.h"
#include "tests/twin/twin.h"
#include "tests/twin/twin_backend.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "uapi/capabilities.h"

namespace kvm_model::twin {
namespace {

using scenario::ArgumentId;
using scenario::Call;
using scenario::CallId;
using scenario::Term;

// The only term of an argument; null when it is left out or made of several.
const Term* OnlyTerm(const Call& call, ArgumentId id) {
  for (const scenario::Argument& argument : call.arguments) {
    if (argument.id != id || argument.values.size() != 1) continue;
    const auto& sums = argument.values.front().sums;
    if (sums.size() == 1 && sums.front().size() == 1) return &sums.front().front();
  }
  return nullptr;
}

bool IsBadPointer(const Call& call) {
  const Term* term = OnlyTerm(call, ArgumentId::kArg);
  if (term == nullptr) return false;
  return term->kind == Term::Kind::kBad ||
         (term->kind == Term::Kind::kConstant && term->value == 0);
}

bool IsKnownCapability(const Call& call) {
  const Term* term = OnlyTerm(call, ArgumentId::kCap);
  return term != nullptr && Twin::HasCapability(term->value);
}

bool IsManualDirtyLog(const Call& call) {
  const Term* term = OnlyTerm(call, ArgumentId::kCap);
  return term != nullptr &&
         term->value == std::uint64_t{uapi::Cap("KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2")};
}

using Names = std::set<std::string>;

bool MapsOneOf(const Call& call, const Names& descriptors) {
  const Term* term = OnlyTerm(call, ArgumentId::kGmem);
  return term != nullptr && term->kind == Term::Kind::kVariable && descriptors.contains(term->name);
}

// NULL and BAD are written so only where a pointer is meant. Adds to vcpus what names one.
std::optional<std::string> SkipReason(const Call& call, Names& vcpus) {
  switch (call.id) {
    case CallId::kCreateVcpu:
      vcpus.insert(call.result);
      return std::nullopt;
    case CallId::kMmap:
      if (MapsOneOf(call, vcpus)) return "the twin's vCPUs have no run structure to map";
      return std::nullopt;
    case CallId::kCheckExtension:
      if (!IsKnownCapability(call)) return "the twin doesn't answer this capability";
      return std::nullopt;
    case CallId::kFailAllocation:
      return "the twin's allocations don't fail";
    case CallId::kEnableCap:
      if (!IsManualDirtyLog(call)) return "the twin doesn't have this capability";
      return std::nullopt;
    case CallId::kIoctl:
      if (!IsBadPointer(call)) return "the twin has ioctls by number only with a bad pointer";
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<std::string> SkipReason(const std::vector<scenario::Statement>& statements,
                                      Names& vcpus) {
  for (const scenario::Statement& statement : statements) {
    const auto* call = std::get_if<Call>(&statement.what);
    const auto reason = call != nullptr
                            ? SkipReason(*call, vcpus)
                            : SkipReason(std::get<scenario::Repeat>(statement.what).body, vcpus);
    if (reason) return reason;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> TwinBackend::SkipReason(const scenario::Scenario& scenario) {
  const auto& line = scenario.host;
  const auto host = MakeHost(line.arch, line.revision, line.settings);
  if (!host && host.error().not_modelled) return host.error().reason;
  Names vcpus;
  return twin::SkipReason(scenario.statements, vcpus);
}

}  // namespace kvm_model::twin
