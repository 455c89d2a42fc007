// The reference pages about capabilities: one for each architecture, one for each group, and the
// list of them.
#ifndef KVM_MODEL_TESTS_REFERENCE_CAPABILITY_PAGES_H_
#define KVM_MODEL_TESTS_REFERENCE_CAPABILITY_PAGES_H_

#include <string>

#include "kvm_model/arch.h"
#include "uapi/capability_facts.h"

namespace kvm_model {

std::string RenderArchPage(const Arch& arch);
std::string RenderGroupPage(const uapi::CapabilityGroupInfo& group);
std::string RenderContentsPage();

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_REFERENCE_CAPABILITY_PAGES_H_
