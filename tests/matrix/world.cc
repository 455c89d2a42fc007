#include "tests/matrix/world.h"

#include <algorithm>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/vm_type.h"
#include "tests/twin/host.h"
#include "tools/revisions/other_host.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/names.h"
#include "tools/scenario/with_host.h"

namespace kvm_model::matrix {
namespace {

using scenario::Argument;
using scenario::ArgumentId;
using scenario::Call;
using scenario::CallId;
using scenario::HostLine;
using scenario::NameDomain;
using scenario::Scenario;
using scenario::Statement;
using scenario::Term;
using Settings = std::vector<std::pair<std::string, std::string>>;

// ---- Which worlds there are ----

// The symbols that select VM types with private memory.
constexpr std::string_view kSelectors[] = {"CONFIG_KVM_SW_PROTECTED_VM", "CONFIG_KVM_INTEL_TDX",
                                           "CONFIG_KVM_AMD_SEV"};

// Symbols and parameters that say who tracks attributes.
constexpr std::string_view kTracking[] = {
    "CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES", "CONFIG_KVM_VM_MEMORY_ATTRIBUTES",
    "kvm.vm_memory_attributes", "kvm.gmem_in_place_conversion"};

// The ways to say it.
std::vector<Settings> Trackings(const Revision& revision) {
  const std::pair<std::string, std::string> in_vms = {"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"};
  switch (revision.attribute_switch) {
    case AttributeSwitch::kNone:
      break;
    case AttributeSwitch::kVmMemoryAttributes:
      return {{}, {in_vms}, {in_vms, {"kvm.vm_memory_attributes", "0"}}};
    case AttributeSwitch::kInPlaceConversion:
      return {{}, {in_vms}, {in_vms, {"kvm.gmem_in_place_conversion", "1"}}};
  }
  return {{}};
}

bool CanBe(const Arch& arch, const Revision& revision, const Settings& settings) {
  std::vector<SettingAssignment> assignments;
  for (const auto& [name, value] : settings) assignments.push_back({name, value});
  return Host::Create(arch, revision, assignments).has_value();
}

// A world for each VM type that can be created on the host; none where one of the two has no such
// host.
void AddHost(const Arch& arch, const Revision& revision, const Settings& settings,
             std::vector<World>& worlds) {
  const std::string name(arch.traits().name);
  if (!CanBe(arch, revision, settings)) return;
  const auto twin = twin::MakeHost(name, revision.name, settings);
  if (!twin) return;
  for (const VmType& type : arch.named_vm_types()) {
    const bool can_be_created = (twin->vm_types >> type.number & 1U) != 0;
    if (!can_be_created) continue;
    worlds.push_back({name, std::string(revision.name), settings, std::string(type.name)});
  }
}

// Those of the selectors that are on by default.
std::vector<std::string> OnByDefault(const Arch& arch, const Revision& revision) {
  std::vector<std::string> on;
  const auto host = Host::Create(arch, revision, {});
  for (const std::string_view name : kSelectors) {
    if (host.has_value() && (*host)->Get(name).value_or(0) != 0) on.emplace_back(name);
  }
  return on;
}

void AddX86(const Arch& arch, const Revision& revision, std::vector<World>& worlds) {
  const std::vector<std::string> selectors = OnByDefault(arch, revision);
  for (unsigned off = 0; off < 1U << selectors.size(); ++off) {
    for (const Settings& tracking : Trackings(revision)) {
      Settings settings;
      for (std::size_t i = 0; i < selectors.size(); ++i) {
        if ((off >> i & 1U) != 0) settings.emplace_back(selectors[i], "n");
      }
      settings.insert(settings.end(), tracking.begin(), tracking.end());
      AddHost(arch, revision, settings, worlds);
    }
  }
}

// ---- A scenario there ----

void ForEachCall(std::vector<Statement>& statements, absl::FunctionRef<void(Call&)> use) {
  for (Statement& statement : statements) {
    if (Call* call = std::get_if<Call>(&statement.what)) {
      use(*call);
    } else {
      ForEachCall(std::get<scenario::Repeat>(statement.what).body, use);
    }
  }
}

Argument NamedType(const World& world, std::uint64_t number) {
  Term term;
  term.kind = Term::Kind::kConstant;
  term.value = number;
  term.name = world.vm_type;
  Argument argument;
  argument.id = ArgumentId::kType;
  argument.named = true;
  argument.values.push_back({{{term}}});
  return argument;
}

bool IsOneName(const Argument& argument) {
  if (argument.values.size() != 1) return false;
  const auto& sums = argument.values.front().sums;
  return sums.size() == 1 && sums.front().size() == 1 &&
         sums.front().front().kind == Term::Kind::kConstant;
}

void SetVmType(const World& world, std::uint64_t number, Call& call) {
  if (call.id != CallId::kCreateVm) return;
  const auto written = std::ranges::find(call.arguments, ArgumentId::kType, &Argument::id);
  if (written == call.arguments.end()) {
    call.arguments.push_back(NamedType(world, number));
  } else if (IsOneName(*written)) {
    *written = NamedType(world, number);
  }
}

// What a world decides, with or without a word. Its vendor is the union of all that there are.
bool IsTheWorlds(std::string_view setting) {
  return setting == "hw.vendor" || std::ranges::find(kSelectors, setting) != std::end(kSelectors) ||
         std::ranges::find(kTracking, setting) != std::end(kTracking);
}

HostLine LineIn(const Scenario& written, const World& world) {
  HostLine line = written.host;
  std::erase_if(line.settings, [](const auto& own) { return IsTheWorlds(own.first); });
  line.settings.insert(line.settings.end(), world.settings.begin(), world.settings.end());
  return line;
}

}  // namespace

std::string NameOf(const World& world) {
  std::string name = absl::StrFormat("%s/%s/%s", world.arch, world.revision, world.vm_type);
  for (const auto& [setting, value] : world.settings) {
    name += absl::StrFormat(",%s=%s", setting, value);
  }
  return name;
}

std::vector<World> ComparedWorlds() {
  std::vector<World> worlds;
  for (const Revision& revision : Revisions()) AddX86(*FindArch("x86"), revision, worlds);
  for (const Revision& revision : Revisions()) AddHost(*FindArch("arm64"), revision, {}, worlds);
  return worlds;
}

std::expected<Scenario, std::string> InWorld(const Scenario& written, const World& world) {
  if (written.host.arch != world.arch) {
    return std::unexpected(absl::StrFormat("it is about %s", written.host.arch));
  }
  auto host = revisions::OnRevision(LineIn(written, world), *FindRevision(world.revision));
  if (!host) return std::unexpected("there is no such host: " + host.error());
  Scenario moved = scenario::WithHost(written, std::move(host->line));
  const std::optional<std::uint64_t> number = scenario::ResolveName(
      NameDomain::kVmType, world.vm_type, {moved.host.arch, moved.host.revision});
  if (!number.has_value()) {
    return std::unexpected(absl::StrFormat("%s has no VM type %s", world.arch, world.vm_type));
  }
  ForEachCall(moved.statements, [&](Call& call) { SetVmType(world, *number, call); });
  return moved;
}

bool MakesVms(const Scenario& scenario) {
  Scenario looked_at = scenario;
  bool makes = false;
  ForEachCall(looked_at.statements,
              [&makes](const Call& call) { makes |= call.id == CallId::kCreateVm; });
  return makes;
}

}  // namespace kvm_model::matrix
