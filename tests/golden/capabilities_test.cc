// Every recorded answer of KVM_CHECK_EXTENSION, on /dev/kvm and on a VM, and for the numbers that
// are not in the recording the answer 0.
#include <algorithm>
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

// Numbers that x86's own function answers, which the model doesn't hold. Each must say so: one that
// is answered has no place here.
constexpr std::int64_t kExceptions[] = {
    0,   1,   2,   4,   6,   7,   8,   9,   11,  12,  13,  14,  22,  23,  24,  26,  31,
    33,  34,  35,  36,  37,  38,  39,  41,  44,  45,  46,  47,  50,  51,  54,  55,  56,
    59,  60,  61,  66,  70,  72,  74,  76,  81,  82,  95,  96,  97,  100, 116, 117, 121,
    123, 127, 128, 129, 136, 143, 148, 149, 153, 154, 155, 157, 159, 161, 163, 164, 167,
    173, 175, 183, 184, 185, 187, 188, 189, 190, 191, 193, 195, 196, 197, 199, 200, 201,
    204, 206, 208, 209, 212, 213, 214, 218, 219, 220, 226, 232, 237, 238,
};

Machine& TheMachine() {
  static auto* const kMachine = new Machine("x86", {{"hw.vendor", "pvm"}}, "linux-6.18");
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
    if (std::ranges::binary_search(kExceptions, number_)) {
      ASSERT_FALSE(answer.has_value()) << "the model answers it: no exception is needed";
      EXPECT_EQ(answer.error(), uapi::Errno::kENOSYS);
      return;
    }
    ASSERT_TRUE(answer.has_value()) << "neither answered nor excepted";
    EXPECT_EQ(*answer, recorded);
  }

  const std::int64_t number_;
  const RecordedCapability recorded_;
};

TEST(CapabilityRecordingTest, HasTheNumbersOfThatKernel) {
  const auto recorded = ReadCapabilityRecording();
  EXPECT_EQ(recorded.size(), 99U);
  EXPECT_LE(recorded.rbegin()->first, kLast);
  EXPECT_TRUE(std::ranges::is_sorted(kExceptions));
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
