// Looks at the guest_memfds of a scenario as it unfolds, and keeps what each call leaves of them.
#ifndef KVM_MODEL_TOOLS_CLI_STEP_PAINTER_H_
#define KVM_MODEL_TOOLS_CLI_STEP_PAINTER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "kvm_model/guest_memfd.h"
#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/cli/step_picture.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/names.h"

namespace kvm_model::cli {

class StepPainter {
 public:
  // Adds steps to `picture`. All that is given must outlive the painter; `backend` runs `scenario`.
  StepPainter(const scenario::Scenario& scenario, scenario::ModelBackend& backend,
              const PictureLimits& limits, ScenarioPicture& picture);

  // The call has run. Past a limit it is counted as left out.
  void After(const scenario::Call& call, const scenario::CallRequest& request,
             const scenario::Answer& answer);

 private:
  // A file that the scenario made. It is never kept from being released.
  struct Known {
    std::string name;
    std::weak_ptr<GuestMemfd> file;
    FilePicture last;
  };

  // Empty while there is room for another step.
  std::string LimitReached() const;
  void FindRepeated(const std::vector<scenario::Statement>& statements, bool repeated);
  // New files and processes.
  void Learn(const scenario::Call& call, const scenario::CallRequest& request,
             const scenario::Answer& answer);
  std::string NameFor(const scenario::Call& call);
  void Look(StepPicture& step);

  const scenario::NameContext names_;
  scenario::ModelBackend& backend_;
  const PictureLimits limits_;
  ScenarioPicture& picture_;
  std::set<const scenario::Call*> repeated_;
  std::map<const scenario::Call*, std::uint64_t> turns_;
  std::map<scenario::ProcessId, std::string> processes_;
  std::vector<Known> files_;
  std::map<std::string, int> names_given_;
  std::uint64_t stored_ = 0;
  std::uint64_t looks_ = 0;
};

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_STEP_PAINTER_H_
