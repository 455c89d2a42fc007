#include "tests/lockstep/fuzz.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tests/lockstep/worlds.h"
#include "tools/lockstep/alphabet.h"
#include "tools/lockstep/lockstep.h"

namespace kvm_model::lockstep {
namespace {

const TwinLockstep& LockstepOf(std::size_t host) {
  static const auto* const kAll = [] {
    auto* all = new std::vector<std::unique_ptr<TwinLockstep>>;
    for (const TwinHost& each : TwinHosts()) {
      all->push_back(std::make_unique<TwinLockstep>(each, RandomAlphabet()));
    }
    return all;
  }();
  return *(*kAll)[host % kAll->size()];
}

}  // namespace

std::string FuzzOne(const std::vector<std::uint8_t>& bytes, Counts* counts) {
  if (bytes.empty()) return {};
  const TwinLockstep& lockstep = LockstepOf(bytes[0]);
  std::vector<Operation> operations = Decode(std::span(bytes).subspan(1));
  if (operations.size() > kMostOperations) operations.resize(kMostOperations);
  return lockstep.Differences(operations, counts);
}

}  // namespace kvm_model::lockstep
