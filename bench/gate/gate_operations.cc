// gate_operations: does every operation of the gate, under callgrind, for gate.py to judge.
//
//   gate_operations [--only=START] [--plant=OPERATION=N] [--plant_bytes=OPERATION=N]
//
// Each operation becomes a part of callgrind's output (counter.h). On stdout stand lines of words,
// separated by tabs:
//
//   key    what counts depend on besides the code (key.h)
//   form   pattern, the form that the map takes for it
//   limit  what it limits, group, operation, instructions: one for each limit of an operation
//   held   operation, bytes, allocations: of an operation that is held to its baseline
//
// The first operation is the empty one, which has no line.
//
// --only leaves out operations whose names begin otherwise. --plant adds about N instructions to
// one operation, --plant_bytes N bytes: regressions, to see that they are found.
//
// Exit codes: 0; 1: nothing can be counted here, or a host can't be made; 2: wrong arguments.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
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
#include "bench/gate/conversion_operations.h"
#include "bench/gate/counter.h"
#include "bench/gate/key.h"
#include "bench/gate/operation.h"
#include "bench/gate/pattern.h"
#include "bench/gate/store_operations.h"

namespace kvm_model::bench {
namespace {

constexpr std::string_view kOnlyFlag = "--only=";
constexpr std::string_view kPlantFlag = "--plant=";
constexpr std::string_view kPlantBytesFlag = "--plant_bytes=";

// Where operations come from, and how their names begin: what nobody asked for isn't made.
struct Source {
  std::string_view start;
  std::vector<Operation> (*make)();
};
constexpr std::array<Source, 6> kSources = {{
    {"capability/", CapabilityOperations},
    {"store/", StoreReadOperations},
    {"store/", StoreWriteOperations},
    {"store/", StoreFormOperations},
    {"conversion/", ConversionOperations},
    {"access/", AccessOperations},
}};

std::vector<Operation> OperationsThatBegin(std::string_view start) {
  std::vector<Operation> operations;
  for (const Source& source : kSources) {
    if (!source.start.starts_with(start) && !start.starts_with(source.start)) continue;
    for (Operation& operation : source.make()) {
      if (operation.name.starts_with(start)) operations.push_back(std::move(operation));
    }
  }
  return operations;
}

struct Plant {
  std::string_view operation;
  int number = 0;
};

// "OPERATION=N"; nothing for anything else.
std::optional<Plant> ParsePlant(std::string_view text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string_view::npos) return std::nullopt;
  Plant plant{.operation = text.substr(0, equals)};
  const std::string_view number = text.substr(equals + 1);
  const char* const end = number.data() + number.size();
  const auto [rest, error] = std::from_chars(number.data(), end, plant.number);
  if (error != std::errc() || rest != end || plant.number < 0) return std::nullopt;
  return plant;
}

// A pass of the loop is two instructions.
void Waste(int instructions) {
  for (int left = instructions / 2; left > 0; --left) asm volatile("");
}

void PlantInstructions(Operation& operation, int instructions) {
  operation.run = [run = std::move(operation.run), instructions] {
    Waste(instructions);
    run();
  };
}

void PlantBytes(Operation& operation, int bytes) {
  operation.bytes = [held = std::move(operation.bytes), bytes] {
    return held() + static_cast<std::size_t>(bytes);
  };
}

// False when the argument isn't a plant, or there is no such operation.
bool Apply(std::string_view argument, std::vector<Operation>& operations) {
  const bool of_bytes = argument.starts_with(kPlantBytesFlag);
  const std::string_view flag = of_bytes ? kPlantBytesFlag : kPlantFlag;
  if (!argument.starts_with(flag)) return false;
  const auto plant = ParsePlant(argument.substr(flag.size()));
  if (!plant) return false;
  const auto found = std::ranges::find(operations, plant->operation, &Operation::name);
  if (found == operations.end() || (of_bytes && found->bytes == nullptr)) return false;
  (of_bytes ? PlantBytes : PlantInstructions)(*found, plant->number);
  return true;
}

void PrintHead(std::string_view only) {
  std::cout << absl::StrFormat("key\t%s\n", CountingKey());
  for (const Pattern& pattern : Patterns()) {
    if (!absl::StrFormat("store/%s/", pattern.name).starts_with(only)) continue;
    std::cout << absl::StrFormat("form\t%s\t%s\n", pattern.name, MakeMap(pattern)->form());
  }
}

void CountOne(const Operation& operation) {
  const std::uint64_t allocations = Count(operation);
  for (const Limit& limit : operation.limits) {
    std::cout << absl::StrFormat("limit\t%s\t%s\t%s\t%d\n", limit.what, operation.group,
                                 operation.name, limit.instructions);
  }
  if (operation.bytes == nullptr) return;
  std::cout << absl::StrFormat("held\t%s\t%d\t%d\n", operation.name, operation.bytes(),
                               allocations);
}

int CountAll(const std::vector<Operation>& operations) {
  Count({.name = "nothing", .run = [] {}});
  for (const Operation& operation : operations) CountOne(operation);
  return 0;
}

int Main(const std::vector<std::string_view>& arguments) {
  const auto asked = std::ranges::find_if(
      arguments, [](std::string_view argument) { return argument.starts_with(kOnlyFlag); });
  const std::string_view only =
      asked == arguments.end() ? std::string_view() : asked->substr(kOnlyFlag.size());
  std::vector<Operation> operations = OperationsThatBegin(only);
  if (operations.empty()) {
    std::cerr << "No operation's name begins with " << only << '\n';
    return 2;
  }
  for (const std::string_view argument : arguments) {
    if (argument.starts_with(kOnlyFlag) || Apply(argument, operations)) continue;
    std::cerr << argument << ": not --plant=OPERATION=N, or --plant_bytes=OPERATION=N, with an "
              << "operation that there is\n";
    return 2;
  }
  if (const char* const why = WhyNothingIsCounted(); why != nullptr) {
    std::cerr << "Nothing can be counted: " << why << ".\n";
    return 1;
  }
  PrintHead(only);
  return CountAll(operations);
}

}  // namespace
}  // namespace kvm_model::bench

int main(int argc, char** argv) {
  return kvm_model::bench::Main(std::vector<std::string_view>(argv + 1, argv + argc));
}
