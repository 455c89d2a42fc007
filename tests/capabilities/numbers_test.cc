// What each header calls the numbers of guest_memfd and memory attributes, and that the model takes
// the names for those numbers.
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "kvm_model/revision.h"
#include "tests/capabilities/table.h"
#include "uapi/capabilities.h"
#include "uapi/header_version.h"

namespace kvm_model {
namespace {

constexpr char kTable[] = "tests/data/capability_numbers.tsv";

class NumberTest : public ::testing::Test {
 public:
  NumberTest(int number, uapi::HeaderVersion header, std::string name)
      : number_(number), header_(header), name_(std::move(name)) {}

  void TestBody() override {
    if (name_ == "-") {
      EXPECT_EQ(uapi::CapabilityNameIn(number_, header_), "");
      return;
    }
    EXPECT_EQ(uapi::CapabilityNameIn(number_, header_), name_);
    EXPECT_EQ(uapi::CapabilityNumberIn(name_, header_), number_);
  }

 private:
  const int number_;
  const uapi::HeaderVersion header_;
  const std::string name_;
};

TEST(CapabilityNumbersTest, TheTableHasEveryHeader) {
  const Table table = ReadTable(kTable);
  ASSERT_EQ(table.columns.size(), uapi::kHeaderVersions.size() + 1);
  for (std::size_t i = 1; i < table.columns.size(); ++i) {
    EXPECT_EQ(uapi::HeaderVersionByName(table.columns[i]), uapi::kHeaderVersions[i - 1]);
  }
}

TEST(CapabilityNumbersTest, EachRevisionNamesNumbersByTheHeaderOfItsName) {
  for (const Revision& revision : Revisions()) {
    EXPECT_EQ(uapi::HeaderVersionByName(revision.name), revision.header) << revision.name;
  }
}

[[maybe_unused]] const bool kRegistered = [] {
  const Table table = ReadTable(kTable);
  for (const auto& row : table.rows) {
    for (std::size_t i = 1; i < row.size(); ++i) {
      const std::optional<uapi::HeaderVersion> header = uapi::HeaderVersionByName(table.columns[i]);
      if (!header.has_value()) continue;
      const std::string name = TestName(row[0] + "_in_" + table.columns[i]);
      ::testing::RegisterTest(
          "NumberTest", name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
          [number = std::stoi(row[0]), header = *header, text = row[i]]() -> ::testing::Test* {
            return new NumberTest(number, header, text);
          });
    }
  }
  return true;
}();

}  // namespace
}  // namespace kvm_model
