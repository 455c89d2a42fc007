// What one revision answers and the next answers otherwise: exactly what a table says, on default
// hosts; and on hosts that differ from those in one setting, no number that the table doesn't name.
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "gtest/gtest.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"
#include "kvm_model/setting_values.h"
#include "kvm_model/vm_type.h"
#include "tests/capabilities/table.h"
#include "tests/kvm_model/machine.h"
#include "uapi/constants.h"

namespace kvm_model {
namespace {

using Settings = std::vector<SettingAssignment>;

constexpr char kTable[] = "tests/data/revision_differences.tsv";
constexpr std::int64_t kLastNumber = 300;

// Architecture, the two revisions, settings as the table writes them.
using HostPair = std::tuple<std::string, std::string, std::string, std::string>;
// Scope and number, with the two answers.
using Differences =
    std::map<std::pair<std::string, std::int64_t>, std::pair<std::string, std::string>>;

std::map<HostPair, Differences> ReadDifferences() {
  std::map<HostPair, Differences> differences;
  const Table table = ReadTable(kTable);
  for (const auto& row : table.rows) {
    differences[{row[0], row[1], row[2], row[3]}][{row[4], std::stoll(row[5])}] = {row[6], row[7]};
  }
  return differences;
}

// Where the answers of one host on two revisions part.
Differences Compare(const std::string& arch, const std::string& from, const std::string& to,
                    const Settings& settings) {
  Differences differences;
  Machine before(arch, settings, from);
  Machine after(arch, settings, to);
  const auto compare = [&](const std::string& scope, int before_fd, int after_fd) {
    for (std::int64_t number = -1; number <= kLastNumber; ++number) {
      const std::string was = AnswerText(before.Check(before_fd, number));
      const std::string is = AnswerText(after.Check(after_fd, number));
      if (was != is) differences[{scope, number}] = {was, is};
    }
  };
  compare("system", before.kvm(), after.kvm());
  for (const VmType& type : before.host().arch().named_vm_types()) {
    const Result<int> before_vm = before.CreateVm(type.number);
    const Result<int> after_vm = after.CreateVm(type.number);
    const bool is_new = arch == "x86" && type.number == uapi::kX86TdxVm &&
                        before.host().revision().x86_tdx != after.host().revision().x86_tdx;
    EXPECT_EQ(before_vm.has_value(), after_vm.has_value() && !is_new) << arch << " " << type.name;
    if (before_vm && after_vm) compare(std::string(type.name), *before_vm, *after_vm);
  }
  return differences;
}

void ExpectSame(const Differences& found, const Differences& listed, const std::string& where) {
  for (const auto& [what, answers] : found) {
    EXPECT_TRUE(listed.contains(what))
        << where << ": " << what.first << " " << what.second << " answers " << answers.first
        << ", then " << answers.second;
  }
  for (const auto& [what, answers] : listed) {
    const auto entry = found.find(what);
    ASSERT_NE(entry, found.end()) << where << ": " << what.first << " " << what.second;
    EXPECT_EQ(entry->second, answers) << where << ": " << what.first << " " << what.second;
  }
}

TEST(RevisionDifferencesTest, DefaultHostsDifferExactlyAsTheTableSays) {
  const std::map<HostPair, Differences> listed = ReadDifferences();
  for (const Arch* arch : Architectures()) {
    for (std::size_t i = 0; i + 1 < Revisions().size(); ++i) {
      const HostPair pair = {std::string(arch->traits().name), std::string(Revisions()[i].name),
                             std::string(Revisions()[i + 1].name), "-"};
      const auto& [name, from, to, settings] = pair;
      const auto entry = listed.find(pair);
      ExpectSame(Compare(name, from, to, {}), entry == listed.end() ? Differences{} : entry->second,
                 absl::StrFormat("%s %s %s", name, from, to));
    }
  }
}

TEST(RevisionDifferencesTest, WhatASettingAddsIsInTheTable) {
  for (const auto& [pair, differences] : ReadDifferences()) {
    const auto& [arch, from, to, settings] = pair;
    const Differences found = Compare(arch, from, to, ParseSettings(settings));
    for (const auto& [what, answers] : differences) {
      ASSERT_TRUE(found.contains(what)) << arch << " " << settings << " " << what.second;
      EXPECT_EQ(found.at(what), answers) << arch << " " << settings << " " << what.second;
    }
  }
}

TEST(RevisionDifferencesTest, NoSettingMakesAnotherNumberDiffer) {
  std::map<std::tuple<std::string, std::string, std::string>, std::set<std::int64_t>> listed;
  for (const auto& [pair, differences] : ReadDifferences()) {
    const auto& [arch, from, to, settings] = pair;
    for (const auto& [what, answers] : differences) listed[{arch, from, to}].insert(what.second);
  }
  for (const Arch* arch : Architectures()) {
    const std::string name(arch->traits().name);
    for (std::size_t i = 0; i + 1 < Revisions().size(); ++i) {
      const Revision& from = Revisions()[i];
      const Revision& to = Revisions()[i + 1];
      const auto usual = Host::Create(*arch, from);
      for (const Setting& setting : arch->settings()) {
        const auto value = (*usual)->Get(setting.name);
        if (!value.has_value() || !setting.follows_from.empty()) continue;
        for (const std::string& other : OtherValues(setting, *value)) {
          const Settings changed = {{std::string(setting.name), other}};
          if (!Host::Create(*arch, from, changed) || !Host::Create(*arch, to, changed)) continue;
          for (const auto& [what, answers] :
               Compare(name, std::string(from.name), std::string(to.name), changed)) {
            EXPECT_TRUE((
                listed[{name, std::string(from.name), std::string(to.name)}].contains(what.second)))
                << name << " " << from.name << " " << to.name << " " << setting.name << "=" << other
                << ": " << what.first << " " << what.second << " answers " << answers.first
                << ", then " << answers.second;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace kvm_model
