// Which conversions are accepted, by VM type, direction and content mode: one test a cell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/host.h"
#include "kvm_model/page.h"
#include "tests/kvm_model/conversion_world.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using ::testing::ElementsAre;
using uapi::Errno;

struct Column {
  std::string_view name;
  std::uint64_t attributes;
  std::uint64_t flags;
};

constexpr auto kColumns = std::to_array<Column>({
    {"to_shared_UNSPECIFIED", kShared, kUnspecified},
    {"to_shared_ZERO", kShared, kZero},
    {"to_shared_PRESERVE", kShared, kPreserve},
    {"to_shared_both", kShared, kZero | kPreserve},
    {"to_private_UNSPECIFIED", kPrivate, kUnspecified},
    {"to_private_ZERO", kPrivate, kZero},
    {"to_private_PRESERVE", kPrivate, kPreserve},
    {"to_private_both", kPrivate, kZero | kPreserve},
});

using Expected = std::optional<Errno>;
constexpr Expected kOk = std::nullopt;
constexpr Expected kInval = Errno::kEINVAL;
constexpr Expected kOpNotSupp = Errno::kEOPNOTSUPP;

using Cells = std::array<Expected, kColumns.size()>;
constexpr Cells kSwProtected = {kOk, kOk, kOk, kInval, kOk, kOpNotSupp, kOk, kInval};
constexpr Cells kConfidential = {kOk, kOk, kOpNotSupp, kInval, kOk, kOpNotSupp, kOpNotSupp, kInval};
// PRIVATE isn't supported at all, which is found out before the content mode is looked at.
constexpr Cells kNoPrivateMemory = {kOk,    kOpNotSupp, kOpNotSupp, kInval,
                                    kInval, kInval,     kInval,     kInval};

struct Row {
  std::string_view name;
  std::string_view arch;
  std::uint64_t vm_type;
  Cells cells;
  std::vector<SettingAssignment> settings = {};
};

std::vector<Row> Rows() {
  return {
      {"x86_SW_PROTECTED", "x86", uapi::kX86SwProtectedVm, kSwProtected},
      {"x86_SNP", "x86", uapi::kX86SnpVm, kConfidential},
      {"x86_TDX", "x86", uapi::kX86TdxVm, kConfidential},
      {"x86_DEFAULT", "x86", uapi::kX86DefaultVm, kNoPrivateMemory},
      {"x86_SEV", "x86", uapi::kX86SevVm, kNoPrivateMemory},
      {"x86_SEV_ES", "x86", uapi::kX86SevEsVm, kNoPrivateMemory},
      {"arm64", "arm64", 0, kNoPrivateMemory},
      {"arm64_64K_pages", "arm64", 0, kNoPrivateMemory, {{"CONFIG_PAGE_SHIFT", "16"}}},
  };
}

struct Cell {
  Row row;
  Column column;
  Expected expected;
};

std::vector<Cell> AllCells() {
  std::vector<Cell> cells;
  for (const Row& row : Rows()) {
    for (std::size_t i = 0; i < kColumns.size(); ++i) {
      cells.push_back({row, kColumns[i], row.cells[i]});
    }
  }
  return cells;
}

class ConversionMatrixTest : public ::testing::TestWithParam<Cell> {};

// What is accepted doesn't depend on how the file began.
TEST_P(ConversionMatrixTest, AnswersAsTheTableSays) {
  const auto& [row, column, expected] = GetParam();
  for (const std::uint64_t flags : {kMmap, kMmap | kInitShared}) {
    SCOPED_TRACE(flags == kMmap ? "from private" : "from shared");
    ConversionWorld world({row.arch, row.settings, row.vm_type, flags});
    const Snapshot before = world.Take();
    uapi::kvm_memory_attributes2 left{};
    const PageRange range{2, 5};
    const auto answer = world.Convert(range, column.attributes, column.flags, &left);
    if (!expected.has_value()) {
      EXPECT_THAT(answer, Answers(0));
      const Snapshot after = world.Take();
      const std::uint64_t initial = flags == kMmap ? kPrivate : kShared;
      if (initial == column.attributes) {
        EXPECT_EQ(after.attributes, before.attributes);
      } else {
        EXPECT_THAT(after.attributes, ElementsAre(AttributeRun{{0, 2}, initial},
                                                  AttributeRun{range, column.attributes},
                                                  AttributeRun{{5, 8}, initial}));
      }
      EXPECT_EQ(left.error_offset, 0u);
    } else {
      EXPECT_THAT(answer, FailsWith(*expected));
      EXPECT_TRUE(world.Take() == before) << "a failing call changed something";
      const bool writes_back = *expected == Errno::kEOPNOTSUPP;
      EXPECT_EQ(left.error_offset, writes_back ? 2 * world.machine().page_size() : 0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cells, ConversionMatrixTest, ::testing::ValuesIn(AllCells()),
                         [](const auto& test) {
                           return absl::StrFormat("%s_%s", test.param.row.name,
                                                  test.param.column.name);
                         });

}  // namespace
}  // namespace kvm_model
