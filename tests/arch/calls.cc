#include "tests/arch/calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arch/registry.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

// What the generic function answers on some architecture.
const std::set<std::int64_t>& AnsweredByTheGenericFunction() {
  static const auto* const kNumbers = new std::set<std::int64_t>{
      3,   10,  15,  16,  21,  25,  30,  32,  40,  77,  89,  98,  105, 118, 122,
      162, 168, 182, 192, 203, 215, 223, 225, 231, 233, 234, 244, 248, 249, 250};
  return *kNumbers;
}

testing::Matcher<Result<std::int64_t>> IsAnswer(std::int64_t value) {
  if (value < 0) return FailsWith(static_cast<uapi::Errno>(-value));
  return Answers(value);
}

Result<std::int64_t> DeviceCall(Machine& machine, int vm, uapi::kvm_create_device& args) {
  return machine.task().Ioctl(vm, machine.Request(uapi::Ioctl("KVM_CREATE_DEVICE")), &args);
}

}  // namespace

Result<std::int64_t> EnableCap(Machine& machine, int fd, std::uint32_t number, std::uint64_t arg,
                               std::uint32_t flags) {
  uapi::kvm_enable_cap cap{};
  cap.cap = number;
  cap.flags = flags;
  cap.args[0] = arg;
  return machine.task().Ioctl(fd, machine.Request(uapi::Ioctl("KVM_ENABLE_CAP")), &cap);
}

Result<std::int64_t> EnableCap(Machine& machine, int fd, std::string_view capability,
                               std::uint64_t arg, std::uint32_t flags) {
  return EnableCap(machine, fd,
                   static_cast<std::uint32_t>(uapi::CapabilityNumber(capability).value()), arg,
                   flags);
}

Result<std::int64_t> CreateIrqchip(Machine& machine, int vm) {
  return machine.task().Ioctl(vm, machine.Request(uapi::Ioctl("KVM_CREATE_IRQCHIP")),
                              std::uint64_t{0});
}

Result<int> CreateDevice(Machine& machine, int vm, std::uint32_t type) {
  uapi::kvm_create_device args{};
  args.type = type;
  const Result<std::int64_t> answer = DeviceCall(machine, vm, args);
  if (!answer) return Failure(answer.error());
  EXPECT_EQ(*answer, 0);
  return static_cast<int>(args.fd);
}

Result<std::int64_t> TestDevice(Machine& machine, int vm, std::uint32_t type) {
  uapi::kvm_create_device args{};
  args.type = type;
  args.flags = uapi::kCreateDeviceTest;
  return DeviceCall(machine, vm, args);
}

Result<std::int64_t> Check(Machine& machine, int fd, std::string_view capability) {
  return machine.Check(fd, uapi::CapabilityNumber(capability).value());
}

void ExpectAnswers(Machine& machine, std::span<const Answer> answers) {
  const int vm = machine.CreateVm().value();
  for (const Answer& answer : answers) {
    SCOPED_TRACE(testing::Message() << answer.capability << ", " << machine.host().revision().name);
    EXPECT_THAT(Check(machine, machine.kvm(), answer.capability), IsAnswer(answer.system))
        << "on /dev/kvm";
    EXPECT_THAT(Check(machine, vm, answer.capability), IsAnswer(answer.vm)) << "on a VM";
  }
}

void ExpectAnswersAndNothingElse(Machine& machine, std::span<const Answer> answers) {
  ExpectAnswers(machine, answers);
  const int vm = machine.CreateVm().value();
  for (std::int64_t number = -1; number <= 300; ++number) {
    const auto is_it = [&](const Answer& answer) {
      return uapi::CapabilityNumber(answer.capability) == number;
    };
    if (AnsweredByTheGenericFunction().contains(number)) continue;
    if (std::ranges::any_of(answers, is_it)) continue;
    EXPECT_THAT(machine.Check(machine.kvm(), number), Answers(0)) << number << " on /dev/kvm";
    EXPECT_THAT(machine.Check(vm, number), Answers(0)) << number << " on a VM";
  }
}

TrailRecorder StepsOf(Machine& machine, const std::function<void()>& call) {
  TrailRecorder recorder;
  machine.task().SetTrailListener(&recorder);
  call();
  machine.task().SetTrailListener(nullptr);
  return recorder;
}

std::string Refusal(std::string_view arch, const std::vector<SettingAssignment>& settings,
                    std::string_view revision) {
  const auto host = Host::Create(*FindArch(arch), *FindRevision(revision), settings);
  return host.has_value() ? "" : host.error().message;
}

}  // namespace kvm_model
