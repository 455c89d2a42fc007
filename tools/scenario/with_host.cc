#include "tools/scenario/with_host.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/evaluate.h"
#include "tools/scenario/names.h"

namespace kvm_model::scenario {
namespace {

NameDomain DomainOf(const CallSpec& spec, ArgumentId id) {
  for (const ArgumentSpec& argument : spec.arguments) {
    if (argument.id == id) return argument.domain;
  }
  return NameDomain::kNone;
}

void Resolve(Call& call, const NameContext& names) {
  const CallSpec& spec = GetCall(call.id);
  for (Argument& argument : call.arguments) {
    const NameDomain domain = DomainOf(spec, argument.id);
    for (Expression& value : argument.values) {
      for (std::vector<Term>& sum : value.sums) {
        for (Term& term : sum) {
          if (term.kind != Term::Kind::kConstant) continue;
          const std::optional<std::uint64_t> there = ResolveName(domain, term.name, names);
          if (there.has_value()) term.value = *there;
        }
      }
    }
  }
  call.answer_domain = AnswerDomain(call, names);
}

void Resolve(std::vector<Statement>& statements, const NameContext& names) {
  for (Statement& statement : statements) {
    if (Call* call = std::get_if<Call>(&statement.what)) {
      Resolve(*call, names);
    } else {
      Resolve(std::get<Repeat>(statement.what).body, names);
    }
  }
}

}  // namespace

Scenario WithHost(const Scenario& written, HostLine host) {
  Scenario moved = written;
  moved.host = std::move(host);
  Resolve(moved.statements, {moved.host.arch, moved.host.revision});
  return moved;
}

}  // namespace kvm_model::scenario
