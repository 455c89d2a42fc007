#include "tests/reference/pages.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "gtest/gtest.h"

namespace kvm_model {
namespace {

std::filesystem::path Folder() {
  return std::filesystem::path(std::getenv("TEST_SRCDIR")) / std::getenv("TEST_WORKSPACE") /
         "docs" / "reference";
}

TEST(ReferencePagesTest, AreWhatTheModelSays) {
  for (const ReferencePage& page : RenderReferencePages()) {
    std::ifstream file(Folder() / page.file);
    ASSERT_TRUE(file) << page.file << ": bazel run //tests/reference:render_pages";
    const std::string text(std::istreambuf_iterator<char>(file), {});
    // Compared as a whole, but not printed: a page is long.
    EXPECT_TRUE(text == page.text)
        << page.file << " is stale: bazel run //tests/reference:render_pages";
  }
}

TEST(ReferencePagesTest, NothingElseLooksRendered) {
  std::set<std::string> rendered;
  for (const ReferencePage& page : RenderReferencePages()) rendered.insert(page.file);
  for (const auto& entry : std::filesystem::directory_iterator(Folder())) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("arch-") || name.starts_with("group-")) {
      EXPECT_TRUE(rendered.contains(name)) << name;
    }
  }
}

}  // namespace
}  // namespace kvm_model
