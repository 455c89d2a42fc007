// Rows that the architectures' tables of settings share.
#ifndef KVM_MODEL_ARCH_GENERIC_SETTINGS_H_
#define KVM_MODEL_ARCH_GENERIC_SETTINGS_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "kvm_model/revision.h"
#include "kvm_model/setting.h"

namespace kvm_model::generic {

// A switch with a prompt.
constexpr Setting Switch(std::string_view name, std::int64_t (*value)(const HostDraft&),
                         std::string_view meaning) {
  return {.name = name, .type = Setting::Type::kBool, .value = value, .meaning = meaning};
}

// A Kconfig symbol without a prompt: what it is follows from `follows_from`.
constexpr Setting Symbol(std::string_view name, std::int64_t (*value)(const HostDraft&),
                         std::string_view follows_from) {
  return {.name = name,
          .type = Setting::Type::kBool,
          .value = value,
          .meaning = "selected by other symbols",
          .follows_from = follows_from};
}

// A symbol that the architecture selects, always.
constexpr Setting Always(std::string_view name) {
  return Symbol(
      name, [](const HostDraft&) -> std::int64_t { return 1; },
      "the architecture always selects it");
}

// A symbol of the generic Kconfig that the architecture never selects.
constexpr Setting Never(std::string_view name) {
  return Symbol(
      name, [](const HostDraft&) -> std::int64_t { return 0; },
      "nothing selects it on this architecture");
}

// The symbol behind guest_memfd, by what a revision calls it: it is there with the other's name, or
// with this one.
constexpr Setting GuestMemfdSymbol(Setting setting) {
  setting.exists = [](const HostDraft& host) { return host.revision().guest_memfd_for_every_vm; };
  setting.absent_because = "this revision calls it CONFIG_KVM_PRIVATE_MEM";
  return setting;
}
constexpr Setting PrivateMemSymbol(Setting setting) {
  setting.exists = [](const HostDraft& host) { return !host.revision().guest_memfd_for_every_vm; };
  setting.absent_because = "this revision calls it CONFIG_KVM_GUEST_MEMFD";
  return setting;
}

constexpr Setting Number(std::string_view name, std::int64_t (*value)(const HostDraft&),
                         std::string_view meaning, std::span<const std::int64_t> numbers = {}) {
  return {.name = name,
          .type = Setting::Type::kNumber,
          .numbers = numbers,
          .value = value,
          .meaning = meaning};
}

constexpr Setting Cpus() {
  return Number("hw.cpus", [](const HostDraft&) -> std::int64_t { return 8; }, "CPUs online");
}

// The rule that goes with Cpus().
constexpr HostRule HasACpu() {
  return {"hw.cpus must be at least 1", [](const HostDraft& host) { return host["hw.cpus"] >= 1; }};
}

}  // namespace kvm_model::generic

#endif  // KVM_MODEL_ARCH_GENERIC_SETTINGS_H_
