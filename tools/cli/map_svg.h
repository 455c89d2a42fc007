// The picture of a scenario as one SVG file: time downwards, pages across.
#ifndef KVM_MODEL_TOOLS_CLI_MAP_SVG_H_
#define KVM_MODEL_TOOLS_CLI_MAP_SVG_H_

#include <cstddef>
#include <ostream>

#include "tools/cli/step_picture.h"

namespace kvm_model::cli {

// The most steps that it is drawn with; a file of more would be too large to look at.
inline constexpr std::size_t kMostSvgSteps = 500;

// A title, a description for those who hear it, a legend, and a strip for each file that a call
// changed. Each mark has a shape or a letter of its own besides its colour; colours follow
// prefers-color-scheme. Nothing is fetched. How the scenario ended is told last.
void PrintMapSvg(const ScenarioPicture& picture, std::ostream& out);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_MAP_SVG_H_
