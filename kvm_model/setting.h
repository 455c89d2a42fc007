// Settings: what a person can say about a host, as rows of a table.
//
// A setting is a Kconfig symbol (CONFIG_...), a module parameter (kvm...., kvm_intel....) or a
// hardware feature (hw....). Each architecture lists its own, in an order in which every default
// depends only on rows before it, followed by rules that must hold for the whole. Kconfig symbols
// without a prompt are rows too: their value follows from others and can be named but not changed.
#ifndef KVM_MODEL_KVM_MODEL_SETTING_H_
#define KVM_MODEL_KVM_MODEL_SETTING_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "kvm_model/revision.h"

namespace kvm_model {

// A host while it is being put together: the settings that are decided so far.
class HostDraft {
 public:
  explicit HostDraft(const Revision& revision) : revision_(revision) {}

  const Revision& revision() const { return revision_; }
  // The value of a setting that is decided and exists; 0 for any other.
  std::int64_t operator[](std::string_view setting) const;
  bool Has(std::string_view setting) const;
  void Set(std::string_view setting, std::int64_t value) { values_[setting] = value; }

  const std::map<std::string_view, std::int64_t>& values() const { return values_; }

 private:
  const Revision& revision_;
  std::map<std::string_view, std::int64_t> values_;
};

struct Setting {
  enum class Type : std::uint8_t { kBool, kNumber, kWord };

  std::string_view name;
  Type type = Type::kBool;
  // The words of a kWord setting, by value; for kNumber the numbers that are allowed, when only
  // some are.
  std::span<const std::string_view> words = {};
  std::span<const std::int64_t> numbers = {};
  // The documented default, or, without a prompt, the value.
  std::int64_t (*value)(const HostDraft&) = nullptr;
  // What the setting means, in a few words.
  std::string_view meaning;
  // Null: it exists on every revision and with every choice of the others.
  bool (*exists)(const HostDraft&) = nullptr;
  std::string_view absent_because = {};
  // Not empty: nobody is asked, the value follows from what this names.
  std::string_view follows_from = {};
};

// A condition on the whole host, and what is told when it doesn't hold.
struct HostRule {
  std::string_view text;
  bool (*holds)(const HostDraft&);
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_SETTING_H_
