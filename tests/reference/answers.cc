#include "tests/reference/answers.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"
#include "kvm_model/setting_values.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm_type.h"
#include "tools/cli/capability_query.h"
#include "tools/cli/presets.h"
#include "tools/cli/vm_preparations.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

using cli::CapabilityAnswer;
using cli::CapabilityAsker;
using cli::CapabilityName;

using Settings = std::vector<SettingAssignment>;

constexpr char kDefaultType[] = "DEFAULT";

std::string InWords(const CapabilityAnswer& answer) {
  if (!answer.known) return "not known";
  if (answer.error.has_value()) return std::string(uapi::ErrnoName(*answer.error));
  if (!answer.flags.has_value() || answer.flags->empty()) {
    return absl::StrFormat("%d", *answer.value);
  }
  return absl::StrFormat("%d (%s)", *answer.value, absl::StrJoin(*answer.flags, ", "));
}

std::unique_ptr<CapabilityAsker> Asker(const Arch& arch, const Revision& revision,
                                       const Settings& settings,
                                       const std::optional<std::string>& vm_type) {
  const auto host = Host::Create(arch, revision, settings);
  if (!host) return nullptr;
  auto asker = CapabilityAsker::Open(*host, vm_type);
  return asker ? *std::move(asker) : nullptr;
}

class Collector {
 public:
  explicit Collector(const Arch& arch) : arch_(arch) {
    const auto host = Host::Create(arch, DefaultRevision());
    names_ = cli::CapabilitiesOf(**host);
  }

  ArchAnswers Collect() {
    Usual();
    for (const VmType& type : arch_.named_vm_types()) {
      if (type.number == 0) continue;
      const std::string name(type.name);
      Compare(Asker(arch_, DefaultRevision(), {}, name).get(), "a VM of type " + name, true);
    }
    for (const Revision& revision : Revisions()) {
      if (&revision == &DefaultRevision()) continue;
      CompareBoth(revision, {}, std::string(revision.name), true);
    }
    Preparations();
    for (const Setting& setting : arch_.settings()) TrySetting(setting);
    for (const cli::Preset& preset : cli::Presets()) TryPreset(preset);
    return std::move(answers_);
  }

 private:
  void Usual() {
    const auto system = Asker(arch_, DefaultRevision(), {}, std::nullopt);
    const auto vm = Asker(arch_, DefaultRevision(), {}, kDefaultType);
    for (const CapabilityName& name : names_) {
      CapabilityOnArch& row = answers_[name.name];
      const CapabilityAnswer on_system = system->Ask(name);
      const CapabilityAnswer on_vm = vm->Ask(name);
      row.system = InWords(on_system);
      row.vm = InWords(on_vm);
      Note(row, on_system);
      Note(row, on_vm);
      row.inferred = on_system.inferred || on_vm.inferred;
      usual_system_.emplace(name.name, on_system);
      usual_vm_.emplace(name.name, on_vm);
    }
  }

  static void Note(CapabilityOnArch& row, const CapabilityAnswer& answer) {
    row.ever_answered = row.ever_answered || answer.value != 0;
    for (const TrailStep& step : answer.trail) {
      if (step.kind != TrailStep::Kind::kPredicate && step.kind != TrailStep::Kind::kNumber) {
        continue;
      }
      const std::string text(step.text);
      if (std::ranges::find(row.decided_by, text) == row.decided_by.end()) {
        row.decided_by.push_back(text);
      }
    }
  }

  // What the asker answers otherwise than the usual VM is told as `change`, with the answer where
  // `with_answer`. Null: there is no such host or VM.
  void Compare(CapabilityAsker* asker, const std::string& change, bool with_answer) {
    if (asker == nullptr) return;
    const auto& usual = asker->vm_type().has_value() ? usual_vm_ : usual_system_;
    for (const CapabilityName& name : names_) {
      CapabilityOnArch& row = answers_.at(name.name);
      const CapabilityAnswer answer = asker->AskByName(name.name);
      Note(row, answer);
      if (cli::SameAnswer(answer, usual.at(name.name))) continue;
      std::string text = change;
      if (with_answer) text += ": " + InWords(answer) + (answer.inferred ? " [inferred]" : "");
      if (std::ranges::find(row.changes_with, text) == row.changes_with.end()) {
        row.changes_with.push_back(std::move(text));
      }
    }
  }

  void CompareBoth(const Revision& revision, const Settings& settings, const std::string& change,
                   bool with_answer) {
    Compare(Asker(arch_, revision, settings, std::nullopt).get(), change, with_answer);
    Compare(Asker(arch_, revision, settings, kDefaultType).get(), change, with_answer);
  }

  void Preparations() {
    const auto host = Host::Create(arch_, DefaultRevision());
    std::vector<std::string> tried;
    for (const CapabilityName& name : names_) {
      for (const cli::VmPreparation& call : cli::PreparationsFor(**host, name)) {
        if (std::ranges::find(tried, call.text) != tried.end()) continue;
        tried.push_back(call.text);
        const auto asker = Asker(arch_, DefaultRevision(), {}, kDefaultType);
        if (!cli::Prepare(*asker, call)) continue;
        Compare(asker.get(), "after " + call.text, true);
      }
    }
  }

  void TrySetting(const Setting& setting) {
    const auto host = Host::Create(arch_, DefaultRevision());
    const std::optional<std::int64_t> value = (*host)->Get(setting.name);
    if (!value.has_value() || !setting.follows_from.empty()) return;
    const std::string name(setting.name);
    for (const std::string& other : OtherValues(setting, *value)) {
      CompareBoth(DefaultRevision(), {{name, other}}, absl::StrFormat("`%s`", name), false);
    }
  }

  // Hosts with names differ in several things: they are told only where nothing alone changes the
  // answer.
  void TryPreset(const cli::Preset& preset) {
    if (preset.arch != arch_.traits().name) return;
    Settings settings;
    for (const cli::PresetSetting& setting : preset.settings) {
      settings.push_back({std::string(setting.name), std::string(setting.value)});
    }
    const auto asker = Asker(arch_, DefaultRevision(), settings, std::string(preset.vm_type));
    if (asker == nullptr) return;
    for (const CapabilityName& name : names_) {
      CapabilityOnArch& row = answers_.at(name.name);
      if (!row.changes_with.empty()) continue;
      const CapabilityAnswer answer = asker->AskByName(name.name);
      if (cli::SameAnswer(answer, usual_vm_.at(name.name))) continue;
      Note(row, answer);
      row.changes_with.push_back(absl::StrFormat("host `%s`: %s", preset.name, InWords(answer)));
    }
  }

  const Arch& arch_;
  std::vector<CapabilityName> names_;
  std::map<std::string, CapabilityAnswer> usual_system_;
  std::map<std::string, CapabilityAnswer> usual_vm_;
  ArchAnswers answers_;
};

}  // namespace

const ArchAnswers& AnswersOf(const Arch& arch) {
  static auto* const kByArch = new std::map<std::string_view, ArchAnswers>;
  const auto found = kByArch->find(arch.traits().name);
  if (found != kByArch->end()) return found->second;
  return kByArch->emplace(arch.traits().name, Collector(arch).Collect()).first->second;
}

}  // namespace kvm_model
