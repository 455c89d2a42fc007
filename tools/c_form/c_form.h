// A call of a scenario as a C program makes it: the struct with the header's names, the ioctl or
// the system call.
//
// The form is a piece of a program. It uses the scenario's variables under their own names, with a
// '_' behind those that mean something in C, and these of its own:
//
//   page_size     bytes in a page of the host
//   bad_address   an address at which nothing is mapped: the language's BAD
//   turn          how often the surrounding repeat has run: the language's $i
//
// What no program can do, such as a memory error, and what only looks into the model, is told as a
// comment.
#ifndef KVM_MODEL_TOOLS_C_FORM_C_FORM_H_
#define KVM_MODEL_TOOLS_C_FORM_C_FORM_H_

#include <string>

#include "tools/backends/backend.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/names.h"

namespace kvm_model::c_form {

// Lines, each ended by a newline; indented by tabs as the kernel's sources are. `request` is what
// the call was evaluated to: munmap's size stands there alone.
std::string CForm(const scenario::Call& call, const scenario::CallRequest& request,
                  const scenario::NameContext& names);

}  // namespace kvm_model::c_form

#endif  // KVM_MODEL_TOOLS_C_FORM_C_FORM_H_
