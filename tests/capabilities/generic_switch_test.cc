// The generic part of KVM_CHECK_EXTENSION: every case of its switch on every architecture.
#include <array>
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
#include "kvm_model/revision.h"
#include "tests/capabilities/table.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"

namespace kvm_model {
namespace {

constexpr char kTable[] = "tests/data/generic_switch.tsv";
constexpr std::size_t kFirstHostColumn = 3;

struct Column {
  std::string arch;
  std::vector<SettingAssignment> settings;
  std::uint64_t vm_type = 0;
};

// The hosts behind the table's columns.
const std::map<std::string, Column>& Columns() {
  static const auto* const kColumns = new std::map<std::string, Column>{
      {"x86", {"x86", {}}},
      {"x86-private", {"x86", {}, uapi::kX86SwProtectedVm}},
      {"x86-no-smm", {"x86", {{"CONFIG_KVM_SMM", "n"}}}},
      {"arm64", {"arm64", {}}},
      {"riscv", {"riscv", {}}},
      {"s390", {"s390", {}}},
      {"loongarch", {"loongarch", {}}},
      {"powerpc-hv", {"powerpc", {}}},
      {"powerpc-pr",
       {"powerpc",
        {{"CONFIG_KVM_BOOK3S_64_HV", "n"},
         {"CONFIG_KVM_BOOK3S_64_PR", "y"},
         {"CONFIG_KVM_XICS", "n"}}}},
      {"mips", {"mips", {}}},
  };
  return *kColumns;
}

struct Case {
  std::string revision;
  std::int64_t capability = 0;
  std::string capability_name;
  std::string column;
  std::int64_t system = 0;
  std::int64_t vm = 0;

  std::string Name() const { return TestName(capability_name + "_on_" + column + "_" + revision); }
};

std::vector<Case> Cases() {
  std::vector<Case> cases;
  const Table table = ReadTable(kTable);
  for (const auto& row : table.rows) {
    for (const std::string& revision : Split(row[0], ' ')) {
      for (std::size_t i = kFirstHostColumn; i < row.size(); ++i) {
        const std::vector<std::string> values = Split(row[i], ' ');
        cases.push_back({revision, std::stoll(row[1]), row[2], table.columns[i],
                         std::stoll(values.front()), std::stoll(values.back())});
      }
    }
  }
  return cases;
}

class GenericSwitchTest : public ::testing::Test {
 public:
  explicit GenericSwitchTest(Case which) : case_(std::move(which)) {}

  void TestBody() override {
    ASSERT_TRUE(Columns().contains(case_.column));
    const Column& column = Columns().at(case_.column);
    Machine machine(column.arch, column.settings, case_.revision);
    const Result<int> vm = machine.CreateVm(column.vm_type);
    ASSERT_THAT(vm, Succeeds());
    EXPECT_THAT(machine.Check(machine.kvm(), case_.capability), Answers(case_.system));
    EXPECT_THAT(machine.Check(*vm, case_.capability), Answers(case_.vm));
  }

 private:
  const Case case_;
};

TEST(GenericSwitchTableTest, EveryRevisionAndHostHasEachCapabilityOnce) {
  // The cases of the switch in its order, without those of the decision table.
  constexpr std::array kSwitch = {16, 3,   231, 21, 30,  40, 77,  32,  122, 105, 98,  182,
                                  15, 162, 168, 25, 118, 10, 192, 223, 225, 203, 215, 89};
  std::map<std::pair<std::string, std::string>, std::multiset<std::int64_t>> seen;
  for (const Case& one : Cases()) seen[{one.revision, one.column}].insert(one.capability);
  EXPECT_EQ(seen.size(), Revisions().size() * Columns().size());
  for (const auto& [where, capabilities] : seen) {
    EXPECT_THAT(capabilities, ::testing::UnorderedElementsAreArray(kSwitch))
        << where.first << " " << where.second;
  }
}

TEST(GenericSwitchTableTest, NamesAreThoseOfTheNumbers) {
  for (const Case& one : Cases()) {
    EXPECT_EQ(uapi::CapabilityNumber(one.capability_name), one.capability);
  }
}

TEST(GenericSwitchTableTest, EveryArchitectureHasAColumn) {
  std::set<std::string> archs;
  for (const auto& [name, column] : Columns()) archs.insert(column.arch);
  EXPECT_EQ(archs.size(), 7U);
}

// The whole argument counts: a number above 32 bits is another number, and negative ones are
// unknown.
class WideArgumentTest : public ::testing::TestWithParam<std::string> {};

TEST_P(WideArgumentTest, NumbersBeyondTheTableAreUnknownAndNeverAliases) {
  const Column& column = Columns().at(GetParam());
  for (const Revision& revision : Revisions()) {
    Machine machine(column.arch, column.settings, std::string(revision.name));
    const Result<int> vm = machine.CreateVm(column.vm_type);
    ASSERT_THAT(vm, Succeeds());
    for (const int fd : {machine.kvm(), *vm}) {
      EXPECT_THAT(machine.Check(fd, -1), Answers(0));
      EXPECT_THAT(machine.Check(fd, std::int64_t{1} << 32), Answers(0));
      EXPECT_THAT(machine.Check(fd, INT64_MIN), Answers(0));
      EXPECT_THAT(machine.Check(fd, INT64_MAX), Answers(0));
      EXPECT_THAT(machine.Check(fd, INT32_MIN), Answers(0));
      EXPECT_THAT(machine.Check(fd, 1000), Answers(0));
      for (int shift = 8; shift < 64; ++shift) {
        EXPECT_THAT(machine.Check(fd, 3 | std::int64_t(std::uint64_t{1} << shift)), Answers(0))
            << "bit " << shift;
      }
      for (std::int64_t number = 0; number <= uapi::kMaxCapability; ++number) {
        EXPECT_THAT(machine.Check(fd, number + (std::int64_t{1} << 32)), Answers(0)) << number;
        EXPECT_THAT(machine.Check(fd, number - 256), Answers(0)) << number - 256;
      }
    }
  }
}

std::vector<std::string> ColumnNames() {
  std::vector<std::string> names;
  for (const auto& [name, column] : Columns()) names.push_back(name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Hosts, WideArgumentTest, ::testing::ValuesIn(ColumnNames()),
                         [](const auto& which) { return TestName(which.param); });

[[maybe_unused]] const bool kRegistered = [] {
  for (const Case& one : Cases()) {
    ::testing::RegisterTest("GenericSwitchTest", one.Name().c_str(), nullptr, nullptr, __FILE__,
                            __LINE__,
                            [one]() -> ::testing::Test* { return new GenericSwitchTest(one); });
  }
  return true;
}();

}  // namespace
}  // namespace kvm_model
