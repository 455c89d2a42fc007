// The files of tools/serve/page, as they were when the server was built.
#ifndef KVM_MODEL_TOOLS_SERVE_PAGE_FILES_H_
#define KVM_MODEL_TOOLS_SERVE_PAGE_FILES_H_

#include <span>

#include "tools/cli/embedded_file.h"

namespace kvm_model::cli {

// By name: "index.html".
std::span<const EmbeddedFile> ServedPage();

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_SERVE_PAGE_FILES_H_
