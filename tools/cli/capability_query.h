// Capabilities' answers, as the command prints them.
//
// Cost: a CapabilityAsker boots a host and makes one VM, well under a millisecond; each question
// then costs some microseconds, as its trail is kept.
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
#include "kvm_model/revision.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "tools/cli/call_memory.h"
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
  bool in_revision = true;  // false: the revision lacks the name, and the answer is 0
  // The steps of the function that answers and of those it calls; none where the revision lacks the
  // name.
  std::vector<TrailStep> trail;
};

// Whom an answer is asked of: "a VM of type SNP", or "/dev/kvm" where there is no type.
std::string AskedText(const std::optional<std::string>& vm_type);

// Whether two answers tell a program the same.
bool SameAnswer(const CapabilityAnswer& a, const CapabilityAnswer& b);

// The capability by name (of any revision, with or without KVM_CAP_) or number; an error with a
// suggestion otherwise.
std::expected<CapabilityName, std::string> FindCapability(std::string_view text, const Host& host);

// Every number that the host's revision names, in order.
std::vector<CapabilityName> CapabilitiesOf(const Host& host);

// A descriptor to ask: that of a VM of one type, or of /dev/kvm.
class CapabilityAsker {
 public:
  // Asks a VM of the named type, or /dev/kvm when there is none. An error in words when this host
  // can't create such a VM.
  static std::expected<std::unique_ptr<CapabilityAsker>, std::string> Open(
      std::shared_ptr<const Host> host, const std::optional<std::string>& vm_type);

  CapabilityAnswer Ask(const CapabilityName& capability);
  // The same for a name of any revision, with its number in the host's revision where it has one.
  CapabilityAnswer AskByName(std::string_view name);

  const Host& host() const { return *host_; }
  const std::optional<std::string>& vm_type() const { return vm_type_; }
  // For calls on the VM before a question.
  Task& task() { return task_; }
  int fd() const { return fd_; }
  CallMemory& memory() { return memory_; }

 private:
  CapabilityAsker(std::shared_ptr<const Host> host, std::optional<std::string> vm_type);

  const std::shared_ptr<const Host> host_;
  const std::optional<std::string> vm_type_;
  CallMemory memory_;
  Task task_;
  int fd_ = -1;
};

// One question, of a descriptor of its own.
std::expected<CapabilityAnswer, std::string> AskCapability(
    std::shared_ptr<const Host> host, const std::optional<std::string>& vm_type,
    const CapabilityName& capability);

// The name that a number has in the newest revision that names it; empty where none does.
std::string NewestNameOf(std::int64_t number);

// The default revision where it has the capability, otherwise the newest that has it; the default
// for what none has.
const Revision& RevisionWith(const CapabilityName& capability);

// What other meaning a number has in another revision, or that the default revision has no such
// number, for those of which this is so; empty otherwise.
std::string OtherMeaning(const CapabilityName& capability, const Host& host);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_CAPABILITY_QUERY_H_
