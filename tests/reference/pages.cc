#include "tests/reference/pages.h"

#include <vector>

#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "tests/reference/capability_pages.h"
#include "tests/reference/hosts_page.h"
#include "tests/reference/revision_pages.h"
#include "uapi/capability_facts.h"

namespace kvm_model {

std::vector<ReferencePage> RenderReferencePages() {
  std::vector<ReferencePage> pages = {{"README.md", RenderContentsPage()},
                                      {"hosts.md", RenderHostsPage()}};
  for (const Arch* arch : Architectures()) {
    pages.push_back({absl::StrFormat("arch-%s.md", arch->traits().name), RenderArchPage(*arch)});
  }
  pages.push_back({"revisions.md", RenderRevisionsPage()});
  for (const auto& [from, to] : RevisionSteps()) {
    pages.push_back({RevisionPageFile(*from, *to), RenderRevisionPage(*from, *to)});
  }
  for (const uapi::CapabilityGroupInfo& group : uapi::CapabilityGroups()) {
    pages.push_back({absl::StrFormat("group-%s.md", group.slug), RenderGroupPage(group)});
  }
  return pages;
}

}  // namespace kvm_model
