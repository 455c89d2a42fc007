#include "tools/cli/completion_values.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"
#include "kvm_model/vm_type.h"
#include "tools/cli/completion.h"
#include "tools/cli/embedded_file.h"
#include "tools/cli/explain_topics.h"
#include "tools/cli/presets.h"
#include "tools/cli/requirements.h"
#include "tools/cli/rule_suite.h"
#include "tools/cli/text.h"
#include "tools/quiz/lesson.h"
#include "tools/rules/catalogue.h"
#include "uapi/capabilities.h"

namespace kvm_model::cli {
namespace {

constexpr std::string_view kDefaultArch = "x86";
constexpr std::string_view kPrefix = "KVM_CAP_";

// The architecture that a HOST begins with, by its name or a preset's; null for neither.
const Arch* ArchOfHost(std::string_view host) {
  const std::string_view name = host.substr(0, host.find_first_of("/,"));
  const Preset* const preset = FindPreset(name);
  return FindArch(preset == nullptr ? name : preset->arch);
}

const Arch* ChosenArch(const ChosenWords& chosen) {
  if (!chosen.host.empty()) return ArchOfHost(chosen.host);
  return FindArch(chosen.arch.empty() ? kDefaultArch : std::string_view(chosen.arch));
}

void AddArchs(Completion& values) {
  for (const Arch* arch : Architectures()) {
    values.candidates.push_back({std::string(arch->traits().name), ""});
  }
}

void AddRevisions(std::string_view start, Completion& values) {
  for (const Revision& revision : Revisions()) {
    values.candidates.push_back({Cat(start, revision.name), std::string(revision.summary)});
  }
}

void AddVmTypes(const Arch* arch, std::string_view start, Completion& values) {
  if (arch == nullptr) return;
  for (const VmType& type : arch->named_vm_types()) {
    values.candidates.push_back({Cat(start, type.name), ""});
  }
}

// The full names; the short ones where such a one was begun.
void AddCapabilities(std::string_view word, Completion& values) {
  const bool full = word.starts_with(kPrefix) || kPrefix.starts_with(word);
  for (const uapi::CapabilityName& capability : uapi::AllCapabilities()) {
    const std::string name(full ? capability.name : uapi::CapabilityShortName(capability.name));
    const bool known =
        std::ranges::find(values.candidates, name, &Candidate::word) != values.candidates.end();
    if (!known) values.candidates.push_back({name, std::to_string(capability.number)});
  }
}

// NAME=, and behind the = what the setting can be.
void AddSettings(const Arch* arch, std::string_view start, std::string_view word,
                 Completion& values) {
  if (arch == nullptr) return;
  const auto equals = word.find('=');
  for (const Setting& setting : arch->settings()) {
    if (!setting.follows_from.empty()) continue;
    const std::string begun = Cat(start, setting.name, "=");
    if (equals == std::string_view::npos) {
      values.candidates.push_back({begun, std::string(setting.meaning)});
      values.goes_on = true;
      continue;
    }
    if (setting.name != word.substr(0, equals)) continue;
    if (setting.type == Setting::Type::kBool) {
      for (const char* answer : {"y", "n"}) values.candidates.push_back({begun + answer, ""});
    }
    for (const std::string_view each : setting.words) {
      values.candidates.push_back({Cat(begun, each), ""});
    }
    for (const std::int64_t each : setting.numbers) {
      values.candidates.push_back({begun + std::to_string(each), ""});
    }
  }
}

// NAME[/REVISION[/VM_TYPE]][,NAME=VALUE...], a part at a time.
void AddHosts(std::string_view word, Completion& values) {
  if (const auto comma = word.rfind(','); comma != std::string_view::npos) {
    return AddSettings(ArchOfHost(word), word.substr(0, comma + 1), word.substr(comma + 1), values);
  }
  const auto slash = word.rfind('/');
  if (slash != std::string_view::npos) {
    const std::string_view start = word.substr(0, slash + 1);
    if (std::ranges::count(start, '/') == 1) return AddRevisions(start, values);
    return AddVmTypes(ArchOfHost(word), start, values);
  }
  for (const Preset& preset : Presets()) {
    values.candidates.push_back({std::string(preset.name), std::string(preset.description)});
  }
  values.candidates.push_back({"machine", "the machine that this runs on"});
  AddArchs(values);
}

void AddRequirementLists(Completion& values) {
  for (const EmbeddedFile& list : BuiltInRequirementLists()) {
    values.candidates.push_back({std::string(list.name), ""});
  }
  values.files = true;
}

void AddLessons(Completion& values) {
  for (const quiz::Lesson& lesson : quiz::Lessons()) {
    values.candidates.push_back({std::to_string(lesson.number), std::string(lesson.name)});
  }
}

void AddRules(Completion& values) {
  const auto suite = LoadRuleSuite();
  if (!suite) return;
  for (const rules::Rule& rule : suite->catalogue.rules) {
    values.candidates.push_back({rule.id, rule.sentence});
  }
}

// Every topic by its name; behind a topic's first words what is left of it.
void AddTopics(std::string_view words, Completion& values) {
  const auto& all = LoadExplanations();
  if (!all) return;
  const std::string begun = words.empty() ? "" : Cat(words, " ");
  for (const std::string& name : TopicNames(*all)) {
    if (name.starts_with(begun)) values.candidates.push_back({name.substr(begun.size()), ""});
  }
  values.files = words.empty();
}

// "FILE", "A.json", "FILE.html", "PATH".
bool IsFile(std::string_view value) {
  return value == "FILE" || value == "PATH" || value == "HISTORY" || value.ends_with(".json") ||
         value.ends_with(".html");
}

}  // namespace

Completion ValuesOf(std::string_view value, std::string_view word, const ChosenWords& chosen) {
  Completion values;
  if (value == "ARCH") {
    AddArchs(values);
  } else if (value == "REVISION") {
    AddRevisions("", values);
  } else if (value == "VM_TYPE") {
    AddVmTypes(ChosenArch(chosen), "", values);
  } else if (value == "CAP") {
    AddCapabilities(word, values);
  } else if (value == "NAME=VALUE") {
    AddSettings(ChosenArch(chosen), "", word, values);
  } else if (value == "HOST") {
    AddHosts(word, values);
  } else if (value == "ID") {
    AddRules(values);
  } else if (value == "TOPIC") {
    AddTopics(chosen.words, values);
  } else if (value == "LIST") {
    AddRequirementLists(values);
  } else if (value == "LESSON") {
    AddLessons(values);
  } else if (IsFile(value)) {
    values.files = true;
  } else if (value == "DIR") {
    values.folders = true;
  }
  return values;
}

}  // namespace kvm_model::cli
