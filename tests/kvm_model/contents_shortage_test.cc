// The program may not write to the file that holds a guest_memfd's bytes: what does fails, and the
// decision trail says that no kernel decided so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstddef>
#include <string>
#include <variant>

#include "kvm_model/guest_fault.h"
#include "kvm_model/mapping.h"
#include "kvm_model/populate.h"
#include "kvm_model/result.h"
#include "kvm_model/shortage.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "tests/kvm_model/conversion_world.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "tests/kvm_model/resource_limit.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

using ::testing::HasSubstr;
using uapi::Errno;

// What the call answers while the program may write no file (its own output neither).
template <typename Call>
auto WithNoFileSize(Call call) {
  const ResourceLimit none(RLIMIT_FSIZE, 0);
  return call();
}

const std::string kTold = std::string(kRoomForContentsIsShort) + ": yes";

TEST(ContentsShortageTest, AProgramsStoreRaisesSigbus) {
  ConversionWorld world;
  TrailRecorder recorder;
  world.machine().task().SetTrailListener(&recorder);
  EXPECT_THAT(WithNoFileSize([&world] { return world.HostWrite(0, 7); }),
              FailsWith(Signal::kSIGBUS));
  world.machine().task().SetTrailListener(nullptr);
  EXPECT_THAT(recorder.ToText(), HasSubstr(kTold));
  EXPECT_THAT(world.HostWrite(0, 7), Succeeds());
}

TEST(ContentsShortageTest, AGuestsWriteExits) {
  ConversionWorld world;
  TrailRecorder recorder;
  const auto write = [&world, &recorder] {
    return GuestWrite(world.vm(), ConversionWorld::kFirstGfn * world.machine().page_size(),
                      std::byte{7}, GuestAddressing::kAuto, Trail(&recorder));
  };
  const GuestAccessResult failed = WithNoFileSize(write);
  ASSERT_TRUE(std::holds_alternative<MemoryFaultExit>(failed));
  EXPECT_EQ(std::get<MemoryFaultExit>(failed).error, Errno::kENOMEM);
  EXPECT_THAT(recorder.ToText(), HasSubstr(kTold));
  EXPECT_TRUE(std::holds_alternative<std::byte>(write()));
}

TEST(ContentsShortageTest, PopulatingFails) {
  ConversionWorld::Options options;
  options.vm_type = uapi::kX86SnpVm;
  options.flags = kMmap;
  ConversionWorld world(options);
  TrailRecorder recorder;
  const auto populate = [&world, &recorder] {
    return Populate(world.vm(), ConversionWorld::kFirstGfn, 1, std::byte{7}, Trail(&recorder));
  };
  EXPECT_THAT(WithNoFileSize(populate), FailsWith(Errno::kENOMEM));
  EXPECT_THAT(recorder.ToText(), HasSubstr(kTold));
  EXPECT_THAT(populate(), Answers(1));
}

// The kernel's content modes can't fail so: the model's goes on as after the kernel's WARN.
TEST(ContentsShortageTest, ScramblingIsWarnedOf) {
  ConversionWorld world;
  ASSERT_THAT(world.HostRead(0), ::testing::Truly([](const auto& byte) { return byte == 0; }));
  TrailRecorder recorder;
  world.machine().task().SetTrailListener(&recorder);
  EXPECT_THAT(WithNoFileSize([&world] { return world.Convert({0, 1}, kPrivate, kUnspecified); }),
              Succeeds());
  world.machine().task().SetTrailListener(nullptr);
  EXPECT_THAT(recorder.ToText(), HasSubstr("* " + std::string(kRoomForContentsIsShort)));
}

}  // namespace
}  // namespace kvm_model
