// One call that ran, told as JSON.
#ifndef KVM_MODEL_TOOLS_SERVE_STEP_JSON_H_
#define KVM_MODEL_TOOLS_SERVE_STEP_JSON_H_

#include <string>

#include "tools/backends/backend.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/step_picture.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"

namespace kvm_model::serve {

// The fields of a step that its call and its answer decide: "line" to "meaning".
cli::Json CallToJson(const scenario::Scenario& scenario, const scenario::Call& call,
                     const scenario::CallRequest& request, const scenario::Answer& answer,
                     const cli::StepPicture& picture);

// The fields "changed" and "gone".
void AddPages(const cli::StepPicture& picture, cli::Json& json);

}  // namespace kvm_model::serve

#endif  // KVM_MODEL_TOOLS_SERVE_STEP_JSON_H_
