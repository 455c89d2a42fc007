#include "tools/cli/setting_facts.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"
#include "kvm_model/setting_values.h"
#include "tools/cli/capability_query.h"
#include "tools/cli/caps_format.h"

namespace kvm_model::cli {
namespace {

using HostPtr = std::shared_ptr<const Host>;

std::optional<std::string> ValueOn(const Host& host, std::string_view name) {
  for (const SettingAssignment& one : host.Settings()) {
    if (one.name == name) return one.value;
  }
  return std::nullopt;
}

// Every capability of the host that answers otherwise on the other one, each once.
std::vector<AnswerPair> ChangesBetween(const HostPtr& from, const HostPtr& to) {
  std::vector<AnswerPair> changes;
  const std::array<std::optional<std::string>, 2> askers = {std::nullopt, "DEFAULT"};
  for (const std::optional<std::string>& vm_type : askers) {
    const auto before = CapabilityAsker::Open(from, vm_type);
    const auto after = CapabilityAsker::Open(to, vm_type);
    if (!before || !after) continue;
    for (const CapabilityName& capability : CapabilitiesOf(*from)) {
      const auto told = std::ranges::find(changes, capability.name, &AnswerPair::capability);
      if (told != changes.end()) continue;
      const CapabilityAnswer old = (*before)->Ask(capability);
      const CapabilityAnswer now = (*after)->Ask(capability);
      if (SameAnswer(old, now)) continue;
      changes.push_back(
          {capability.name, AskedText(vm_type), ShortValueText(old), ShortValueText(now)});
    }
  }
  return changes;
}

std::vector<OtherValue> Others(const HostPtr& host, const Setting& setting) {
  std::vector<OtherValue> others;
  for (const std::string& value : OtherValues(setting, *host->Get(setting.name))) {
    const SettingAssignment assignment{std::string(setting.name), value};
    const auto other = Host::Create(host->arch(), host->revision(), {&assignment, 1});
    if (other) {
      others.push_back({value, "", ChangesBetween(host, *other)});
    } else {
      others.push_back({value, other.error().message, {}});
    }
  }
  return others;
}

SettingOnArch OnArch(const Arch& arch, const Setting& setting) {
  SettingOnArch facts{arch.traits().name, &setting, {}, {}, {}};
  HostPtr tried;
  for (const Revision& revision : Revisions()) {
    const auto host = Host::Create(arch, revision);
    if (!host) continue;
    facts.defaults.push_back({revision.name, ValueOn(**host, setting.name)});
    const bool has = facts.defaults.back().value.has_value();
    const bool wanted = tried == nullptr || revision.name == DefaultRevision().name;
    if (has && wanted) tried = *host;
  }
  if (tried != nullptr && setting.follows_from.empty()) {
    facts.changed_on = tried->revision().name;
    facts.others = Others(tried, setting);
  }
  return facts;
}

}  // namespace

std::vector<SettingOnArch> FactsOfSetting(std::string_view name) {
  std::vector<SettingOnArch> facts;
  for (const Arch* arch : Architectures()) {
    for (const Setting& setting : arch->settings()) {
      if (setting.name == name) facts.push_back(OnArch(*arch, setting));
    }
  }
  return facts;
}

}  // namespace kvm_model::cli
