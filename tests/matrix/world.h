// The worlds of the matrix: hosts on which the model is compared with its twin, each with the type
// that VMs have there; and scenarios as they stand in such a world.
#ifndef KVM_MODEL_TESTS_MATRIX_WORLD_H_
#define KVM_MODEL_TESTS_MATRIX_WORLD_H_

#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "tools/scenario/ast.h"

namespace kvm_model::matrix {

struct World {
  std::string arch;
  std::string revision;
  // Kconfig symbols and module parameters that are not as they are by default.
  std::vector<std::pair<std::string, std::string>> settings;
  std::string vm_type;  // by name: "SNP"
};

// "x86/rfc-v4/SNP,CONFIG_KVM_AMD_SEV=n", as `kvmsim caps` takes a host.
std::string NameOf(const World& world);

// Every world that the model has and the twin knows: x86 with each set of the symbols that select
// VM types with private memory, attributes tracked wherever the revision lets them be, and each VM
// type that can then be created; arm64 as it is by default.
std::vector<World> ComparedWorlds();

// The scenario with the world's revision, settings and VM type. Of its own settings those stay that
// the revision knows and that neither name a vendor, nor select VM types, nor say who tracks
// attributes; VM types written as numbers stay too. In words, why there is no such host.
std::expected<scenario::Scenario, std::string> InWorld(const scenario::Scenario& written,
                                                       const World& world);

// Whether a call of the scenario makes a VM: the others are the same for each VM type.
bool MakesVms(const scenario::Scenario& scenario);

}  // namespace kvm_model::matrix

#endif  // KVM_MODEL_TESTS_MATRIX_WORLD_H_
