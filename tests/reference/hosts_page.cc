#include "tests/reference/hosts_page.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"
#include "kvm_model/vm_type.h"

namespace kvm_model {
namespace {

// The default on a revision, or "-" where the setting doesn't exist.
std::string DefaultOn(const Arch& arch, const Revision& revision, std::string_view name) {
  const auto host = Host::Create(arch, revision);
  if (!host) return "impossible";
  for (const SettingAssignment& setting : (*host)->Settings()) {
    if (setting.name == name) return setting.value;
  }
  return "-";
}

// One value when all revisions agree, otherwise one for each.
std::string Default(const Arch& arch, std::string_view name) {
  std::vector<std::string> defaults;
  for (const Revision& revision : Revisions()) {
    defaults.push_back(DefaultOn(arch, revision, name));
  }
  if (std::ranges::count(defaults, defaults.front()) == std::ssize(defaults)) {
    return defaults.front();
  }
  std::string text;
  for (std::size_t i = 0; i < defaults.size(); ++i) {
    text += absl::StrFormat("%s%s (%s)", i == 0 ? "" : ", ", defaults[i], Revisions()[i].name);
  }
  return text;
}

std::string Values(const Setting& setting) {
  if (!setting.follows_from.empty()) return "follows";
  std::string text;
  for (const std::string_view word : setting.words) {
    text += absl::StrFormat("%s%s", text.empty() ? "" : ", ", word);
  }
  for (const std::int64_t number : setting.numbers) {
    text += absl::StrFormat("%s%d", text.empty() ? "" : ", ", number);
  }
  if (!text.empty()) return text;
  return setting.type == Setting::Type::kBool ? "y, n" : "a number";
}

std::string Meaning(const Setting& setting) {
  std::string text(setting.meaning);
  if (!setting.follows_from.empty()) text += absl::StrFormat(": %s", setting.follows_from);
  if (!setting.absent_because.empty()) {
    text += absl::StrFormat(" (absent: %s)", setting.absent_because);
  }
  return text;
}

std::string RenderArch(const Arch& arch) {
  std::string text = absl::StrFormat("\n## %s\n\nVM types with names: ", arch.traits().name);
  for (const VmType& type : arch.named_vm_types()) {
    text += absl::StrFormat("%s%s (%d)", &type == &arch.named_vm_types().front() ? "" : ", ",
                            type.name, type.number);
  }
  text += ".\n\n| setting | default | values | meaning |\n|---|---|---|---|\n";
  for (const Setting& setting : arch.settings()) {
    text += absl::StrFormat("| `%s` | %s | %s | %s |\n", setting.name, Default(arch, setting.name),
                            Values(setting), Meaning(setting));
  }
  text += "\nRules for the whole:\n\n";
  for (const HostRule& rule : arch.rules()) text += absl::StrFormat("- %s\n", rule.text);
  return text;
}

}  // namespace

std::string RenderHostsPage() {
  std::string text =
      "# Hosts\n"
      "\n"
      "What a host line of a scenario and `kvmsim caps --set` can say, by architecture, and what "
      "holds "
      "where nothing is said.\n"
      "A setting is a Kconfig symbol (`CONFIG_...`), a module parameter (`kvm....`) or a hardware "
      "feature (`hw....`).\n"
      "A symbol without a prompt follows from others: it can be named, but not changed.\n"
      "\n"
      "This page is rendered from the tables that the model uses; `bazel run "
      "//tests/reference:render_pages` makes it anew, and a test\n"
      "holds it fresh.\n"
      "\n"
      "| revision | what it is |\n"
      "|---|---|\n";
  for (const Revision& revision : Revisions()) {
    text += absl::StrFormat("| `%s`%s | %s |\n", revision.name,
                            &revision == &DefaultRevision() ? " (default)" : "", revision.summary);
  }
  for (const Arch* arch : Architectures()) text += RenderArch(*arch);
  return text;
}

}  // namespace kvm_model
