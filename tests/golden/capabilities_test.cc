// Every recorded answer of KVM_CHECK_EXTENSION, on /dev/kvm and on a VM, and for the numbers that
// are not in the recording the answer 0.
#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/str_format.h"
#include "gtest/gtest.h"
#include "kvm_model/result.h"
#include "tests/golden/recording.h"
#include "tests/kvm_model/machine.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model {
namespace {

constexpr std::int64_t kLast = 252;

Machine& TheMachine() {
  static auto* const kMachine =
      new Machine("x86", {{"hw.vendor", "pvm"}, {"hw.cpus", "2"}}, "linux-6.18");
  return *kMachine;
}

class RecordedCapabilityTest : public ::testing::Test {
 public:
  RecordedCapabilityTest(std::int64_t number, RecordedCapability recorded)
      : number_(number), recorded_(recorded) {}

  void TestBody() override {
    static const int kVm = TheMachine().CreateVm().value();
    Compare(TheMachine().Check(TheMachine().kvm(), number_), recorded_.system);
    Compare(TheMachine().Check(kVm, number_), recorded_.vm);
  }

 private:
  void Compare(const Result<std::int64_t>& answer, std::int64_t recorded) const {
    ASSERT_TRUE(answer.has_value()) << uapi::ErrnoName(answer.error());
    EXPECT_EQ(*answer, recorded);
  }

  const std::int64_t number_;
  const RecordedCapability recorded_;
};

TEST(CapabilityRecordingTest, HasTheNumbersOfThatKernel) {
  const auto recorded = ReadCapabilityRecording();
  EXPECT_EQ(recorded.size(), 99U);
  EXPECT_LE(recorded.rbegin()->first, kLast);
}

TEST(CapabilityRecordingTest, TheRecordedMachineHasTheSameApiAndVcpuMapping) {
  Machine& machine = TheMachine();
  const auto on_device = [&machine](std::uint32_t request) {
    return machine.task().Ioctl(machine.kvm(), request, std::uint64_t{0}).value();
  };
  EXPECT_EQ(on_device(uapi::RequestOf("KVM_GET_API_VERSION")), 12);
  EXPECT_EQ(on_device(uapi::RequestOf("KVM_GET_VCPU_MMAP_SIZE")), 12288);
}

[[maybe_unused]] const bool kRegistered = [] {
  const std::map<std::int64_t, RecordedCapability> recorded = ReadCapabilityRecording();
  for (std::int64_t number = 0; number <= kLast; ++number) {
    const auto found = recorded.find(number);
    const RecordedCapability answers =
        found == recorded.end() ? RecordedCapability{} : found->second;
    ::testing::RegisterTest("RecordedCapabilityTest", absl::StrFormat("%03d", number).c_str(),
                            nullptr, nullptr, __FILE__, __LINE__,
                            [number, answers]() -> ::testing::Test* {
                              return new RecordedCapabilityTest(number, answers);
                            });
  }
  return true;
}();

}  // namespace
}  // namespace kvm_model
