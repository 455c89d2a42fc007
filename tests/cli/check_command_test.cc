// kvmsim check: a sequence of calls on every revision.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <string_view>

#include "kvm_model/revision.h"
#include "nlohmann/json.hpp"
#include "tests/cli/command_line.h"

namespace kvm_model::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

// A scenario file with that text.
class CheckCommandTest : public ::testing::Test {
 protected:
  std::string Write(std::string_view text) {
    const std::string path = ::testing::TempDir() + "checked.kvmt";
    std::ofstream(path) << text;
    return path;
  }
  Json Verdicts(const std::string& path) {
    return Json::parse(RunCheck(path + " --all-revisions --format json").out)["revisions"];
  }
};

constexpr std::string_view kConverts = R"(host x86 rfc-v4
kvm  = open()
vm   = create_vm(kvm, SW_PROTECTED)
check_extension(vm, KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES) -> PRIVATE
gmem = create_guest_memfd(vm, 4p, MMAP|INIT_SHARED)
set_memory_attributes2(gmem, 0, 1p, PRIVATE, PRESERVE) -> 0
)";

TEST_F(CheckCommandTest, TellsWhereItFirstBreaksOnEachRevision) {
  const std::string path = Write(kConverts);
  const Outcome outcome = RunCheck(path + " --all-revisions");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("rfc-v4         works"), HasSubstr("next-20260923  breaks"),
                    HasSubstr("checked.kvmt:6: set_memory_attributes2"),
                    HasSubstr("expected 0, answers EINVAL"), HasSubstr("flags != 0: yes")));
}

// The name of the capability is another number there, as it is to a program that is compiled anew.
TEST_F(CheckCommandTest, NamesMeanWhatTheyMeanOnEachRevision) {
  const Json verdicts = Verdicts(Write(kConverts));
  ASSERT_EQ(verdicts.size(), Revisions().size());
  const auto line_on = [&verdicts](std::string_view revision) -> Json {
    for (const Json& one : verdicts) {
      if (one["revision"] == revision) return one["line"];
    }
    return "not there";
  };
  EXPECT_EQ(line_on("rfc-v4"), Json(nullptr));
  EXPECT_EQ(line_on("next-20260923"), 6);
  EXPECT_EQ(line_on("linux-7.0"), 4);
}

TEST_F(CheckCommandTest, WhatWorksEverywhereExitsWithZero) {
  const std::string path = Write("host x86 rfc-v4\nkvm = open()\nvm = create_vm(kvm) -> fd\n");
  const Outcome outcome = RunCheck(path + " --all-revisions");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, Not(HasSubstr("breaks")));
}

TEST_F(CheckCommandTest, WithoutTheFlagOnlyItsOwnRevisionIsAsked) {
  const Outcome outcome = RunCheck(Write(kConverts));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("rfc-v4"), Not(HasSubstr("next-20260923"))));
}

TEST_F(CheckCommandTest, SettingsThatARevisionHasNotAreTold) {
  const std::string path = Write(
      "host x86 rfc-v4 CONFIG_KVM_VM_MEMORY_ATTRIBUTES=y kvm.vm_memory_attributes=0\n"
      "kvm = open()\n");
  EXPECT_THAT(RunCheck(path + " --all-revisions").out,
              AllOf(HasSubstr("kvm.vm_memory_attributes=0 is kvm.gmem_in_place_conversion=1 there"),
                    HasSubstr("isn't a setting of linux-7.0")));
}

TEST_F(CheckCommandTest, BadFilesAreToldWithTheirPlace) {
  const Outcome outcome = RunCheck(Write("host x86 rfc-v4\nkvm = opn()\n") + " --all-revisions");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("checked.kvmt:2:7: "));
  EXPECT_EQ(RunCheck("/nowhere.kvmt").exit_code, 2);
  EXPECT_EQ(RunCheck("").exit_code, 2);
}

}  // namespace
}  // namespace kvm_model::cli
