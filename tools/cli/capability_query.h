// One capability's answer, as the command prints it.
#ifndef KVM_MODEL_TOOLS_CLI_CAPABILITY_QUERY_H_
#define KVM_MODEL_TOOLS_CLI_CAPABILITY_QUERY_H_

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/host.h"
#include "uapi/errno.h"

namespace kvm_model::cli {

// A capability as somebody asked for it.
struct CapabilityName {
  std::int64_t number = 0;
  std::string name;  // empty for a number that no revision names
};

struct CapabilityAnswer {
  CapabilityName capability;
  std::optional<std::string> vm_type;             // nothing: asked of /dev/kvm
  std::optional<std::int64_t> value;              // nothing: a negative answer, or not known
  std::optional<uapi::Errno> error;               // what a negative answer fails with
  std::optional<std::vector<std::string>> flags;  // nothing: the value is no set of flags
  bool known = true;
  bool inferred = false;
};

// The capability by name (of any revision, with or without KVM_CAP_) or number; an error with a
// suggestion otherwise.
std::expected<CapabilityName, std::string> FindCapability(std::string_view text, const Host& host);

// Asks a VM of the named type, or /dev/kvm when there is none. An error in words when this host
// can't create such a VM.
std::expected<CapabilityAnswer, std::string> AskCapability(
    std::shared_ptr<const Host> host, const std::optional<std::string>& vm_type,
    const CapabilityName& capability);

// What other meaning a number has in another revision, for those that have one; empty otherwise.
std::string OtherMeaning(std::int64_t number, const Host& host);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_CAPABILITY_QUERY_H_
