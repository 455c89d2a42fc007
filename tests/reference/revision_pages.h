// The pages of docs/reference/ that tell what changed from one revision to another.
#ifndef KVM_MODEL_TESTS_REFERENCE_REVISION_PAGES_H_
#define KVM_MODEL_TESTS_REFERENCE_REVISION_PAGES_H_

#include <string>
#include <utility>
#include <vector>

#include "kvm_model/revision.h"

namespace kvm_model {

// The steps that have a page: from each revision to the next, and from the base that two branch off
// to the one of them that was merged.
std::vector<std::pair<const Revision*, const Revision*>> RevisionSteps();

// The page's name in docs/reference/, and its text.
std::string RevisionPageFile(const Revision& from, const Revision& to);
std::string RenderRevisionPage(const Revision& from, const Revision& to);

// The page of all revisions, with links to those of the steps.
std::string RenderRevisionsPage();

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_REFERENCE_REVISION_PAGES_H_
