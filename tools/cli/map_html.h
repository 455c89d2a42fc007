// The picture of a scenario as one HTML page that shows one step at a time.
#ifndef KVM_MODEL_TOOLS_CLI_MAP_HTML_H_
#define KVM_MODEL_TOOLS_CLI_MAP_HTML_H_

#include <cstddef>
#include <ostream>

#include "tools/cli/step_picture.h"

namespace kvm_model::cli {

// The most steps that it is drawn with.
inline constexpr std::size_t kMostHtmlSteps = 2000;

// A page in one file that fetches nothing: a slider and two buttons choose the step; shown are its
// call, its answer, the pages of every file, with those that it changed set off, and the decisions
// behind the answer. The steps are in it as JSON. Colours follow prefers-color-scheme.
void PrintMapHtml(const ScenarioPicture& picture, std::ostream& out);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_MAP_HTML_H_
