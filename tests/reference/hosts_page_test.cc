#include "tests/reference/hosts_page.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"

namespace kvm_model {
namespace {

TEST(HostsPage, IsWhatTheTablesSay) {
  const std::string path = std::string(std::getenv("TEST_SRCDIR")) + "/" +
                           std::getenv("TEST_WORKSPACE") + "/docs/reference/hosts.md";
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  const std::string page(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(page, RenderHostsPage())
      << "bazel run //tests/reference:render_hosts_page > docs/reference/hosts.md";
}

}  // namespace
}  // namespace kvm_model
