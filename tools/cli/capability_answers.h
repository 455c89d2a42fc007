// What a capability answers on the default hosts: architecture by architecture, revision by
// revision.
//
// Cost: a host for each of both, some milliseconds.
#ifndef KVM_MODEL_TOOLS_CLI_CAPABILITY_ANSWERS_H_
#define KVM_MODEL_TOOLS_CLI_CAPABILITY_ANSWERS_H_

#include <string>
#include <string_view>
#include <vector>

namespace kvm_model::cli {

struct RevisionAnswer {
  std::string_view revision;
  std::string answer;  // "8 (PRIVATE)", "EINVAL"; empty where the revision lacks the capability
};

struct ArchAnswers {
  std::string_view arch;
  std::vector<RevisionAnswer> revisions;  // oldest first
};

struct CapabilityAnswers {
  std::string name;
  std::vector<ArchAnswers> archs;
};

// Of the capability of that name, asked of /dev/kvm.
CapabilityAnswers AnswersEverywhere(std::string_view name);

// A line for architectures that answer alike: "x86: 0 in linux-6.12; 3 (MMAP|INIT_SHARED) in
// linux-6.18, linux-7.0".
std::vector<std::string> AnswersInWords(const CapabilityAnswers& answers);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_CAPABILITY_ANSWERS_H_
