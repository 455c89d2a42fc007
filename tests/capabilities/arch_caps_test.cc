// Every capability that an architecture answers, cell by cell against the specification's table.
//
// A row whose condition nothing in a host can change holds on the usual host and on every host that
// differs from it in one setting; a row that can change is tried in its outcomes, which stand in a
// table of their own.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "arch/registry.h"
#include "gtest/gtest.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"
#include "kvm_model/setting_values.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm_type.h"
#include "tests/capabilities/table.h"
#include "tests/kvm_model/machine.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using Settings = std::vector<SettingAssignment>;

constexpr char kCells[] = "tests/data/arch_caps.tsv";
constexpr char kExercises[] = "tests/data/arch_caps_exercises.tsv";
constexpr char kDifferences[] = "tests/data/revision_differences.tsv";
constexpr char kRevision[] = "linux-7.0";
constexpr std::int64_t kLastNumber = 300;

// A cell that is one number: decimal, or hexadecimal.
std::optional<std::string> PlainNumber(const std::string& cell) {
  std::int64_t number = 0;
  const bool read = cell.starts_with("0x") ? absl::SimpleHexAtoi(cell.substr(2), &number)
                                           : absl::SimpleAtoi(cell, &number);
  if (!read) return std::nullopt;
  return absl::StrFormat("%d", number);
}

struct Cell {
  std::string arch;
  std::int64_t number = 0;
  std::string name;
  std::string system;
  std::string vm;
  std::string condition;
  std::string answered_by;
};

const std::vector<Cell>& Cells() {
  static const auto* const kAll = [] {
    auto* cells = new std::vector<Cell>;
    const Table table = ReadTable(kCells);
    for (const auto& row : table.rows) {
      cells->push_back({row[0], std::stoll(row[1]), row[2], row[3], row[4], row[5], row[6]});
    }
    return cells;
  }();
  return *kAll;
}

struct Exercise {
  std::string arch;
  std::int64_t number = 0;
  Settings settings;
  std::string vm_type;
  std::vector<std::string> preparations;
  std::string system;
  std::string vm;
  std::string title;
};

const std::vector<Exercise>& Exercises() {
  static const auto* const kAll = [] {
    auto* exercises = new std::vector<Exercise>;
    const Table table = ReadTable(kExercises);
    for (const auto& row : table.rows) {
      for (const std::string& number : Split(row[1], ' ')) {
        const std::size_t after = row[3].find(" after ");
        Exercise exercise;
        exercise.arch = row[0];
        exercise.number = std::stoll(number);
        exercise.settings = ParseSettings(row[2]);
        exercise.vm_type = row[3].substr(0, after);
        if (after != std::string::npos) {
          exercise.preparations = absl::StrSplit(row[3].substr(after + 7), " and ");
        }
        exercise.system = row[4];
        exercise.vm = row[5];
        exercise.title = absl::StrFormat("%s %s: %s on %s", row[0], number, row[2], row[3]);
        exercises->push_back(std::move(exercise));
      }
    }
    return exercises;
  }();
  return *kAll;
}

std::uint64_t VmTypeNumber(const Arch& arch, const std::string& name) {
  const auto types = arch.named_vm_types();
  const auto found = std::ranges::find(types, std::string_view(name), &VmType::name);
  EXPECT_NE(found, types.end()) << name;
  return found == types.end() ? 0 : found->number;
}

// "NAME" or "NAME=VALUE".
bool Prepare(Machine& machine, int vm, const std::string& preparation) {
  const std::vector<std::string> words = Split(preparation, '=');
  const std::uint64_t arg = words.size() > 1 ? std::stoull(words[1]) : 0;
  static const std::map<std::string, std::uint32_t> kEnable = {
      {"SPLIT_IRQCHIP", uapi::Cap("KVM_CAP_SPLIT_IRQCHIP")},
      {"MAX_VCPU_ID", uapi::Cap("KVM_CAP_MAX_VCPU_ID")},
      {"X86_APIC_BUS_CYCLES_NS", uapi::Cap("KVM_CAP_X86_APIC_BUS_CYCLES_NS")},
      {"PPC_SMT", uapi::Cap("KVM_CAP_PPC_SMT")},
      {"EAGER_SPLIT_CHUNK_SIZE", uapi::Cap("KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE")},
  };
  static const std::map<std::string, std::uint32_t> kDevices = {
      {"VGIC_V2", uapi::kDevTypeArmVgicV2},
      {"VGIC_V3", uapi::kDevTypeArmVgicV3},
      {"VGIC_ITS", uapi::kDevTypeArmVgicIts},
  };
  if (kEnable.contains(words[0])) {
    return machine.EnableCap(vm, kEnable.at(words[0]), arg).has_value();
  }
  if (kDevices.contains(words[0])) {
    return machine.CreateDevice(vm, kDevices.at(words[0])).has_value();
  }
  if (words[0] == "CREATE_IRQCHIP") {
    return machine.CreateIrqchip(vm).has_value();
  }
  return false;
}

