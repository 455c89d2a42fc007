// Every recorded errno, as a case of its own. There is no list of exceptions.
#include <cstddef>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "gtest/gtest.h"
#include "tests/capabilities/table.h"
#include "tests/golden/program.h"
#include "tests/golden/recording.h"

namespace kvm_model {
namespace {

std::vector<ProgramRow> AllRows() {
  std::vector<ProgramRow> all;
  for (const auto& part : {DeviceRows(), GuestMemfdRows(), MappingRows(), MemslotRows(),
                           GuestMemfdSlotRows(), VcpuRows(), EnableCapRows(), ChildRows()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

struct Answer {
  std::string text;
  bool descriptor = false;
};

// What the model answers to the whole program, which runs once.
const std::map<std::string, Answer>& ModelAnswers() {
  static const auto* const kAnswers = [] {
    auto* answers = new std::map<std::string, Answer>;
    Program program;
    for (const ProgramRow& row : AllRows()) {
      (*answers)[row.name] = {row.run(program), row.descriptor};
    }
    return answers;
  }();
  return *kAnswers;
}

class RecordedErrnoTest : public ::testing::Test {
 public:
  explicit RecordedErrnoTest(RecordedRow row) : row_(std::move(row)) {}

  void TestBody() override {
    const auto answer = ModelAnswers().find(row_.name);
    ASSERT_NE(answer, ModelAnswers().end()) << "the program doesn't make this call";
    if (answer->second.descriptor) {
      EXPECT_GE(std::stoi(row_.answer), 0);
      EXPECT_FALSE(answer->second.text.starts_with("-")) << answer->second.text;
    } else {
      EXPECT_EQ(answer->second.text, row_.answer);
    }
  }

 private:
  const RecordedRow row_;
};

TEST(ErrnoRecordingTest, EachRowHasANameOfItsOwn) {
  std::set<std::string> names;
  for (const RecordedRow& row : ReadErrnoRecording()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.answer.empty()) << row.name;
  }
  EXPECT_EQ(names.size(), 230U);
}

TEST(ErrnoRecordingTest, TheProgramMakesTheRecordedCallsInTheRecordedOrder) {
  std::vector<std::string> recorded;
  for (const RecordedRow& row : ReadErrnoRecording()) recorded.push_back(row.name);
  std::vector<std::string> made;
  for (const ProgramRow& row : AllRows()) made.push_back(row.name);
  EXPECT_EQ(made, recorded);
}

[[maybe_unused]] const bool kRegistered = [] {
  const std::vector<RecordedRow> rows = ReadErrnoRecording();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string name = absl::StrFormat("%03d_%s", i + 1, TestName(rows[i].name));
    ::testing::RegisterTest(
        "RecordedErrnoTest", name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
        [row = rows[i]]() -> ::testing::Test* { return new RecordedErrnoTest(row); });
  }
  return true;
}();

}  // namespace
}  // namespace kvm_model
