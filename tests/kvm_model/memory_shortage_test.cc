// The program's own memory runs short while the map of attributes gets ready: the call fails as it
// does where the kernel's runs short, and changes nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "tests/kvm_model/conversion_world.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace {

bool memory_is_short = false;

}  // namespace

void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return memory_is_short ? nullptr : std::malloc(bytes);
}
void* operator new(std::size_t bytes) {
  void* const memory = std::malloc(bytes);
  if (memory == nullptr) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

namespace kvm_model {
namespace {

using uapi::Errno;

// The kernel's request is made first, and granted; then there is none.
void ExpectShortage(ConversionWorld& world, int fd, std::string_view granted) {
  const Snapshot before = world.Take();
  TrailRecorder recorder;
  world.machine().task().SetTrailListener(&recorder);
  memory_is_short = true;
  const auto answer = world.machine().Convert(fd, {2, 3}, kPrivate);
  memory_is_short = false;
  world.machine().task().SetTrailListener(nullptr);
  EXPECT_THAT(answer, FailsWith(Errno::kENOMEM));
  EXPECT_NE(recorder.ToText().find(granted), std::string::npos) << recorder.ToText();
  EXPECT_TRUE(world.Take() == before);
}

TEST(MemoryShortageTest, AConversionFails) {
  ConversionWorld world;
  ExpectShortage(world, world.guest_memfd_fd(), "memory for the tree's nodes is short: no");
  EXPECT_THAT(world.Convert({0, 1}, kPrivate), Succeeds());
}

TEST(MemoryShortageTest, SettingAVmsAttributesFails) {
  ConversionWorld::Options options;
  options.settings = {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}};
  options.flags = kMmap;
  ConversionWorld world(options);
  ExpectShortage(world, world.vm_fd(), "memory for the entries is short: no");
  EXPECT_THAT(world.machine().Convert(world.vm_fd(), {0, 1}, kPrivate), Succeeds());
}

}  // namespace
}  // namespace kvm_model