class ExerciseTest : public ::testing::Test {
 public:
  explicit ExerciseTest(Exercise exercise) : exercise_(std::move(exercise)) {}

  void TestBody() override {
    for (const Revision& revision : Revisions()) {
      if (AnswersAsOn70(revision)) TryOn(revision);
    }
  }

 private:
  // No step between the two revisions changes the number's answer.
  bool AnswersAsOn70(const Revision& revision) const {
    const bool tells_what_was_set = revision.x86_apic_bus_cycles_per_vm && exercise_.arch == "x86";
    if (tells_what_was_set && exercise_.number == uapi::Cap("KVM_CAP_X86_APIC_BUS_CYCLES_NS")) {
      return false;
    }
    const Revision& usual = *FindRevision(kRevision);
    const Revision* const from = std::min(&revision, &usual);
    const Revision* const to = std::max(&revision, &usual);
    static const Table* const kTable = new Table(ReadTable(kDifferences));
    return std::ranges::none_of(kTable->rows, [&](const std::vector<std::string>& row) {
      return row[0] == exercise_.arch && std::stoll(row[5]) == exercise_.number &&
             FindRevision(row[1]) >= from && FindRevision(row[2]) <= to;
    });
  }

  // Trust domains, kernels without an IOAPIC and the GICv5 came after linux-6.12.
  static bool MayLack(const Revision& revision) { return !revision.x86_tdx; }

  void TryOn(const Revision& revision) const {
    SCOPED_TRACE(absl::StrFormat("%s: %s", revision.name, exercise_.title));
    const Arch& arch = *FindArch(exercise_.arch);
    const auto host = Host::Create(arch, revision, exercise_.settings);
    if (!host.has_value() && MayLack(revision)) return;
    ASSERT_TRUE(host.has_value()) << host.error().message;
    Machine machine(exercise_.arch, exercise_.settings, revision.name);
    const Result<int> vm = machine.CreateVm(VmTypeNumber(arch, exercise_.vm_type));
    if (!vm.has_value() && MayLack(revision)) return;
    ASSERT_TRUE(vm.has_value());
    for (const std::string& preparation : exercise_.preparations) {
      ASSERT_TRUE(Prepare(machine, *vm, preparation)) << preparation;
    }
    EXPECT_EQ(AnswerText(machine.Check(machine.kvm(), exercise_.number)), exercise_.system);
    EXPECT_EQ(AnswerText(machine.Check(*vm, exercise_.number)), exercise_.vm);
  }

  const Exercise exercise_;
};

// The usual host of an architecture, and every host that one setting makes of it.
std::vector<Settings> OneSettingHosts(const Arch& arch) {
  const Revision& revision = *FindRevision(kRevision);
  std::vector<Settings> hosts = {{}};
  const auto usual = Host::Create(arch, revision);
  for (const Setting& setting : arch.settings()) {
    const std::optional<std::int64_t> value = (*usual)->Get(setting.name);
    if (!value.has_value() || !setting.follows_from.empty()) continue;
    for (const std::string& other : OtherValues(setting, *value)) {
      const Settings changed = {{std::string(setting.name), other}};
      if (Host::Create(arch, revision, changed)) hosts.push_back(changed);
    }
  }
  return hosts;
}

// What an architecture's hosts answer to each number: on /dev/kvm, and on VMs of every type.
struct Observed {
  std::map<std::int64_t, std::set<std::string>> system;
  std::map<std::int64_t, std::set<std::string>> vm;
  std::map<std::int64_t, std::pair<std::string, std::string>> usual;
  // Numbers at which the architecture's own function was asked, and at which it had a case.
  std::set<std::int64_t> passed_on;
  std::set<std::int64_t> arch_cases;
};

void Observe(const std::string& arch, const Settings& settings, bool usual, Observed& observed) {
  Machine machine(arch, settings, kRevision);
  std::vector<int> vms;
  for (const VmType& type : machine.host().arch().named_vm_types()) {
    if (const Result<int> vm = machine.CreateVm(type.number)) vms.push_back(*vm);
  }
  TrailRecorder recorder;
  for (std::int64_t number = -1; number <= kLastNumber; ++number) {
    recorder.Clear();
    machine.task().SetTrailListener(&recorder);
    const std::string system = AnswerText(machine.Check(machine.kvm(), number));
    machine.task().SetTrailListener(nullptr);
    observed.system[number].insert(system);
    for (const TrailStep& step : recorder.steps()) {
      if (step.function == "kvm_vm_ioctl_check_extension") observed.passed_on.insert(number);
    }
    const CapabilityValue own =
        machine.host().arch().CheckExtension(machine.host(), nullptr, number, Trail(nullptr));
    if (own.has_value()) observed.arch_cases.insert(number);
    for (std::size_t i = 0; i < vms.size(); ++i) {
      const std::string vm = AnswerText(machine.Check(vms[i], number));
      observed.vm[number].insert(vm);
      if (usual && i == 0) observed.usual[number] = {system, vm};
    }
  }
}

