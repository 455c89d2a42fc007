#include "arch/registry.h"

#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"

namespace kvm_model {
namespace {

TEST(RegistryTest, HoldsTheSevenArchitecturesX86First) {
  std::vector<std::string_view> names;
  for (const Arch* arch : Architectures()) names.push_back(arch->traits().name);
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("x86", "arm64", "riscv", "s390", "loongarch",
                                                     "powerpc", "mips"));
  EXPECT_EQ(names.front(), "x86");
}

TEST(RegistryTest, FindsEachByItsNameAlways) {
  for (const Arch* arch : Architectures()) {
    EXPECT_EQ(FindArch(arch->traits().name), arch);
    EXPECT_EQ(FindArch(arch->traits().name), arch);
  }
}

TEST(RegistryTest, FindsNothingElse) {
  for (const std::string_view name : {"", "generic", "X86", "x86_64", "amd64", "x86 ", " x86", "x8",
                                      "aarch64", "arm", "riscv64", "s390x", "ppc", "mips64"}) {
    EXPECT_EQ(FindArch(name), nullptr) << name;
  }
  EXPECT_EQ(FindArch(std::string_view("x86\0", 4)), nullptr);
}

TEST(RegistryTest, EveryArchitectureBootsWithItsDefaultsOnEveryRevision) {
  for (const Arch* arch : Architectures()) {
    for (const Revision& revision : Revisions()) {
      const auto host = Host::Create(*arch, revision);
      ASSERT_TRUE(host.has_value()) << arch->traits().name << ": " << host.error().message;
      EXPECT_EQ(&(*host)->arch(), arch);
    }
  }
}

}  // namespace
}  // namespace kvm_model
