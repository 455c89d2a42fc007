#include "tools/cli/presets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "nlohmann/json.hpp"
#include "tests/cli/command_line.h"
#include "tools/cli/capability_query.h"
#include "tools/cli/host_spec.h"

namespace kvm_model::cli {
namespace {

TEST(PresetsTest, EachIsAHostWithItsVmOnEveryRevision) {
  for (const Preset& preset : Presets()) {
    for (const Revision& revision : Revisions()) {
      const std::string text = absl::StrFormat("%s/%s", preset.name, revision.name);
      const auto spec = ParseHostSpec(text);
      ASSERT_TRUE(spec.has_value()) << spec.error();
      EXPECT_EQ(spec->arch->traits().name, preset.arch) << text;
      EXPECT_EQ(spec->revision->name, revision.name);
      EXPECT_EQ(spec->vm_type, preset.vm_type) << text;
      const auto host = CreateHost(*spec);
      if (preset.vm_type == "TDX" && !revision.x86_tdx) {
        EXPECT_FALSE(host.has_value()) << text;
        continue;
      }
      ASSERT_TRUE(host.has_value()) << text << ": " << host.error();
      EXPECT_TRUE(CapabilityAsker::Open(*host, spec->vm_type).has_value()) << text;
    }
  }
}

TEST(PresetsTest, TheRevisionOfEachExists) {
  for (const Preset& preset : Presets()) {
    EXPECT_NE(FindRevision(preset.revision), nullptr) << preset.name;
  }
}

TEST(PresetsTest, NamesAreUniqueAndNoArchitectures) {
  std::set<std::string_view> names;
  for (const Preset& preset : Presets()) {
    EXPECT_TRUE(names.insert(preset.name).second) << preset.name;
    EXPECT_EQ(FindArch(preset.name), nullptr) << preset.name;
    EXPECT_EQ(preset.name.find_first_of("/,= "), std::string_view::npos) << preset.name;
  }
}

TEST(PresetsTest, EveryArchitectureHasOne) {
  std::set<std::string_view> archs;
  for (const Preset& preset : Presets()) archs.insert(preset.arch);
  for (const Arch* arch : Architectures()) {
    EXPECT_TRUE(archs.contains(arch->traits().name)) << arch->traits().name;
  }
}

TEST(PresetsTest, AnUnknownNameFindsNone) { EXPECT_EQ(FindPreset("x86"), nullptr); }

TEST(CapsHostsTest, TextNamesEachPresetAndTheHostThatItMeans) {
  const Outcome outcome = RunCaps("hosts");
  EXPECT_EQ(outcome.exit_code, 0);
  for (const Preset& preset : Presets()) {
    EXPECT_THAT(outcome.out, ::testing::HasSubstr(std::string(preset.name) + " "));
    EXPECT_THAT(outcome.out, ::testing::HasSubstr(
                                 "= " + ToText(*ParseHostSpec(std::string(preset.name))) + "\n"));
  }
}

TEST(CapsHostsTest, JsonAndCsvHaveARowEach) {
  const nlohmann::json json = CapsJson("hosts");
  ASSERT_EQ(json.size(), Presets().size());
  EXPECT_EQ(json[0]["name"], Presets()[0].name);
  EXPECT_EQ(json[0]["arch"], "x86");
  EXPECT_TRUE(json[0]["settings"].is_array());
  const Outcome csv = RunCaps("hosts --format csv");
  EXPECT_THAT(csv.out, ::testing::StartsWith("name,description,arch,revision,vm_type,settings\n"));
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(csv.out, '\n')), Presets().size() + 1);
}

}  // namespace
}  // namespace kvm_model::cli
