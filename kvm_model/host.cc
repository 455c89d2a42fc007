#include "kvm_model/host.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "kvm_model/arch.h"
#include "kvm_model/nearest.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"

namespace kvm_model {
namespace {

std::optional<std::int64_t> ParseNumber(const std::string& text) {
  std::int64_t number = 0;
  if (text.starts_with("0x") ? absl::SimpleHexAtoi(text.substr(2), &number)
                             : absl::SimpleAtoi(text, &number)) {
    return number;
  }
  return std::nullopt;
}

std::optional<std::int64_t> ParseValue(const Setting& setting, const std::string& text) {
  switch (setting.type) {
    case Setting::Type::kBool:
      if (text == "y" || text == "1") return 1;
      if (text == "n" || text == "0") return 0;
      return std::nullopt;
    case Setting::Type::kWord: {
      const auto word = std::ranges::find(setting.words, std::string_view(text));
      if (word == setting.words.end()) return std::nullopt;
      return std::distance(setting.words.begin(), word);
    }
    case Setting::Type::kNumber: {
      const std::optional<std::int64_t> number = ParseNumber(text);
      if (!number.has_value() || *number < 0) return std::nullopt;
      if (!setting.numbers.empty() &&
          std::ranges::find(setting.numbers, *number) == setting.numbers.end()) {
        return std::nullopt;
      }
      return number;
    }
  }
  return std::nullopt;
}

std::string AllowedValues(const Setting& setting) {
  switch (setting.type) {
    case Setting::Type::kBool:
      return "y or n";
    case Setting::Type::kWord: {
      std::string words;
      for (const std::string_view word : setting.words) {
        if (!words.empty()) words += ", ";
        words += word;
      }
      return words;
    }
    case Setting::Type::kNumber: {
      if (setting.numbers.empty()) return "a number that is not negative";
      std::string numbers;
      for (const std::int64_t number : setting.numbers) {
        numbers += absl::StrFormat("%s%d", numbers.empty() ? "" : ", ", number);
      }
      return numbers;
    }
  }
  return {};
}

std::string PrintValue(const Setting& setting, std::int64_t value) {
  switch (setting.type) {
    case Setting::Type::kBool:
      return value != 0 ? "y" : "n";
    case Setting::Type::kWord:
      return std::string(setting.words[static_cast<std::size_t>(value)]);
    case Setting::Type::kNumber:
      return absl::StrFormat("%d", value);
  }
  return {};
}

// Whether `name` is what `setting` is called without its family: KVM_XEN of CONFIG_KVM_XEN, cpus of
// hw.cpus.
bool IsShortFor(const std::string& name, std::string_view setting) {
  return setting.ends_with("." + name) || setting == "CONFIG_" + name ||
         setting == "CONFIG_KVM_" + name;
}

HostError UnknownSetting(const Arch& arch, const std::string& name) {
  std::vector<std::string_view> names;
  std::vector<std::string> longer;
  for (const Setting& setting : arch.settings()) {
    names.push_back(setting.name);
    if (IsShortFor(name, setting.name)) longer.emplace_back(setting.name);
  }
  const std::string suggestion =
      longer.empty() ? DidYouMean(name, names)
                     : absl::StrFormat("; did you mean %s?", absl::StrJoin(longer, " or "));
  return {name, absl::StrFormat("%s has no setting %s%s", arch.traits().name, name, suggestion)};
}

// Decides one row: what was asked for it, if anything, or its default.
std::optional<HostError> Decide(const Setting& setting, const SettingAssignment* asked,
                                HostDraft& draft) {
  if (setting.exists != nullptr && !setting.exists(draft)) {
    if (asked == nullptr) return std::nullopt;
    return HostError{
        asked->name,
        absl::StrFormat("%s does not exist here: %s", setting.name, setting.absent_because),
        /*absent=*/true};
  }
  const std::int64_t usual = setting.value(draft);
  draft.Set(setting.name, usual);
  if (asked == nullptr) return std::nullopt;
  const std::optional<std::int64_t> value = ParseValue(setting, asked->value);
  if (!value.has_value()) {
    return HostError{asked->name, absl::StrFormat("%s=%s: the value must be %s", asked->name,
                                                  asked->value, AllowedValues(setting))};
  }
  if (!setting.follows_from.empty() && *value != usual) {
    return HostError{asked->name, absl::StrFormat("%s=%s can't be chosen: %s", asked->name,
                                                  asked->value, setting.follows_from)};
  }
  draft.Set(setting.name, *value);
  return std::nullopt;
}

std::optional<HostError> CheckNames(const Arch& arch,
                                    std::span<const SettingAssignment> assignments) {
  for (std::size_t i = 0; i < assignments.size(); ++i) {
    const std::string& name = assignments[i].name;
    if (std::ranges::find(arch.settings(), std::string_view(name), &Setting::name) ==
        arch.settings().end()) {
      return UnknownSetting(arch, name);
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (assignments[j].name == name) {
        return HostError{name, absl::StrFormat("%s is set twice", name)};
      }
    }
  }
  return std::nullopt;
}

// Whether kvm_arch_has_private_mem() is defined.
bool DefinesPrivateMemHook(const Arch& arch, const HostDraft& draft) {
  const std::span<const std::string_view> symbols = arch.traits().private_mem_symbols;
  if (symbols.empty()) return false;
  if (draft.revision().memory_attributes_core) return draft["CONFIG_KVM_MEMORY_ATTRIBUTES"] != 0;
  return std::ranges::any_of(symbols, [&](std::string_view name) { return draft[name] != 0; });
}

void DecideWhoTracksAttributes(const HostDraft& draft, HostFacts& facts) {
  const Revision& revision = draft.revision();
  const bool config = draft[revision.vm_attributes_symbol] != 0;
  facts.vm_memory_attributes_config = config;
  switch (revision.attribute_switch) {
    case AttributeSwitch::kNone:
      facts.vm_memory_attributes = config;
      break;
    case AttributeSwitch::kVmMemoryAttributes:
      facts.vm_memory_attributes = config && draft["kvm.vm_memory_attributes"] != 0;
      facts.in_place_conversion = !facts.vm_memory_attributes;
      break;
    case AttributeSwitch::kInPlaceConversion:
      facts.in_place_conversion =
          facts.private_mem_hook && (!config || draft["kvm.gmem_in_place_conversion"] != 0);
      facts.vm_memory_attributes = config && !facts.in_place_conversion;
      break;
  }
}

HostFacts Facts(const Arch& arch, const HostDraft& draft) {
  HostFacts facts;
  facts.page_shift = static_cast<unsigned>(draft["CONFIG_PAGE_SHIFT"]);
  const Revision& revision = draft.revision();
  facts.guest_memfd = draft[revision.guest_memfd_symbol] != 0;
  facts.guest_memfd_flags = facts.guest_memfd && revision.guest_memfd_flags;
  facts.user_mem_slots = arch.UserMemSlots(revision);
  facts.pre_fault_memory = arch.HasPreFaultMemory(revision);
  facts.private_mem_hook = DefinesPrivateMemHook(arch, draft);
  DecideWhoTracksAttributes(draft, facts);
  facts.msi = draft["CONFIG_HAVE_KVM_MSI"] != 0;
  facts.irqchip = draft["CONFIG_HAVE_KVM_IRQCHIP"] != 0;
  facts.irq_routing = draft["CONFIG_HAVE_KVM_IRQ_ROUTING"] != 0;
  facts.mmio = draft["CONFIG_KVM_MMIO"] != 0;
  facts.dirtylog_read_protect = draft["CONFIG_KVM_GENERIC_DIRTYLOG_READ_PROTECT"] != 0;
  facts.dirty_ring_tso = draft["CONFIG_HAVE_KVM_DIRTY_RING_TSO"] != 0;
  facts.dirty_ring_acq_rel = draft["CONFIG_HAVE_KVM_DIRTY_RING_ACQ_REL"] != 0;
  facts.dirty_ring_with_bitmap = draft["CONFIG_NEED_KVM_DIRTY_RING_WITH_BITMAP"] != 0;
  facts.cpus = static_cast<std::uint64_t>(draft["hw.cpus"]);
  return facts;
}

}  // namespace

Host::Host(const Arch& arch, HostDraft draft)
    : arch_(arch),
      draft_(std::move(draft)),
      facts_(Facts(arch, draft_)),
      arch_facts_(arch.MakeFacts(draft_)) {}

std::expected<std::shared_ptr<const Host>, HostError> Host::Create(
    const Arch& arch, const Revision& revision, std::span<const SettingAssignment> settings) {
  if (std::optional<HostError> error = CheckNames(arch, settings)) {
    return std::unexpected(*std::move(error));
  }
  HostDraft draft(revision);
  for (const Setting& setting : arch.settings()) {
    const auto asked =
        std::ranges::find(settings, std::string(setting.name), &SettingAssignment::name);
    if (std::optional<HostError> error =
            Decide(setting, asked == settings.end() ? nullptr : &*asked, draft)) {
      return std::unexpected(*std::move(error));
    }
  }
  for (const HostRule& rule : arch.rules()) {
    if (!rule.holds(draft)) {
      return std::unexpected(
          HostError{"", absl::StrFormat("no such %s host: %s", arch.traits().name, rule.text)});
    }
  }
  return std::shared_ptr<const Host>(new Host(arch, std::move(draft)));
}

std::optional<std::int64_t> Host::Get(std::string_view setting) const {
  if (!draft_.Has(setting)) return std::nullopt;
  return draft_[setting];
}

std::vector<SettingAssignment> Host::Settings() const {
  std::vector<SettingAssignment> settings;
  for (const Setting& setting : arch_.settings()) {
    if (!draft_.Has(setting.name)) continue;
    settings.push_back({std::string(setting.name), PrintValue(setting, draft_[setting.name])});
  }
  return settings;
}

}  // namespace kvm_model
