// The machine's kernel in the model's words: its architecture, its revision, its vendor module.
#ifndef KVM_MODEL_TOOLS_BACKENDS_MACHINE_IDENTITY_H_
#define KVM_MODEL_TOOLS_BACKENDS_MACHINE_IDENTITY_H_

#include <string>
#include <string_view>

#include "kvm_model/revision.h"
#include "tools/backends/system_files.h"

namespace kvm_model::scenario {

// The model's name for what uname calls the machine; uname's own where the model has none.
std::string ArchOfMachine(std::string_view machine);

// x86's vendor module that is loaded or built in: intel, amd or pvm; empty for none or another.
std::string VendorOfModules(const SystemFiles& files);

// Whether a kernel's release ("6.18.44-cloud") is one of a revision's ("linux-6.18"). A revision
// that no kernel release has is nobody's.
bool IsRevision(std::string_view release, std::string_view revision);
// The revision that a release is of; null when the model has none.
const Revision* RevisionOfRelease(std::string_view release);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_BACKENDS_MACHINE_IDENTITY_H_
