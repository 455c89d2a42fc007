// docs/reference/hosts.md, rendered from the architectures' tables.
#ifndef KVM_MODEL_TESTS_REFERENCE_HOSTS_PAGE_H_
#define KVM_MODEL_TESTS_REFERENCE_HOSTS_PAGE_H_

#include <string>

namespace kvm_model {

std::string RenderHostsPage();

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_REFERENCE_HOSTS_PAGE_H_
