#include "tools/cli/host_difference.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "tools/cli/capability_query.h"
#include "tools/cli/caps_options.h"
#include "tools/cli/host_spec.h"

namespace kvm_model::cli {
namespace {

using What = HostDifference::What;
using Settings = std::vector<SettingAssignment>;

void Erase(Settings& settings, const std::string& name) {
  std::erase_if(settings, [&](const SettingAssignment& each) { return each.name == name; });
}

std::string ValueOf(const Settings& settings, const std::string& name) {
  const auto found = std::ranges::find(settings, name, &SettingAssignment::name);
  return found == settings.end() ? std::string() : found->value;
}

}  // namespace

std::vector<HostDifference> DifferencesBetween(const AskedHost& from, const AskedHost& to) {
  std::vector<HostDifference> differences;
  const auto add = [&](What what, std::string_view name, std::string_view a, std::string_view b) {
    if (a != b) differences.push_back({what, std::string(name), std::string(a), std::string(b)});
  };
  add(What::kArch, "architecture", from.spec.arch->traits().name, to.spec.arch->traits().name);
  if (!differences.empty()) return differences;
  add(What::kRevision, "revision", from.spec.revision->name, to.spec.revision->name);
  if (from.vm_type.has_value()) add(What::kVmType, "VM type", from.spec.vm_type, to.spec.vm_type);
  std::set<std::string> named;
  for (const auto& setting : from.spec.settings) named.insert(setting.name);
  for (const auto& setting : to.spec.settings) named.insert(setting.name);
  const Settings a = from.host->Settings();
  const Settings b = to.host->Settings();
  for (const std::string& name : named) {
    const std::string told_a = ValueOf(from.spec.settings, name);
    const std::string told_b = ValueOf(to.spec.settings, name);
    if (told_a == told_b) continue;
    HostDifference difference{What::kSetting, name, ValueOf(a, name), ValueOf(b, name)};
    // The same value, told to one host and the other's default, may matter once others change.
    if (difference.from == difference.to) {
      (told_a.empty() ? difference.from : difference.to) += " by default";
    }
    differences.push_back(difference);
  }
  return differences;
}

DifferenceTracer::DifferenceTracer(const AskedHost& from, const AskedHost& to)
    : from_(from), to_(to), differences_(DifferencesBetween(from, to)) {}

HostSpec DifferenceTracer::Mix(const Mixture& mixture) const {
  HostSpec spec = from_.spec;
  for (std::size_t i = 0; i < differences_.size(); ++i) {
    if (!mixture[i]) continue;
    switch (differences_[i].what) {
      case What::kArch:
        return to_.spec;
      case What::kRevision:
        spec.revision = to_.spec.revision;
        break;
      case What::kVmType:
        spec.vm_type = to_.spec.vm_type;
        break;
      case What::kSetting: {
        const std::string& name = differences_[i].name;
        Erase(spec.settings, name);
        const auto wanted = std::ranges::find(to_.spec.settings, name, &SettingAssignment::name);
        if (wanted != to_.spec.settings.end()) spec.settings.push_back(*wanted);
        break;
      }
    }
  }
  return spec;
}

CapabilityAsker* DifferenceTracer::Asker(const HostSpec& spec) {
  const auto [place, is_new] = askers_.try_emplace(ToText(spec));
  if (!is_new) return place->second.get();
  const auto host = BootAsked(spec, from_.vm_type.has_value() ? "vm" : "system");
  if (!host) return nullptr;
  auto opened = CapabilityAsker::Open(host->host, host->vm_type);
  if (opened) place->second = *std::move(opened);
  return place->second.get();
}

CapabilityAsker* DifferenceTracer::Asker(const Mixture& mixture) { return Asker(Mix(mixture)); }

bool DifferenceTracer::Matters(std::size_t difference, const CapabilityAnswer& from,
                               const CapabilityAnswer& to) {
  const std::string& name = from.capability.name;
  HostSpec a = from_.spec;
  HostSpec b = to_.spec;
  a.vm_type = b.vm_type = HostSpec().vm_type;
  if (differences_[difference].what == What::kVmType) {
    // It doesn't when VMs of one type differ in the same way.
    CapabilityAsker* asker_a = Asker(a);
    CapabilityAsker* asker_b = Asker(b);
    return asker_a == nullptr || asker_b == nullptr ||
           !SameAnswer(asker_a->AskByName(name), from) || !SameAnswer(asker_b->AskByName(name), to);
  }
  // Hosts without the other differences.
  for (std::size_t i = 0; i < differences_.size(); ++i) {
    if (i == difference || differences_[i].what != What::kSetting) continue;
    Erase(a.settings, differences_[i].name);
    Erase(b.settings, differences_[i].name);
  }
  if (differences_[difference].what != What::kRevision) b.revision = a.revision;
  CapabilityAsker* asker_a = Asker(a);
  CapabilityAsker* asker_b = Asker(b);
  return asker_a == nullptr || asker_b == nullptr ||
         !SameAnswer(asker_a->AskByName(name), asker_b->AskByName(name));
}

DifferencesBehind DifferenceTracer::Behind(const CapabilityAnswer& from,
                                           const CapabilityAnswer& to) {
  Mixture mixture(differences_.size(), true);
  std::vector<bool> no_host_without(differences_.size(), false);
  for (std::size_t i = 0; i < differences_.size(); ++i) {
    mixture[i] = false;
    CapabilityAsker* asker = Asker(mixture);
    if (asker != nullptr && SameAnswer(asker->AskByName(from.capability.name), to)) continue;
    mixture[i] = true;
    no_host_without[i] = asker == nullptr;
  }
  DifferencesBehind behind;
  for (std::size_t i = 0; i < differences_.size(); ++i) {
    if (!mixture[i]) continue;
    const bool needed = no_host_without[i] && !Matters(i, from, to);
    (needed ? behind.needed : behind.because).push_back(i);
  }
  if (behind.because.empty()) std::swap(behind.because, behind.needed);
  return behind;
}

}  // namespace kvm_model::cli
