// The host of a scenario on another revision: the machine and the configuration stay, as far as
// that revision knows them.
#ifndef KVM_MODEL_TOOLS_REVISIONS_OTHER_HOST_H_
#define KVM_MODEL_TOOLS_REVISIONS_OTHER_HOST_H_

#include <expected>
#include <string>
#include <vector>

#include "kvm_model/revision.h"
#include "tools/scenario/ast.h"

namespace kvm_model::revisions {

struct OtherHost {
  scenario::HostLine line;
  // What became of settings that the revision hasn't got, in words.
  std::vector<std::string> remarks;
};

// A module parameter that another replaces becomes that one; other settings that the revision
// hasn't got are left out. In words, why no such host can be.
std::expected<OtherHost, std::string> OnRevision(const scenario::HostLine& host,
                                                 const Revision& revision);

}  // namespace kvm_model::revisions

#endif  // KVM_MODEL_TOOLS_REVISIONS_OTHER_HOST_H_
