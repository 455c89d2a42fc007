// What the conditions and quantities of decision trails are about, for readers who don't know the
// kernel's names. A text that says it by itself has no row.
#ifndef KVM_MODEL_TOOLS_CLI_STEP_GLOSSARY_H_
#define KVM_MODEL_TOOLS_CLI_STEP_GLOSSARY_H_

#include <span>
#include <string_view>

namespace kvm_model::cli {

struct StepAbout {
  std::string_view text;  // as a trail records it
  // What it means that the condition holds, or what the quantity counts; without a full stop.
  std::string_view holds;
  std::string_view fails = {};  // what it means that the condition doesn't hold
};

std::span<const StepAbout> StepGlossary();

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_STEP_GLOSSARY_H_
