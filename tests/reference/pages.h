// Every page of docs/reference/ that is rendered.
#ifndef KVM_MODEL_TESTS_REFERENCE_PAGES_H_
#define KVM_MODEL_TESTS_REFERENCE_PAGES_H_

#include <string>
#include <vector>

namespace kvm_model {

struct ReferencePage {
  std::string file;  // its name in docs/reference/
  std::string text;
};

std::vector<ReferencePage> RenderReferencePages();

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_REFERENCE_PAGES_H_
