// What the machine's processors can do, as settings of the model: the hw.* rows, and what else has
// a place of its own in an architecture's files.
//
// Nothing here asks KVM: module parameters, /proc/cpuinfo, /proc/cmdline, CPUID and one
// model-specific register tell.
#ifndef KVM_MODEL_TOOLS_BACKENDS_MACHINE_HARDWARE_H_
#define KVM_MODEL_TOOLS_BACKENDS_MACHINE_HARDWARE_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "tools/backends/cpuid.h"
#include "tools/backends/system_files.h"

namespace kvm_model::scenario {

// A setting's value, written as in an assignment, and who told it.
struct Finding {
  std::string value;
  std::string source;
};

// By the setting's name. What could not be found out is not in it.
using Findings = std::map<std::string, Finding, std::less<>>;

// What the files of a machine of this architecture tell; `cpuid` may be empty.
Findings FindHardware(std::string_view arch, const SystemFiles& files, const Cpuid& cpuid);

// The part that each architecture has for itself.
Findings FindX86Hardware(const SystemFiles& files, const Cpuid& cpuid);
Findings FindArm64Hardware(const SystemFiles& files);
Findings FindS390Hardware(const SystemFiles& files);
Findings FindPowerpcHardware(const SystemFiles& files);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_BACKENDS_MACHINE_HARDWARE_H_
