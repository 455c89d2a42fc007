// linux-6.12's answers, row by row against a table that was read in the kernel's source, and 0 for
// every number without a row.
#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "gtest/gtest.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/vm_type.h"
#include "tests/capabilities/table.h"
#include "tests/kvm_model/machine.h"
#include "uapi/capabilities.h"
#include "uapi/header_version.h"

namespace kvm_model {
namespace {

constexpr char kTable[] = "tests/data/linux_6_12_caps.tsv";
constexpr char kRevision[] = "linux-6.12";
constexpr std::int64_t kLastNumber = 300;

// Architecture, settings as the table writes them, the VM's type.
using Where = std::tuple<std::string, std::string, std::string>;

// The rows of each host and VM.
std::map<Where, Table> RowsByHost() {
  std::map<Where, Table> hosts;
  const Table table = ReadTable(kTable);
  for (const auto& row : table.rows) hosts[{row[0], row[3], row[4]}].rows.push_back(row);
  return hosts;
}

std::uint64_t TypeNumber(const Arch& arch, std::string_view name) {
  const auto types = arch.named_vm_types();
  const auto found = std::ranges::find(types, name, &VmType::name);
  EXPECT_NE(found, types.end()) << name;
  return found == types.end() ? 0 : found->number;
}

TEST(Linux612Test, EachRowIsWhatTheModelAnswers) {
  for (const auto& [where, table] : RowsByHost()) {
    const auto& [arch, settings, type] = where;
    SCOPED_TRACE(absl::StrFormat("%s %s %s", arch, settings, type));
    Machine machine(arch, ParseSettings(settings), kRevision);
    const Result<int> vm = machine.CreateVm(TypeNumber(machine.host().arch(), type));
    ASSERT_TRUE(vm.has_value());
    for (const auto& row : table.rows) {
      const std::int64_t number = std::stoll(row[1]);
      EXPECT_EQ(AnswerText(machine.Check(machine.kvm(), number)), row[5])
          << row[2] << ": " << row[7];
      EXPECT_EQ(AnswerText(machine.Check(*vm, number)), row[6]) << row[2] << ": " << row[7];
    }
  }
}

TEST(Linux612Test, WhatHasNoRowAnswersZero) {
  const std::map<Where, Table> hosts = RowsByHost();
  for (const Arch* arch : Architectures()) {
    const std::string name(arch->traits().name);
    SCOPED_TRACE(name);
    std::set<std::int64_t> listed;
    for (const auto& row : hosts.at({name, "-", "DEFAULT"}).rows) listed.insert(std::stoll(row[1]));
    Machine machine(name, {}, kRevision);
    const int vm = machine.CreateVm().value();
    for (std::int64_t number = -1; number <= kLastNumber; ++number) {
      if (listed.contains(number)) continue;
      EXPECT_EQ(AnswerText(machine.Check(machine.kvm(), number)), "0") << number;
      EXPECT_EQ(AnswerText(machine.Check(vm, number)), "0") << number;
    }
  }
}

TEST(Linux612Test, NamesAreThoseOfTheHeader) {
  for (const auto& [where, table] : RowsByHost()) {
    for (const auto& row : table.rows) {
      // What the header has no name for is listed where a later kernel answers otherwise.
      const auto number =
          uapi::CapabilityNumberIn("KVM_CAP_" + row[2], uapi::HeaderVersion::kLinux612);
      if (!number.has_value()) {
        EXPECT_EQ(row[5], "0") << row[2];
      } else {
        EXPECT_EQ(*number, std::stoi(row[1])) << row[2];
      }
    }
  }
}

}  // namespace
}  // namespace kvm_model
