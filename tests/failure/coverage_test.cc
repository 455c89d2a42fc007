// Every ioctl that the model handles on any host is a row of the campaigns' table.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gtest/gtest.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "tests/failure/calls.h"
#include "tests/hostile/forms.h"
#include "tests/hostile/world.h"
#include "uapi/ioctls.h"

namespace kvm_model::failure {
namespace {

using uapi::FdKind;

// Whether a call has come to code of its own: neither "unknown" nor "not modelled".
bool IsHandled(const TrailRecorder& trail, std::string_view ioctl) {
  return std::ranges::none_of(trail.steps(), [ioctl](const TrailStep& step) {
    return step.text == "the ioctl is unknown here" ||
           step.text == "the ioctl is not KVM_SET_MEMORY_ATTRIBUTES2" ||
           (step.certainty == Certainty::kNotModelled && step.text == ioctl);
  });
}

bool HasRow(std::string_view ioctl, FdKind kind) {
  return std::ranges::any_of(
      Calls(), [=](const Call& call) { return call.name == ioctl && call.kind == kind; });
}

TEST(CoverageTest, EveryIoctlThatIsHandledHasARow) {
  int handled = 0;
  for (const HostChoice& choice : hostile::HostChoices()) {
    for (const FdKind kind : {FdKind::kSystem, FdKind::kVm, FdKind::kVcpu, FdKind::kGuestMemfd}) {
      for (std::size_t i = 0; i < uapi::AllIoctls().size(); ++i) {
        const uapi::IoctlId id{static_cast<std::uint8_t>(i)};
        World world(choice);
        const int fd = hostile::DescriptorOf(world, kind);
        if (fd < 0 || world.Request(id) == 0) continue;
        TrailRecorder trail;
        world.task().SetTrailListener(&trail);
        (void)world.task().Ioctl(fd, world.Request(id), std::uint64_t{0});
        world.task().SetTrailListener(nullptr);
        const std::string_view name = uapi::GetIoctl(id).name;
        if (!IsHandled(trail, name)) continue;
        ++handled;
        EXPECT_TRUE(HasRow(name, kind)) << name << " on " << choice.name;
      }
    }
  }
  EXPECT_GT(handled, 100);
}

}  // namespace
}  // namespace kvm_model::failure
