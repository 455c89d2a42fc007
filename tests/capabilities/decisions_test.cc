// The decision table of the six capabilities of guest_memfd and memory attributes, cell by cell.
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "tests/capabilities/table.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"

namespace kvm_model {
namespace {

constexpr char kTable[] = "tests/data/capability_decisions.tsv";

struct Configuration {
  std::string arch;
  std::string revision;
  std::vector<SettingAssignment> settings;
};

// The settings that the table's configurations stand for.
const std::map<std::string, Configuration>& Configurations() {
  static const auto* const kConfigurations = [] {
    const std::string per_vm = "CONFIG_KVM_VM_MEMORY_ATTRIBUTES";
    const std::vector<SettingAssignment> no_private = {{"CONFIG_KVM_SW_PROTECTED_VM", "n"},
                                                       {"CONFIG_KVM_INTEL_TDX", "n"},
                                                       {"CONFIG_KVM_AMD_SEV", "n"}};
    const std::vector<SettingAssignment> bits32 = {{"CONFIG_64BIT", "n"}};
    auto* all = new std::map<std::string, Configuration>{
        {"x86/rfc-v4/p1", {"x86", "rfc-v4", {{per_vm, "y"}, {"kvm.vm_memory_attributes", "1"}}}},
        {"x86/rfc-v4/p0-param",
         {"x86", "rfc-v4", {{per_vm, "y"}, {"kvm.vm_memory_attributes", "0"}}}},
        {"x86/rfc-v4/p0-config", {"x86", "rfc-v4", {{per_vm, "n"}}}},
        {"x86/rfc-v4/no-private", {"x86", "rfc-v4", no_private}},
        {"x86/rfc-v4/32-bit", {"x86", "rfc-v4", bits32}},
        {"x86/next-20260923/a", {"x86", "next-20260923", no_private}},
        {"x86/next-20260923/b", {"x86", "next-20260923", {}}},
        {"x86/next-20260923/c-param-0", {"x86", "next-20260923", {{per_vm, "y"}}}},
        {"x86/next-20260923/c-param-1",
         {"x86", "next-20260923", {{per_vm, "y"}, {"kvm.gmem_in_place_conversion", "1"}}}},
        {"x86/next-20260923/32-bit", {"x86", "next-20260923", bits32}},
    };
    for (const std::string revision : {"linux-7.0", "linux-6.18", "linux-6.12"}) {
      const std::string x86 = "x86/" + revision + "/";
      (*all)[x86 + "private"] = {"x86", revision, {}};
      (*all)[x86 + "no-private"] = {"x86", revision, no_private};
      (*all)[x86 + "32-bit"] = {"x86", revision, bits32};
    }
    for (const std::string arch : {"arm64", "riscv", "s390", "loongarch", "powerpc", "mips"}) {
      for (const std::string revision :
           {"next-20260923", "rfc-v4", "linux-7.0", "linux-6.18", "linux-6.12"}) {
        std::string name = arch;
        name.append("/").append(revision);
        (*all)[name] = {arch, revision, {}};
      }
    }
    return all;
  }();
  return *kConfigurations;
}

// The VM types that a host of the configuration can make, by the architecture's names.
std::map<std::string, std::uint64_t> CreatableTypes(Machine& machine) {
  std::map<std::string, std::uint64_t> types;
  const bool named = machine.host().arch().traits().name == "x86";
  for (const VmType& type : machine.host().arch().named_vm_types()) {
    if (!named && type.number != 0) continue;
    const Result<int> vm = machine.CreateVm(type.number);
    if (vm) types.emplace(type.name, type.number);
  }
  return types;
}

struct Cell {
  std::string configuration;
  std::string scope;
  std::int64_t capability = 0;
  std::int64_t value = 0;

  std::string Name() const {
    return TestName(configuration + "_" + scope + "_" + std::to_string(capability));
  }
};

std::vector<Cell> Cells() {
  std::vector<Cell> cells;
  const Table table = ReadTable(kTable);
  for (const auto& row : table.rows) {
    for (std::size_t i = 2; i < row.size(); ++i) {
      cells.push_back({row[0], row[1], std::stoll(table.columns[i]), std::stoll(row[i])});
    }
  }
  return cells;
}

class DecisionTest : public ::testing::Test {
 public:
  explicit DecisionTest(Cell cell) : cell_(std::move(cell)) {}

  void TestBody() override {
    ASSERT_TRUE(Configurations().contains(cell_.configuration));
    const Configuration& configuration = Configurations().at(cell_.configuration);
    Machine machine(configuration.arch, configuration.settings, configuration.revision);
    int fd = machine.kvm();
    if (cell_.scope != "system") {
      const auto types = CreatableTypes(machine);
      ASSERT_TRUE(types.contains(cell_.scope)) << "the host can't make such a VM";
      const Result<int> vm = machine.CreateVm(types.at(cell_.scope));
      ASSERT_THAT(vm, Succeeds());
      fd = *vm;
    }
    EXPECT_THAT(machine.Check(fd, cell_.capability), Answers(cell_.value));
  }

 private:
  const Cell cell_;
};

TEST(DecisionTableTest, EveryConfigurationScopeAndCapabilityHasExactlyOneCell) {
  std::map<std::string, std::set<std::string>> scopes;
  std::set<std::string> names;
  for (const Cell& cell : Cells()) {
    EXPECT_TRUE(names.insert(cell.Name()).second) << cell.Name() << " stands there twice";
    scopes[cell.configuration].insert(cell.scope);
  }
  ASSERT_EQ(scopes.size(), Configurations().size());
  std::size_t expected = 0;
  for (const auto& [name, configuration] : Configurations()) {
    Machine machine(configuration.arch, configuration.settings, configuration.revision);
    std::set<std::string> all = {"system"};
    for (const auto& [type, number] : CreatableTypes(machine)) all.insert(type);
    EXPECT_EQ(scopes[name], all) << name;
    expected += all.size() * 7;
  }
  EXPECT_EQ(names.size(), expected);
  EXPECT_THAT(ReadTable(kTable).columns,
              ::testing::ElementsAre("configuration", "scope", "233", "234", "244", "248", "249",
                                     "250", "252"));
}

TEST(DecisionTableTest, AllSixVmTypesAreInTheTableOfTheSeries) {
  for (const std::string p : {"p1", "p0-param", "p0-config"}) {
    std::set<std::string> scopes;
    for (const Cell& cell : Cells()) {
      if (cell.configuration == "x86/rfc-v4/" + p) scopes.insert(cell.scope);
    }
    EXPECT_THAT(scopes, ::testing::UnorderedElementsAre("system", "DEFAULT", "SEV", "SEV_ES",
                                                        "SW_PROTECTED", "SNP", "TDX"));
  }
}

[[maybe_unused]] const bool kRegistered = [] {
  for (const Cell& cell : Cells()) {
    ::testing::RegisterTest("DecisionTest", cell.Name().c_str(), nullptr, nullptr, __FILE__,
                            __LINE__,
                            [cell]() -> ::testing::Test* { return new DecisionTest(cell); });
  }
  return true;
}();

}  // namespace
}  // namespace kvm_model
