#include "kvm_model/setting.h"

#include <cstdint>
#include <string_view>

namespace kvm_model {

std::int64_t HostDraft::operator[](std::string_view setting) const {
  const auto found = values_.find(setting);
  return found == values_.end() ? 0 : found->second;
}

bool HostDraft::Has(std::string_view setting) const { return values_.contains(setting); }

}  // namespace kvm_model
