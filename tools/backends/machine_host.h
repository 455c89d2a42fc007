// MachineHost: the machine that this program runs on, as a host of the model's.
//
// A revision and settings, found in what the kernel tells in files and in what CPUID answers. KVM
// itself is never asked, so that the model's answers can be compared with KVM's.
//
//   const auto machine = HostOfMachine();
//   if (!machine) std::cerr << machine.error();
//   auto host = Host::Create(*FindArch(machine->arch), *FindRevision(machine->revision),
//                            machine->Assignments());
//
// Cost: some 50 small files are read, and one of a few hundred kilobytes.
#ifndef KVM_MODEL_TOOLS_BACKENDS_MACHINE_HOST_H_
#define KVM_MODEL_TOOLS_BACKENDS_MACHINE_HOST_H_

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/host.h"
#include "tools/backends/cpuid.h"

namespace kvm_model::scenario {

struct MachineSetting {
  SettingAssignment assignment;
  std::string source;    // a file, or an instruction
  bool follows = false;  // from others: it was compared with what the model makes of those
};

struct MachineHost {
  std::string release;  // the kernel's: "6.18.44-cloud"
  std::string arch;
  std::string revision;
  // What was found, in the order of the architecture's table.
  std::vector<MachineSetting> settings;
  // The settings that nothing told: they have the model's defaults, which need not be the
  // machine's.
  std::vector<std::string> not_found;

  // What has to be said to make the host: not what follows from other settings.
  std::vector<SettingAssignment> Assignments() const;
  // The host that the model makes of it; in words, why it makes none.
  std::expected<std::shared_ptr<const Host>, std::string> Boot() const;
  // The fewest assignments that make the same host.
  std::vector<SettingAssignment> ShortestAssignments() const;
  // One line a setting, with its source, and one for what was not found.
  std::string ToText() const;

 private:
  std::expected<std::shared_ptr<const Host>, std::string> Boot(
      const std::vector<SettingAssignment>& assignments) const;
};

// Reads the files under `root`. The processor that this program runs on is asked only for the root
// of the machine itself, "/"; for another root `cpuid` answers, which may be empty.
//
// An error says what is missing: the release, an architecture or a revision that the model has, on
// x86 a vendor module, or a readable value.
std::expected<MachineHost, std::string> HostOfMachine(std::string_view root = "/");
std::expected<MachineHost, std::string> HostOfMachine(std::string_view root, const Cpuid& cpuid);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_BACKENDS_MACHINE_HOST_H_
