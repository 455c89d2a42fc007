// gate_operations: does every operation of the gate, under callgrind, for gate.py to judge.
//
//   gate_operations [--plant=OPERATION=N]
//
// Each operation becomes a part of callgrind's output (counter.h); on stdout stands one line for
// each limit that an operation is held to: what it limits, group, operation and instructions,
// separated by tabs. The first operation is the empty one, which has no limit and no line.
//
// --plant adds about N instructions to one operation: a regression, to see that it is found.
//
// Exit codes: 0; 1: nothing can be counted here, or a host can't be made; 2: wrong arguments.
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/gate/capability_operations.h"
#include "bench/gate/counter.h"
#include "bench/gate/operation.h"

namespace kvm_model::bench {
namespace {

constexpr std::string_view kPlantFlag = "--plant=";

struct Plant {
  std::string_view operation;
  int instructions = 0;
};

// "OPERATION=N"; nothing for anything else.
std::optional<Plant> ParsePlant(std::string_view text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string_view::npos) return std::nullopt;
  Plant plant{.operation = text.substr(0, equals)};
  const std::string_view number = text.substr(equals + 1);
  const char* const end = number.data() + number.size();
  const auto [rest, error] = std::from_chars(number.data(), end, plant.instructions);
  if (error != std::errc() || rest != end) return std::nullopt;
  return plant;
}

// A pass of the loop is two instructions.
void Waste(int instructions) {
  for (int left = instructions / 2; left > 0; --left) asm volatile("");
}

// False when there is no such operation.
bool Apply(const Plant& plant, std::vector<Operation>& operations) {
  const auto found = std::ranges::find(operations, plant.operation, &Operation::name);
  if (found == operations.end()) return false;
  found->run = [run = std::move(found->run), instructions = plant.instructions] {
    Waste(instructions);
    run();
  };
  return true;
}

int CountAll(const std::vector<Operation>& operations) {
  if (const char* const why = WhyNothingIsCounted(); why != nullptr) {
    std::cerr << "Nothing can be counted: " << why << ".\n";
    return 1;
  }
  Count({.name = "nothing", .group = "", .limits = {}, .run = [] {}});
  for (const Operation& operation : operations) {
    Count(operation);
    for (const Limit& limit : operation.limits) {
      std::cout << absl::StrFormat("%s\t%s\t%s\t%d\n", limit.what, operation.group, operation.name,
                                   limit.instructions);
    }
  }
  return 0;
}

int Main(const std::vector<std::string_view>& arguments) {
  std::vector<Operation> operations = CapabilityOperations();
  for (const std::string_view argument : arguments) {
    const auto plant = argument.starts_with(kPlantFlag)
                           ? ParsePlant(argument.substr(kPlantFlag.size()))
                           : std::nullopt;
    if (!plant || !Apply(*plant, operations)) {
      std::cerr << argument << ": not --plant=OPERATION=N with an operation that there is\n";
      return 2;
    }
  }
  return CountAll(operations);
}

}  // namespace
}  // namespace kvm_model::bench

int main(int argc, char** argv) {
  return kvm_model::bench::Main(std::vector<std::string_view>(argv + 1, argv + argc));
}
