// The worlds that the model and its twin are compared in: hosts, beginnings, alphabets, and what is
// looked at after each operation.
#ifndef KVM_MODEL_TESTS_LOCKSTEP_WORLDS_H_
#define KVM_MODEL_TESTS_LOCKSTEP_WORLDS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "tests/twin/twin_backend.h"
#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/lockstep/alphabet.h"
#include "tools/lockstep/lockstep.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"

namespace kvm_model::lockstep {

// A host and a type of VM.
struct TwinHost {
  std::string_view name;
  std::string_view line;  // of a scenario
  std::string_view vm_type;
  std::string_view file_flags;  // what the VM's mappable file may have
};
void PrintTo(const TwinHost& host, std::ostream* out);

// Both places of attributes, VMs with and without private memory, the kernels before the series,
// and the one that it was merged into.
std::span<const TwinHost> TwinHosts();

// Every call about memory, with guests, with arguments good and bad: for random worlds.
std::span<const AlphabetRow> RandomAlphabet();
// Fewer choices, chosen so that every kind of operation meets every other on six pages: each of its
// sequences is made.
std::span<const AlphabetRow> CompleteAlphabet();

// Everything that can be looked at of whatever `names` stand for, in each process.
class Looker {
 public:
  explicit Looker(const scenario::HostLine& host) : host_(host) {}
  void Look(const Names& names, absl::FunctionRef<bool(const scenario::Call&)> look);

 private:
  // Of the first process when `process` is empty.
  const std::vector<scenario::Call>& LooksAt(const std::string& process, const std::string& name);

  const scenario::HostLine host_;
  // By process and name.
  std::map<std::pair<std::string, std::string>, std::vector<scenario::Call>> looks_;
};

// Whether the model answers as the twin, whose last answer is `right`, does. A byte that nobody can
// know is what the model says, and the twin learns it.
bool SameAsTwin(twin::TwinBackend& twin, const scenario::CallRequest& call,
                const scenario::Answer& right, const scenario::Answer& model);

// Fewer looks than that at a world, from its beginning on, compare nothing: a twin that knows
// nothing agrees with every model.
inline constexpr std::uint64_t kLeastLooks = 30;

// The model beside its twin, which is the reference.
class TwinLockstep {
 public:
  // `alphabet`: rows that can be read on every host. Ends the program when they can't be.
  TwinLockstep(const TwinHost& host, std::span<const AlphabetRow> alphabet,
               scenario::ModelBackend::Record record = scenario::ModelBackend::Record::kNothing);
  TwinLockstep(const TwinLockstep&) = delete;
  TwinLockstep& operator=(const TwinLockstep&) = delete;

  const World& world() const { return world_; }
  const Alphabet& alphabet() const { return alphabet_; }

  // How the two differ on these operations, and the scenario that shows it, made as short as can
  // be; empty where they don't. A twin that has no answers is an error too. Adds to `counts`.
  std::string Differences(std::span<const Operation> operations, Counts* counts = nullptr) const;

 private:
  Alphabet alphabet_;
  scenario::ModelBackend model_;
  twin::TwinBackend twin_;
  std::unique_ptr<Looker> looker_;
  World world_;
};

}  // namespace kvm_model::lockstep

#endif  // KVM_MODEL_TESTS_LOCKSTEP_WORLDS_H_
