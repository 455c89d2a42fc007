#include "tools/rules/cells.h"

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "tools/rules/table.h"

namespace kvm_model::rules {
namespace {

constexpr std::string_view kRevision = "linux-7.0";
constexpr std::string_view kSame = "same";
constexpr std::string_view kUnconditional = "unconditional";

// A row of either table, by what its columns hold.
struct CellRow {
  std::string arch;
  std::string number;
  std::string name;
  std::string system;
  std::string vm;
  std::string condition;
  bool generic = false;
};

struct Exercise {
  std::string settings;  // as in a host line, or empty
  std::string vm_type;
  std::vector<std::string> preparations;
  std::string system;
  std::string vm;
};

using Key = std::pair<std::string, std::string>;  // architecture and number

std::vector<CellRow> CellRows(std::string_view text) {
  std::vector<CellRow> cells;
  for (const std::vector<std::string>& row : TableRows(text, 7)) {
    if (row[0] == "arch") continue;
    cells.push_back({row[0], row[1], row[2], row[3], row[4] == kSame ? row[3] : row[4], row[5],
                     row[6] == "generic"});
  }
  return cells;
}

std::map<Key, std::vector<Exercise>> Exercises(std::string_view text) {
  std::map<Key, std::vector<Exercise>> exercises;
  for (const std::vector<std::string>& row : TableRows(text, 6)) {
    if (row[0] == "arch") continue;
    const std::vector<std::string> vm = absl::StrSplit(row[3], " after ");
    Exercise exercise{row[2] == "-" ? "" : row[2], vm[0], {}, row[4], row[5]};
    if (vm.size() > 1) exercise.preparations = absl::StrSplit(vm[1], " and ");
    const std::vector<std::string> numbers = absl::StrSplit(row[1], ' ');
    for (const std::string& number : numbers) exercises[{row[0], number}].push_back(exercise);
  }
  return exercises;
}

std::string RuleOf(const CellRow& cell) {
  return absl::StrFormat("CAP-%s-%s", absl::AsciiStrToUpper(cell.arch), cell.number);
}

std::string SentenceOf(const CellRow& cell) {
  std::string text = absl::StrFormat("%s (%s) on %s: ", cell.name, cell.number, cell.arch);
  if (cell.system == cell.vm) {
    text += absl::StrFormat("%s on /dev/kvm and on a VM", cell.system);
  } else {
    text += absl::StrFormat("%s on /dev/kvm, %s on a VM", cell.system, cell.vm);
  }
  if (!cell.condition.empty() && cell.condition != kUnconditional) {
    text += absl::StrFormat("; %s", cell.condition);
  }
  return text + ".";
}

// The call of a scenario that does to the VM what an exercise names; nothing where none does.
std::optional<std::string> PreparationCall(const std::string& preparation) {
  const std::vector<std::string> words = absl::StrSplit(preparation, '=');
  if (words[0] == "CREATE_IRQCHIP") return "ioctl(vm, KVM_CREATE_IRQCHIP, 0)";
  static const std::map<std::string_view, std::string_view> kCapabilities = {
      {"SPLIT_IRQCHIP", "KVM_CAP_SPLIT_IRQCHIP"},
      {"MAX_VCPU_ID", "KVM_CAP_MAX_VCPU_ID"},
      {"X86_APIC_BUS_CYCLES_NS", "KVM_CAP_X86_APIC_BUS_CYCLES_NS"},
      {"PPC_SMT", "KVM_CAP_PPC_SMT"},
      {"EAGER_SPLIT_CHUNK_SIZE", "KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE"},
  };
  const auto found = kCapabilities.find(words[0]);
  if (found == kCapabilities.end()) return std::nullopt;
  return absl::StrFormat("enable_cap(vm, %s, args=[%s])", found->second,
                         words.size() > 1 ? words[1] : "0");
}

std::optional<std::string> ScenarioText(const CellRow& cell, const Exercise& exercise) {
  std::string text = absl::StrFormat("# %s\nrule %s\nhost %s %s%s%s\n\nkvm = open()\n",
                                     SentenceOf(cell), RuleOf(cell), cell.arch, kRevision,
                                     exercise.settings.empty() ? "" : " ", exercise.settings);
  const bool usual = exercise.vm_type == "DEFAULT";
  text += absl::StrFormat("vm  = create_vm(kvm%s%s)\n", usual ? "" : ", ",
                          usual ? "" : exercise.vm_type);
  for (const std::string& preparation : exercise.preparations) {
    const std::optional<std::string> call = PreparationCall(preparation);
    if (!call.has_value()) return std::nullopt;
    text += *call + "\n";
  }
  text += absl::StrFormat("check_extension(kvm, %s) -> %s\n", cell.number, exercise.system);
  text += absl::StrFormat("check_extension(vm, %s)  -> %s\n", cell.number, exercise.vm);
  return text;
}

}  // namespace

std::vector<Cell> ParseCells(std::string_view cells) {
  std::vector<Cell> parsed;
  for (const CellRow& cell : CellRows(cells)) {
    parsed.push_back(
        {RuleOf(cell), SentenceOf(cell),
         cell.generic ? "kvm_vm_ioctl_check_extension_generic" : "kvm_vm_ioctl_check_extension"});
  }
  return parsed;
}

std::vector<CellScenario> CellScenarios(std::string_view cells, std::string_view exercises) {
  const std::map<Key, std::vector<Exercise>> by_cell = Exercises(exercises);
  std::vector<CellScenario> scenarios;
  for (const CellRow& cell : CellRows(cells)) {
    const auto found = by_cell.find({cell.arch, cell.number});
    const std::vector<Exercise> plain = {{"", "DEFAULT", {}, cell.system, cell.vm}};
    const std::span<const Exercise> tried = found == by_cell.end() ? plain : found->second;
    for (std::size_t i = 0; i < tried.size(); ++i) {
      std::optional<std::string> text = ScenarioText(cell, tried[i]);
      if (!text.has_value()) continue;
      std::string name = absl::StrFormat("capabilities/%s/%s", cell.arch, cell.number);
      if (tried.size() > 1) name += absl::StrFormat("-%d", i + 1);
      scenarios.push_back({std::move(name), *std::move(text)});
    }
  }
  return scenarios;
}

}  // namespace kvm_model::rules