const Observed& ObservedOn(const std::string& arch) {
  static auto* const kByArch = new std::map<std::string, Observed>;
  const auto [entry, is_new] = kByArch->try_emplace(arch);
  if (is_new) {
    for (const Settings& settings : OneSettingHosts(*FindArch(arch))) {
      Observe(arch, settings, settings.empty(), entry->second);
    }
  }
  return entry->second;
}

class CellTest : public ::testing::Test {
 public:
  explicit CellTest(Cell cell) : cell_(std::move(cell)) {}

  void TestBody() override {
    const Observed& observed = ObservedOn(cell_.arch);
    const std::set<std::string>& system = observed.system.at(cell_.number);
    const std::set<std::string>& vm = observed.vm.at(cell_.number);
    std::set<std::pair<std::string, std::string>> tried;
    for (const Exercise& exercise : Exercises()) {
      if (exercise.arch == cell_.arch && exercise.number == cell_.number) {
        tried.emplace(exercise.system, exercise.vm);
      }
    }
    if (cell_.condition == "unconditional") {
      EXPECT_EQ(system.size(), 1U) << "it changes with a setting";
      EXPECT_EQ(vm.size(), 1U) << "it changes with a setting or the VM's type";
    }
    if (system.size() > 1 || vm.size() > 1) {
      EXPECT_GE(tried.size(), 2U) << "its outcomes are not tried: " << cell_.condition;
      return;
    }
    const std::optional<std::string> on_system = PlainNumber(cell_.system);
    const std::optional<std::string> on_vm = PlainNumber(cell_.vm);
    if (!on_system.has_value() || !on_vm.has_value()) {
      EXPECT_FALSE(tried.empty()) << "neither a number nor tried: " << cell_.condition;
      return;
    }
    EXPECT_EQ(observed.usual.at(cell_.number), std::pair(*on_system, *on_vm));
  }

 private:
  const Cell cell_;
};

TEST(ArchCapsTest, EveryArchitectureHasItsRows) {
  std::map<std::string, int> rows;
  for (const Cell& cell : Cells()) ++rows[cell.arch];
  EXPECT_EQ(rows.size(), Architectures().size());
  EXPECT_EQ(Cells().size(), 462U);
}

TEST(ArchCapsTest, NumbersWithoutARowAnswerZeroOnEveryHost) {
  for (const Arch* arch : Architectures()) {
    const std::string name(arch->traits().name);
    std::set<std::int64_t> listed;
    for (const Cell& cell : Cells()) {
      if (cell.arch == name) listed.insert(cell.number);
    }
    const Observed& observed = ObservedOn(name);
    for (std::int64_t number = -1; number <= kLastNumber; ++number) {
      if (listed.contains(number)) continue;
      EXPECT_EQ(observed.system.at(number), std::set<std::string>{"0"}) << name << " " << number;
      EXPECT_EQ(observed.vm.at(number), std::set<std::string>{"0"}) << name << " " << number;
    }
  }
}

TEST(ArchCapsTest, NoArchitectureHasACaseForWhatTheGenericFunctionAnswers) {
  for (const Cell& cell : Cells()) {
    const Observed& observed = ObservedOn(cell.arch);
    if (cell.answered_by == "generic") {
      EXPECT_FALSE(observed.arch_cases.contains(cell.number)) << cell.arch << " " << cell.name;
    } else {
      EXPECT_TRUE(observed.passed_on.contains(cell.number)) << cell.arch << " " << cell.name;
      EXPECT_TRUE(observed.arch_cases.contains(cell.number) || cell.system == "1")
          << cell.arch << " " << cell.name << " has no case";
    }
  }
}

TEST(ArchCapsTest, EveryExerciseBelongsToARow) {
  std::set<std::pair<std::string, std::int64_t>> listed;
  for (const Cell& cell : Cells()) listed.emplace(cell.arch, cell.number);
  for (const Exercise& exercise : Exercises()) {
    EXPECT_TRUE(listed.contains({exercise.arch, exercise.number})) << exercise.title;
  }
}

[[maybe_unused]] const bool kRegistered = [] {
  for (const Cell& cell : Cells()) {
    const std::string name = TestName(absl::StrFormat("%s_%s", cell.arch, cell.name.substr(8)));
    ::testing::RegisterTest("CellTest", name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                            [cell]() -> ::testing::Test* { return new CellTest(cell); });
  }
  int count = 0;
  for (const Exercise& exercise : Exercises()) {
    const std::string name =
        TestName(absl::StrFormat("%s_%d_%d", exercise.arch, exercise.number, count++));
    ::testing::RegisterTest(
        "ExerciseTest", name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
        [exercise]() -> ::testing::Test* { return new ExerciseTest(exercise); });
  }
  return true;
}();

}  // namespace
}  // namespace kvm_model
