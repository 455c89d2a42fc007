// Other values for a setting, to try what it changes.
#ifndef KVM_MODEL_KVM_MODEL_SETTING_VALUES_H_
#define KVM_MODEL_KVM_MODEL_SETTING_VALUES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "kvm_model/setting.h"

namespace kvm_model {

// Values besides `value`, as Host::Create() takes them: the other one of a switch, every other word
// or listed number; for a plain number 0, half, one less, one more and double. A host may refuse
// some.
std::vector<std::string> OtherValues(const Setting& setting, std::int64_t value);

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_SETTING_VALUES_H_
