// KVM_CREATE_VM: which types each architecture makes.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arch/registry.h"
#include "gtest/gtest.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

using Settings = std::vector<SettingAssignment>;

constexpr std::uint64_t kHuge = std::uint64_t{1} << 32;
constexpr std::uint64_t kLast = ~std::uint64_t{0};

// On one host: the types that can be made, and some that can't (EINVAL).
struct HostTypes {
  std::string name;
  std::string arch;
  Settings settings;
  std::vector<std::uint64_t> made;
  std::vector<std::uint64_t> refused;
};

std::vector<HostTypes> AllHosts() {
  const Settings hv_only = {{"CONFIG_KVM_BOOK3S_64_HV", "y"}, {"CONFIG_KVM_BOOK3S_64_PR", "n"}};
  const Settings pr_only = {{"CONFIG_KVM_BOOK3S_64_HV", "n"}, {"CONFIG_KVM_BOOK3S_64_PR", "y"}};
  const Settings hv_and_pr = {{"CONFIG_KVM_BOOK3S_64_HV", "y"}, {"CONFIG_KVM_BOOK3S_64_PR", "y"}};
  const Settings neither = {{"CONFIG_KVM_BOOK3S_64_HV", "n"}, {"CONFIG_KVM_BOOK3S_64_PR", "n"}};
  return {
      {"x86_any", "x86", {}, {0, 1, 2, 3, 4, 5}, {6, 7, 31, 32, 33, 64, kHuge, kHuge + 1, kLast}},
      {"x86_intel", "x86", {{"hw.vendor", "intel"}}, {0, 1, 5}, {2, 3, 4, 6, 32, kHuge, kLast}},
      {"x86_amd", "x86", {{"hw.vendor", "amd"}}, {0, 1, 2, 3, 4}, {5, 6, 32, kHuge, kLast}},
      {"x86_amd_without_snp",
       "x86",
       {{"hw.vendor", "amd"}, {"hw.snp", "n"}},
       {0, 1, 2, 3},
       {4, 5, 6}},
      {"x86_amd_with_sev_alone",
       "x86",
       {{"hw.vendor", "amd"}, {"hw.sev_es", "n"}},
       {0, 1, 2},
       {3, 4, 5}},
      {"x86_pvm", "x86", {{"hw.vendor", "pvm"}}, {0}, {1, 2, 3, 4, 5, 6, 7, 32, kHuge}},
      {"x86_without_tdp", "x86", {{"hw.tdp", "n"}}, {0}, {1, 2, 3, 4, 5, 6}},
      {"x86_without_the_tdp_mmu", "x86", {{"kvm.tdp_mmu", "n"}}, {0, 2, 3, 4}, {1, 5, 6}},
      {"x86_without_sw_protected",
       "x86",
       {{"CONFIG_KVM_SW_PROTECTED_VM", "n"}},
       {0, 2, 3, 4, 5},
       {1, 6}},
      {"x86_32_bit", "x86", {{"CONFIG_64BIT", "n"}}, {0}, {1, 2, 3, 4, 5, 6}},
      {"arm64_48_bits",
       "arm64",
       {},
       {0, 32, 33, 40, 47, 48},
       {1, 2, 31, 49, 52, 64, 255, 256, 256 + 40, kHuge, kHuge + 40, std::uint64_t{1} << 31,
        kLast}},
      {"arm64_52_bits", "arm64", {{"hw.ipa_bits", "52"}}, {0, 32, 52}, {31, 53, 256}},
      {"arm64_40_bits", "arm64", {{"hw.ipa_bits", "40"}}, {0, 32, 40}, {31, 41}},
      // The default size of 40 bits doesn't fit.
      {"arm64_36_bits", "arm64", {{"hw.ipa_bits", "36"}}, {32, 36}, {0, 37, 40}},
      {"arm64_32_bits", "arm64", {{"hw.ipa_bits", "32"}}, {32}, {0, 33}},
      {"riscv", "riscv", {}, {0, 1, 2, 255, kHuge, kLast}, {}},
      {"loongarch", "loongarch", {}, {0, 1, 2, 255, kHuge, kLast}, {}},
      {"s390", "s390", {}, {0}, {1, 2, 3, kHuge, kLast}},
      {"s390_ucontrol",
       "s390",
       {{"CONFIG_KVM_S390_UCONTROL", "y"}},
       {0, 1},
       {2, 3, 4, kHuge, kHuge + 1, kLast}},
      {"powerpc_hv", "powerpc", hv_only, {0, 1}, {2, 3, kHuge, kLast}},
      {"powerpc_pr", "powerpc", pr_only, {0, 2}, {1, 3, kHuge, kLast}},
      {"powerpc_hv_and_pr", "powerpc", hv_and_pr, {0, 1, 2}, {3, kHuge, kHuge + 1, kLast}},
      {"powerpc_neither", "powerpc", neither, {}, {0, 1, 2, 3, kLast}},
      {"mips", "mips", {}, {0, 1}, {2, 3, kHuge, kLast}},
  };
}

