#include "tests/live/fixture_tree.h"

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace kvm_model {

FixtureTree::FixtureTree(std::string_view name)
    : root_(::testing::TempDir() + "/" + std::string(name)) {
  std::filesystem::remove_all(root_);
}

FixtureTree::~FixtureTree() { std::filesystem::remove_all(root_); }

std::string FixtureTree::Make(std::string_view path) const {
  const std::filesystem::path whole = root_ + std::string(path);
  std::filesystem::create_directories(whole.parent_path());
  return whole.string();
}

FixtureTree& FixtureTree::Write(std::string_view path, std::string_view text) {
  std::ofstream(Make(path), std::ios::binary) << text;
  return *this;
}

FixtureTree& FixtureTree::WriteGzip(std::string_view path, std::string_view text) {
  const gzFile file = gzopen(Make(path).c_str(), "wb");
  EXPECT_EQ(gzwrite(file, text.data(), static_cast<unsigned>(text.size())),
            static_cast<int>(text.size()));
  EXPECT_EQ(gzclose_w(file), Z_OK);
  return *this;
}

FixtureTree& FixtureTree::WriteWord(std::string_view path, std::uint64_t offset,
                                    std::uint64_t word) {
  std::ofstream file(Make(path), std::ios::binary);
  file.seekp(static_cast<std::streamoff>(offset));
  for (int byte = 0; byte < 8; ++byte) file.put(static_cast<char>(word >> (8 * byte) & 0xff));
  return *this;
}

FixtureTree& FixtureTree::Remove(std::string_view path) {
  EXPECT_GT(std::filesystem::remove_all(root_ + std::string(path)), 0U);
  return *this;
}

}  // namespace kvm_model
