// Files that tests of the command's parts write.
#ifndef KVM_MODEL_TESTS_CLI_SCENARIO_FILE_H_
#define KVM_MODEL_TESTS_CLI_SCENARIO_FILE_H_

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace kvm_model::cli {

// Writes a file of that name for the test, and returns its path.
inline std::string WriteFile(std::string_view name, std::string_view text) {
  const std::string path = ::testing::TempDir() + std::string(name);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  return path;
}

// What is in the file; empty where there is none.
inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Two pages are written, a pin keeps a conversion from happening, and then it is made; a guest
// writes, and a child does.
inline constexpr std::string_view kStory = R"(# A pin keeps a page from being converted.
host x86 rfc-v4
kvm  = open()
vm   = create_vm(kvm, type=SW_PROTECTED)
gmem = create_guest_memfd(vm, size=4p, flags=MMAP|INIT_SHARED)
map  = mmap(gmem, offset=0, size=3p)
set_user_memory_region2(vm, 1, GUEST_MEMFD, 4G, 2p, map, gmem, 1p)
host_write(map, 1p, 'A')
pin  = pin(map, 1p)
set_memory_attributes2(gmem, 1p, 1p, PRIVATE, PRESERVE) -> EAGAIN error_offset=1p
unpin(pin)
set_memory_attributes2(gmem, 1p, 1p, PRIVATE, PRESERVE) -> 0
guest_write(vm, 4G, '<')
host_read(map, 1p) -> SIGBUS
child = fork()
child: host_write(map, 0, 'c')
)";

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TESTS_CLI_SCENARIO_FILE_H_
