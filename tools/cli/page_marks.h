// The rows of one guest_memfd, read from the model.
#ifndef KVM_MODEL_TOOLS_CLI_PAGE_MARKS_H_
#define KVM_MODEL_TOOLS_CLI_PAGE_MARKS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kvm_model/guest_memfd.h"
#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/cli/step_picture.h"

namespace kvm_model::cli {

// The marks of every page of a file of `pages` pages, set range by range.
class MarkLine {
 public:
  // All pages have `mark`. Requires pages > 0.
  MarkLine(std::uint64_t pages, char mark) : pages_(pages), starts_{{0, mark}} {}
  // Gives [start, end) the mark; what lies past the last page is left out.
  void Set(std::uint64_t start, std::uint64_t end, char mark);
  std::vector<MarkRun> Runs() const;

 private:
  std::uint64_t pages_;
  std::map<std::uint64_t, char> starts_;
};

// The rows as they are now; `process_names` are those of forked processes. `looks` grows by how
// many pages and runs were looked at, and by some for the file and for each memslot of its VM.
// Changes nothing in the model.
std::vector<PageRow> RowsOf(const std::shared_ptr<GuestMemfd>& file,
                            scenario::ModelBackend& backend,
                            const std::map<scenario::ProcessId, std::string>& process_names,
                            std::uint64_t& looks);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_PAGE_MARKS_H_
