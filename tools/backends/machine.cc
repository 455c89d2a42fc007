#include "tools/backends/machine.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/host.h"
#include "tools/backends/machine_host.h"
#include "tools/backends/machine_identity.h"
#include "tools/backends/system_files.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "uapi/capabilities.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model::scenario {
namespace {

constexpr std::string_view kVendorSetting = "hw.vendor";
constexpr std::string_view kAnyVendor = "any";

void ProbeKvm(Machine& machine) {
  const int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  if (kvm < 0) {
    machine.kvm_error = std::string(uapi::ErrnoName(static_cast<uapi::Errno>(errno)));
    return;
  }
  const int types = ioctl(kvm, uapi::RequestOf("KVM_CHECK_EXTENSION"),
                          static_cast<unsigned long>(uapi::Cap("KVM_CAP_VM_TYPES")));
  if (types > 0) machine.vm_types = static_cast<std::uint64_t>(types);
  close(kvm);
}

std::optional<std::string> HostReason(const Machine& machine, const HostLine& host) {
  if (host.arch != machine.arch) {
    return absl::StrFormat("it is for %s, this machine is %s", host.arch, machine.arch);
  }
  if (!machine.taken_for.empty() && host.revision != machine.taken_for) {
    return absl::StrFormat("it is for %s, this kernel is taken for %s", host.revision,
                           machine.taken_for);
  }
  if (machine.taken_for.empty() && !IsRevision(machine.release, host.revision)) {
    return absl::StrFormat("it is for %s, this kernel is %s", host.revision, machine.release);
  }
  for (const auto& [name, value] : host.settings) {
    if (const auto here = machine.settings.find(name);
        name != kVendorSetting && here != machine.settings.end()) {
      if (value == here->second) continue;
      return absl::StrFormat("it sets %s=%s, this machine has %s", name, value, here->second);
    }
    if (name != kVendorSetting) {
      return absl::StrFormat("it sets %s=%s, which is not to be had from a running kernel", name,
                             value);
    }
    if (value != kAnyVendor && value != machine.vendor) {
      return absl::StrFormat("it is for hw.vendor=%s, this machine's is %s", value,
                             machine.vendor.empty() ? "another" : machine.vendor);
    }
  }
  return std::nullopt;
}

// A type by name that the scenario wants to have; by number, or to see it refused, any will do.
std::optional<std::string> VmTypeReason(const Machine& machine, const Call& call) {
  if (call.expectation && call.expectation->kind == Expectation::Kind::kErrno) return std::nullopt;
  for (const Argument& argument : call.arguments) {
    if (argument.id != ArgumentId::kType) continue;
    const Term& term = argument.values.front().sums.front().front();
    if (term.kind != Term::Kind::kConstant || term.value >= 64) continue;
    if ((machine.vm_types >> term.value & 1) == 0) {
      return absl::StrFormat("line %d makes a VM of type %s, which this machine has not",
                             call.position.line, term.name);
    }
  }
  return std::nullopt;
}

std::optional<std::string> CallReason(const Machine& machine, const Call& call) {
  const CallSpec& spec = GetCall(call.id);
  switch (spec.needs) {
    case Needs::kGuestExecution:
      return absl::StrFormat("%s in line %d needs guest execution", spec.name, call.position.line);
    case Needs::kModel:
      return absl::StrFormat("%s in line %d is for the model only", spec.name, call.position.line);
    case Needs::kKernel:
      break;
  }
  return call.id == CallId::kCreateVm ? VmTypeReason(machine, call) : std::nullopt;
}

std::optional<std::string> StatementsReason(const Machine& machine,
                                            const std::vector<Statement>& statements) {
  for (const Statement& statement : statements) {
    const Call* call = std::get_if<Call>(&statement.what);
    std::optional<std::string> reason =
        call != nullptr ? CallReason(machine, *call)
                        : StatementsReason(machine, std::get<Repeat>(statement.what).body);
    if (reason) return reason;
  }
  return std::nullopt;
}

}  // namespace

Machine ProbeMachine() {
  Machine machine;
  utsname names = {};
  uname(&names);
  machine.release = names.release;
  machine.arch = ArchOfMachine(names.machine);
  machine.vendor = VendorOfModules(SystemFiles(""));
  ProbeKvm(machine);
  if (const auto host = HostOfMachine()) {
    if (const auto booted = host->Boot()) {
      for (const SettingAssignment& setting : (*booted)->Settings()) {
        machine.settings[setting.name] = setting.value;
      }
    }
  }
  return machine;
}

std::optional<std::string> SkipReason(const Machine& machine, const Scenario& scenario) {
  if (!machine.kvm_error.empty()) {
    return absl::StrFormat("/dev/kvm can't be opened: %s", machine.kvm_error);
  }
  if (std::optional<std::string> reason = HostReason(machine, scenario.host)) return reason;
  return StatementsReason(machine, scenario.statements);
}

}  // namespace kvm_model::scenario
