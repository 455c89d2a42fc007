// The picture of a scenario in text: time downwards, pages across.
#ifndef KVM_MODEL_TOOLS_CLI_MAP_TEXT_H_
#define KVM_MODEL_TOOLS_CLI_MAP_TEXT_H_

#include <ostream>

#include "tools/cli/step_picture.h"

namespace kvm_model::cli {

// A legend, then a block for each call: its line, the call, its answer, and below the rows of the
// files that it changed. Files of more than kMostColumns pages have runs of pages in place of a
// character a page. Ends in a newline. How the scenario failed is not part of it.
void PrintMapText(const ScenarioPicture& picture, std::ostream& out);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_MAP_TEXT_H_
