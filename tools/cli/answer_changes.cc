#include "tools/cli/answer_changes.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"
#include "kvm_model/setting_values.h"
#include "kvm_model/vm_type.h"
#include "tools/cli/capability_query.h"
#include "tools/cli/caps_options.h"
#include "tools/cli/host_spec.h"
#include "tools/cli/presets.h"
#include "tools/cli/vm_preparations.h"

namespace kvm_model::cli {
namespace {

class Finder {
 public:
  Finder(const AskedHost& asked, const CapabilityAnswer& answer)
      : asked_(asked), answer_(answer), scope_(asked.vm_type.has_value() ? "vm" : "system") {}

  AnswerChanges Find() {
    TryScope();
    if (asked_.vm_type.has_value()) {
      TryCalls();
      TryVmTypes();
    }
    TryRevisions();
    for (const Setting& setting : asked_.spec.arch->settings()) TrySetting(setting);
    const bool alone = std::ranges::any_of(changes_.changing, [](const AnswerChange& change) {
      return change.kind != ChangeKind::kScope;
    });
    if (!alone) TryTogether();
    return std::move(changes_);
  }

 private:
  // Nothing where there is no such host or VM.
  std::optional<CapabilityAnswer> AskOn(const HostSpec& spec, const std::string& scope) const {
    const auto host = BootAsked(spec, scope);
    if (!host) return std::nullopt;
    const auto asker = CapabilityAsker::Open(host->host, host->vm_type);
    if (!asker) return std::nullopt;
    return Ask(**asker);
  }

  CapabilityAnswer Ask(CapabilityAsker& asker) const {
    const CapabilityName& capability = answer_.capability;
    return capability.name.empty() ? asker.Ask(capability) : asker.AskByName(capability.name);
  }

  void Sort(ChangeKind kind, std::string change, std::optional<CapabilityAnswer> answer) {
    if (!answer.has_value()) return;
    if (SameAnswer(*answer, answer_)) {
      changes_.without_effect.emplace_back(kind, std::move(change));
    } else {
      changes_.changing.push_back({kind, std::move(change), *std::move(answer)});
    }
  }

  void TryScope() {
    const bool vm = asked_.vm_type.has_value();
    Sort(ChangeKind::kScope, AskedText(vm ? std::nullopt : std::optional(asked_.spec.vm_type)),
         AskOn(asked_.spec, vm ? "system" : "vm"));
  }

  void TryCalls() {
    for (const VmPreparation& preparation : PreparationsFor(*asked_.host, answer_.capability)) {
      const auto asker = CapabilityAsker::Open(asked_.host, asked_.vm_type);
      if (!asker || !Prepare(**asker, preparation)) continue;
      Sort(ChangeKind::kCall, preparation.text, Ask(**asker));
    }
  }

  void TryVmTypes() {
    for (const VmType& type : asked_.spec.arch->named_vm_types()) {
      if (type.name == asked_.spec.vm_type) continue;
      HostSpec spec = asked_.spec;
      spec.vm_type = type.name;
      Sort(ChangeKind::kVmType, spec.vm_type, AskOn(spec, scope_));
    }
  }

  void TryRevisions() {
    for (const Revision& revision : Revisions()) {
      if (revision.name == asked_.spec.revision->name) continue;
      HostSpec spec = asked_.spec;
      spec.revision = &revision;
      Sort(ChangeKind::kRevision, std::string(revision.name), AskOn(spec, scope_));
    }
  }

  void TrySetting(const Setting& setting) {
    const std::optional<std::int64_t> value = asked_.host->Get(setting.name);
    if (!value.has_value() || !setting.follows_from.empty()) return;
    bool tried = false;
    bool changed = false;
    for (const std::string& other : OtherValues(setting, *value)) {
      HostSpec spec = asked_.spec;
      const SettingAssignment assignment{std::string(setting.name), other};
      if (!Override(spec.settings, {&assignment, 1})) continue;
      std::optional<CapabilityAnswer> answer = AskOn(spec, scope_);
      if (!answer.has_value()) continue;
      tried = true;
      if (SameAnswer(*answer, answer_)) continue;
      changed = true;
      changes_.changing.push_back({ChangeKind::kSetting,
                                   absl::StrFormat("%s=%s", setting.name, other),
                                   *std::move(answer)});
    }
    if (tried && !changed) {
      changes_.without_effect.emplace_back(ChangeKind::kSetting, std::string(setting.name));
    }
  }

  void Together(std::string change, const HostSpec& spec) {
    std::optional<CapabilityAnswer> answer = AskOn(spec, scope_);
    if (!answer.has_value() || SameAnswer(*answer, answer_)) return;
    changes_.changing.push_back({ChangeKind::kTogether, std::move(change), *std::move(answer)});
  }

  void TryTogether() {
    if (asked_.vm_type.has_value()) {
      for (const VmType& type : asked_.spec.arch->named_vm_types()) {
        if (type.name != asked_.spec.vm_type) TryWithSettings(type);
      }
    }
    for (const Preset& preset : Presets()) {
      const auto spec = ParseHostSpec(preset.name);
      if (spec && spec->arch == asked_.spec.arch) {
        Together(absl::StrFormat("host %s", preset.name), *spec);
      }
    }
  }

  void TryWithSettings(const VmType& type) {
    HostSpec base = asked_.spec;
    base.vm_type = type.name;
    for (const Setting& setting : asked_.spec.arch->settings()) {
      const std::optional<std::int64_t> value = asked_.host->Get(setting.name);
      if (!value.has_value() || !setting.follows_from.empty()) continue;
      for (const std::string& other : OtherValues(setting, *value)) {
        HostSpec spec = base;
        const SettingAssignment assignment{std::string(setting.name), other};
        if (!Override(spec.settings, {&assignment, 1})) continue;
        Together(absl::StrFormat("%s with %s=%s", type.name, setting.name, other), spec);
      }
    }
  }

  const AskedHost& asked_;
  const CapabilityAnswer& answer_;
  const std::string scope_;
  AnswerChanges changes_;
};

}  // namespace

std::string_view ChangeKindName(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kScope:
      return "scope";
    case ChangeKind::kCall:
      return "call";
    case ChangeKind::kVmType:
      return "vm_type";
    case ChangeKind::kRevision:
      return "revision";
    case ChangeKind::kTogether:
      return "together";
    case ChangeKind::kSetting:
      break;
  }
  return "setting";
}

std::string_view ChangeKindHeading(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kScope:
      return "Asking somebody else";
    case ChangeKind::kCall:
      return "A call on the VM before the question";
    case ChangeKind::kVmType:
      return "Another type of VM";
    case ChangeKind::kRevision:
      return "Another revision of the kernel";
    case ChangeKind::kTogether:
      return "Two changes together, or another host";
    case ChangeKind::kSetting:
      break;
  }
  return "Another setting of the host, alone";
}

AnswerChanges FindChanges(const AskedHost& asked, const CapabilityAnswer& answer) {
  return Finder(asked, answer).Find();
}

}  // namespace kvm_model::cli