class VmTypeTest : public ::testing::Test {
 public:
  VmTypeTest(HostTypes host, std::uint64_t type, bool made)
      : host_(std::move(host)), type_(type), made_(made) {}

  void TestBody() override {
    for (const std::string_view revision :
         {"linux-6.12", "linux-6.18", "linux-7.0", "rfc-v4", "next-20260923"}) {
      if (!Boots(revision)) continue;
      Machine machine(host_.arch, host_.settings, revision);
      const Result<int> vm = machine.CreateVm(type_);
      const bool trust_domain = host_.arch == "x86" && type_ == uapi::kX86TdxVm;
      if (!made_ || (trust_domain && !FindRevision(revision)->x86_tdx)) {
        EXPECT_THAT(vm, FailsWith(uapi::Errno::kEINVAL)) << revision;
        EXPECT_EQ(machine.task().fds().Open().size(), 1U) << "only /dev/kvm is open";
        continue;
      }
      ASSERT_THAT(vm, Succeeds()) << revision;
      EXPECT_EQ(machine.VmOf(*vm)->type().number, type_);
    }
  }

 private:
  // Some hosts are of later revisions alone.
  bool Boots(std::string_view revision) const {
    return Host::Create(*FindArch(host_.arch), *FindRevision(revision), host_.settings).has_value();
  }

  const HostTypes host_;
  const std::uint64_t type_;
  const bool made_;
};

void Register(const HostTypes& host, std::uint64_t type, bool made) {
  const std::string name =
      host.name + "_" + std::to_string(type) + (made ? "_is_made" : "_is_refused");
  ::testing::RegisterTest("VmTypeTest", name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                          [=]() -> ::testing::Test* { return new VmTypeTest(host, type, made); });
}

[[maybe_unused]] const bool kRegistered = [] {
  for (const HostTypes& host : AllHosts()) {
    for (const std::uint64_t type : host.made) Register(host, type, true);
    for (const std::uint64_t type : host.refused) Register(host, type, false);
  }
  return true;
}();

// KVM_CAP_VM_TYPES is x86's: the bits are the types that can be made.
TEST(VmTypesCapabilityTest, HasABitForEachTypeThatCanBeMade) {
  for (const HostTypes& host : AllHosts()) {
    if (host.arch != "x86") continue;
    Machine machine(host.arch, host.settings);
    std::int64_t expected = 0;
    for (const std::uint64_t type : host.made) expected |= std::int64_t{1} << type;
    EXPECT_THAT(machine.Check(machine.kvm(), 235), Answers(expected)) << host.name;
    EXPECT_THAT(machine.Check(*machine.CreateVm(), 235), Answers(expected)) << host.name;
  }
}

}  // namespace
}  // namespace kvm_model
