#include "tools/cli/revision_capabilities.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/vm_type.h"
#include "tools/cli/capability_query.h"
#include "uapi/capabilities.h"

namespace kvm_model::cli {
namespace {

CapabilityName NameIn(std::int64_t number, const Host& host) {
  return {number,
          std::string(uapi::CapabilityNameIn(static_cast<int>(number), host.revision().header))};
}

bool AnswersAlike(const CapabilityAnswer& a, const CapabilityAnswer& b) {
  return a.known == b.known && a.value == b.value && a.error == b.error;
}

using ByNumber = std::map<std::int64_t, std::vector<CapabilityChange>>;

// Asks both for every number, and adds what differs.
void Ask(CapabilityAsker& from, CapabilityAsker& to, const std::string& asker, ByNumber& all) {
  for (std::int64_t number = 0; number <= uapi::kMaxCapability; ++number) {
    CapabilityAnswer before = from.Ask(NameIn(number, from.host()));
    CapabilityAnswer after = to.Ask(NameIn(number, to.host()));
    if (AnswersAlike(before, after)) continue;
    std::vector<CapabilityChange>& changes = all[number];
    const auto alike = std::ranges::find_if(changes, [&](const CapabilityChange& change) {
      return AnswersAlike(change.from, before) && AnswersAlike(change.to, after);
    });
    if (alike != changes.end()) {
      alike->askers.push_back(asker);
    } else {
      changes.push_back({std::move(before), std::move(after), {asker}});
    }
  }
}

}  // namespace

std::vector<CapabilityChange> CapabilityChanges(const Arch& arch, const Revision& from,
                                                const Revision& to) {
  const auto before = Host::Create(arch, from);
  const auto after = Host::Create(arch, to);
  if (!before || !after) return {};
  ByNumber by_number;
  std::vector<std::optional<std::string>> types = {std::nullopt};
  for (const VmType& type : arch.named_vm_types()) types.emplace_back(type.name);
  for (const std::optional<std::string>& type : types) {
    const auto asked_before = CapabilityAsker::Open(*before, type);
    const auto asked_after = CapabilityAsker::Open(*after, type);
    if (!asked_before || !asked_after) continue;
    Ask(**asked_before, **asked_after, type.value_or("/dev/kvm"), by_number);
  }
  std::vector<CapabilityChange> changes;
  for (auto& [number, some] : by_number) {
    std::ranges::move(some, std::back_inserter(changes));
  }
  return changes;
}

}  // namespace kvm_model::cli
