// The model, configured as the machine that this test runs on, against that machine's own kernel.
//
// Skipped, with the reason, where /dev/kvm can't be used or the kernel's release is of no revision
// of the model's. Numbers of capabilities, VM types and arguments are tried whether or not the
// model knows them; a difference of any kind is a failure, and there is no list of exceptions.
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "gtest/gtest.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/privileges.h"
#include "kvm_model/revision.h"
#include "tests/live/comparison.h"
#include "tests/live/side.h"
#include "tests/live/steps.h"
#include "tools/backends/machine_host.h"
#include "uapi/ioctls.h"

namespace kvm_model {
namespace {

constexpr std::uint64_t kTwo32 = std::uint64_t{1} << 32;
constexpr std::uint64_t kTypes = 32;

// A difference is words for people: GoogleTest would escape them.
::testing::AssertionResult Same(const std::string& difference) {
  if (difference.empty()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << difference;
}

class LiveTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto machine = scenario::HostOfMachine();
    if (!machine) GTEST_SKIP() << "the machine is no host of the model's: " << machine.error();
    kernel_ = std::make_unique<KernelSide>();
    if (!kernel_->problem().empty()) GTEST_SKIP() << kernel_->problem();
    arch_ = machine->arch;
    RecordProperty("host", machine->ToText());
    const auto host = Host::Create(*FindArch(machine->arch), *FindRevision(machine->revision),
                                   machine->Assignments());
    ASSERT_TRUE(host.has_value()) << host.error().message << "\n" << machine->ToText();
    model_ = std::make_unique<ModelSide>(machine->arch, machine->revision, machine->Assignments(),
                                         PrivilegesOfThisProcess());
    comparison_ = std::make_unique<Comparison>(
        *model_, *kernel_, (*host)->arch().traits().ioctl_encoding, machine->ToText());
  }

  const std::string& arch() const { return arch_; }
  ModelSide& model() { return *model_; }
  Comparison& comparison() { return *comparison_; }

  // The types whose VMs both sides make.
  std::vector<std::uint64_t> Types() {
    std::vector<std::uint64_t> types;
    for (std::uint64_t type = 0; type < kTypes; ++type) {
      EXPECT_TRUE(Same(comparison().NewVm(type)));
      if (comparison().has_vm()) types.push_back(type);
    }
    return types;
  }

  // Makes the steps on a fresh VM, and asks for every capability before and after each.
  std::string Run(std::uint64_t type, const std::vector<Step>& steps) {
    std::string difference = comparison().NewVm(type);
    if (difference.empty()) difference = comparison().EveryCapability();
    for (const Step& step : steps) {
      if (difference.empty()) difference = comparison().Make(step);
      if (difference.empty()) difference = comparison().EveryCapability();
    }
    return difference;
  }

  void RunEverySequence() {
    const std::vector<std::uint64_t> types = Types();
    ASSERT_FALSE(types.empty());
    for (const std::uint64_t type : types) {
      for (const Sequence& sequence : Sequences(arch())) {
        EXPECT_TRUE(Same(Run(type, sequence.steps))) << sequence.name;
      }
    }
  }

  // Every capability number with every argument of the table, each where `before` has led. A call
  // that fails changes nothing, so only one that succeeds needs a fresh VM after it.
  void EnableEverything(std::uint64_t type, const std::vector<Step>& before, Step::Call call) {
    std::vector<std::uint32_t> numbers = {9999, 65536 + 121, 0x7fffffff, 0x80000000, 0xffffffff};
    for (std::uint32_t number = 0; number <= 1024; ++number) numbers.push_back(number);
    ASSERT_TRUE(Same(Run(type, before)));
    for (const std::uint32_t number : numbers) {
      for (const std::uint64_t arg : EdgeArguments()) {
        for (const std::uint32_t flags : {0U, 1U, 0x80000000U}) {
          // Flags are looked at before args[0], or never.
          if (flags != 0 && arg > 3) continue;
          const Step step = {.call = call, .arg = arg, .capability = number, .flags = flags};
          ASSERT_TRUE(Same(comparison().Make(step)));
          if (!comparison().succeeded()) continue;
          ASSERT_TRUE(Same(comparison().EveryCapability()));
          ASSERT_TRUE(Same(Run(type, before)));
        }
      }
    }
    ASSERT_TRUE(Same(comparison().EveryCapability()));
  }

 private:
  std::string arch_;
  std::unique_ptr<KernelSide> kernel_;
  std::unique_ptr<ModelSide> model_;
  std::unique_ptr<Comparison> comparison_;
};

TEST_F(LiveTest, TheSystemAnswersEveryCapability) {
  EXPECT_TRUE(Same(comparison().EveryCapability()));
}

TEST_F(LiveTest, TheSystemTellsItsVersionAndTheSizeOfAVcpusMapping) {
  for (const std::uint64_t arg : {std::uint64_t{0}, std::uint64_t{1}, kTwo32}) {
    EXPECT_TRUE(Same(comparison().OnSystem(uapi::Ioctl("KVM_GET_API_VERSION"), arg)));
    EXPECT_TRUE(Same(comparison().OnSystem(uapi::Ioctl("KVM_GET_VCPU_MMAP_SIZE"), arg)));
  }
}

TEST_F(LiveTest, VmsAreMadeOfTheSameTypes) {
  for (std::uint64_t type = 0; type <= kTypes; ++type) EXPECT_TRUE(Same(comparison().NewVm(type)));
  for (const std::uint64_t type : {std::uint64_t{1} << 31, kTwo32 - 1, kTwo32, kTwo32 + 1,
                                   std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    EXPECT_TRUE(Same(comparison().NewVm(type)));
  }
}

TEST_F(LiveTest, AVmOfEachTypeAnswersEveryCapability) {
  for (const std::uint64_t type : Types()) {
    EXPECT_TRUE(Same(comparison().NewVm(type)));
    EXPECT_TRUE(Same(comparison().EveryCapability()));
  }
}

TEST_F(LiveTest, EveryNumberIsEnabledOrRefusedAlikeOnAFreshVm) {
  for (const std::uint64_t type : Types()) EnableEverything(type, {}, Step::Call::kEnableCap);
}

TEST_F(LiveTest, EveryNumberIsEnabledOrRefusedAlikeOnAVcpu) {
  const std::vector<Step> before = {{.call = Step::Call::kCreateVcpu}};
  for (const std::uint64_t type : Types()) {
    EnableEverything(type, before, Step::Call::kEnableVcpuCap);
  }
}

TEST_F(LiveTest, EachOrderInWhichAnotherCheckDecidesGivesTheSame) { RunEverySequence(); }

TEST_F(LiveTest, RandomSequencesGiveTheSame) {
  constexpr std::uint64_t kSeeds = 200;
  const std::vector<std::uint64_t> types = Types();
  ASSERT_FALSE(types.empty());
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    std::mt19937_64 random(seed);
    const std::vector<Step> steps = RandomSteps(arch(), random);
    ASSERT_TRUE(Same(Run(types[seed % types.size()], steps))) << "seed " << seed;
  }
}

TEST_F(LiveTest, TheSameOrdersWithoutTheRightToRebootGiveTheSame) {
  const WithoutSysBoot without;
  model().SetPrivileges(PrivilegesOfThisProcess());
  RunEverySequence();
}

}  // namespace
}  // namespace kvm_model
