#include "tools/revisions/other_host.h"

#include <algorithm>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "tools/scenario/ast.h"

namespace kvm_model::revisions {
namespace {

using NameAndValue = std::pair<std::string, std::string>;

constexpr std::string_view kVmMemoryAttributes = "kvm.vm_memory_attributes";
constexpr std::string_view kInPlaceConversion = "kvm.gmem_in_place_conversion";

// The parameter by which a revision's kernel is told who tracks attributes; "" where it has none.
std::string_view SwitchOf(const Revision& revision) {
  switch (revision.attribute_switch) {
    case AttributeSwitch::kNone:
      break;
    case AttributeSwitch::kVmMemoryAttributes:
      return kVmMemoryAttributes;
    case AttributeSwitch::kInPlaceConversion:
      return kInPlaceConversion;
  }
  return "";
}

// Each says the opposite of the other.
std::string Opposite(std::string_view value) { return value == "0" || value == "n" ? "1" : "0"; }

std::vector<SettingAssignment> Assignments(const std::vector<NameAndValue>& settings) {
  std::vector<SettingAssignment> assignments;
  for (const auto& [name, value] : settings) assignments.push_back({name, value});
  return assignments;
}

}  // namespace

std::expected<OtherHost, std::string> OnRevision(const scenario::HostLine& host,
                                                 const Revision& revision) {
  OtherHost other{host, {}};
  other.line.revision = revision.name;
  const Arch* const arch = FindArch(host.arch);
  if (arch == nullptr) return std::unexpected(absl::StrFormat("%s is no architecture", host.arch));
  std::vector<NameAndValue>& settings = other.line.settings;
  const std::string_view wanted = SwitchOf(revision);
  for (auto& [name, value] : settings) {
    if ((name != kVmMemoryAttributes && name != kInPlaceConversion) || name == wanted) continue;
    if (wanted.empty()) continue;
    other.remarks.push_back(
        absl::StrFormat("%s=%s is %s=%s there", name, value, wanted, Opposite(value)));
    name = wanted;
    value = Opposite(value);
  }
  // What the revision hasn't got is told one at a time.
  while (true) {
    const auto made = Host::Create(*arch, revision, Assignments(settings));
    if (made) return other;
    const auto refused = std::ranges::find(settings, made.error().setting, &NameAndValue::first);
    if (!made.error().absent || refused == settings.end()) {
      return std::unexpected(made.error().message);
    }
    other.remarks.push_back(
        absl::StrFormat("%s isn't a setting of %s", refused->first, revision.name));
    settings.erase(refused);
  }
}

}  // namespace kvm_model::revisions
