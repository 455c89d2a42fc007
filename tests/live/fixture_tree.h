// FixtureTree: a machine's files, under a directory of the test's own.
#ifndef KVM_MODEL_TESTS_LIVE_FIXTURE_TREE_H_
#define KVM_MODEL_TESTS_LIVE_FIXTURE_TREE_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace kvm_model {

class FixtureTree {
 public:
  // `name` tells the trees of one test program apart.
  explicit FixtureTree(std::string_view name);
  ~FixtureTree();
  FixtureTree(const FixtureTree&) = delete;
  FixtureTree& operator=(const FixtureTree&) = delete;

  const std::string& root() const { return root_; }

  // `path` is absolute as on the machine; folders are made as needed.
  FixtureTree& Write(std::string_view path, std::string_view text);
  FixtureTree& WriteGzip(std::string_view path, std::string_view text);
  // 8 bytes at an offset, lowest first, as a model-specific register is read.
  FixtureTree& WriteWord(std::string_view path, std::uint64_t offset, std::uint64_t word);
  FixtureTree& Remove(std::string_view path);

 private:
  std::string Make(std::string_view path) const;

  const std::string root_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_LIVE_FIXTURE_TREE_H_
