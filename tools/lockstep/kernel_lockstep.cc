#include "tools/lockstep/kernel_lockstep.h"

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "kvm_model/host.h"
#include "tools/backends/machine_host.h"
#include "tools/lockstep/alphabet.h"
#include "tools/lockstep/alphabets.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/parser.h"

namespace kvm_model::lockstep {

std::expected<std::unique_ptr<KernelLockstep>, std::string> KernelLockstep::Create() {
  const auto machine = scenario::HostOfMachine();
  if (!machine) return std::unexpected(machine.error());
  std::unique_ptr<KernelLockstep> lockstep(new KernelLockstep);
  lockstep->host_ = "host " + machine->arch + " " + machine->revision;
  for (const SettingAssignment& setting : machine->ShortestAssignments()) {
    lockstep->host_ += " " + setting.name + "=" + setting.value;
  }
  auto beginning =
      scenario::Parse("beginning", lockstep->host_ + "\n" + std::string(KernelWorld()));
  if (!beginning) return std::unexpected(beginning.error().front().message);
  if (std::optional<std::string> reason = lockstep->native_.SkipReason(*beginning)) {
    return std::unexpected(*std::move(reason));
  }
  auto alphabet = Alphabet::Parse(KernelAlphabet(), beginning->host);
  if (!alphabet) return std::unexpected(alphabet.error());
  lockstep->alphabet_ = *std::move(alphabet);
  lockstep->world_ = {.alphabet = &lockstep->alphabet_,
                      .beginning = *std::move(beginning),
                      .reference = &lockstep->native_,
                      .model = &lockstep->model_,
                      .same = SameByDefault,
                      .looks = {}};
  return lockstep;
}

}  // namespace kvm_model::lockstep
