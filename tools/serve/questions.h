// The questions that the page asks, each from the JSON of its body to the text of its answer.
#ifndef KVM_MODEL_TOOLS_SERVE_QUESTIONS_H_
#define KVM_MODEL_TOOLS_SERVE_QUESTIONS_H_

#include <expected>
#include <string>
#include <string_view>

#include "tools/cli/caps_format.h"

namespace kvm_model::serve {

// JSON, or in words what is wrong with the question.
using Answered = std::expected<std::string, std::string>;

// The one behind "/api/NAME"; null where there is none.
using Question = Answered (*)(const cli::Json& body);
Question FindQuestion(std::string_view target);

// What the page can choose from: "architectures" to "limits" of /api/start.
cli::Json Choices();

}  // namespace kvm_model::serve

#endif  // KVM_MODEL_TOOLS_SERVE_QUESTIONS_H_
