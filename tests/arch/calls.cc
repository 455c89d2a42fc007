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

TrailRecorder StepsOf(Machine& machine, const std::function<void()>& call) {
  TrailRecorder recorder;
  machine.task().SetTrailListener(&recorder);
  call();
  machine.task().SetTrailListener(nullptr);
  return recorder;
}

namespace {

testing::Matcher<Result<std::int64_t>> IsAnswer(std::int64_t value) {
  if (value < 0) return FailsWith(static_cast<uapi::Errno>(-value));
  return Answers(value);
}

// Whether the generic function leaves the number to the architecture's.
bool AsksTheArchitecture(Machine& machine, int fd, std::int64_t number) {
  const TrailRecorder recorder =
      StepsOf(machine, [&] { static_cast<void>(machine.Check(fd, number)); });
  return std::ranges::any_of(recorder.steps(), [](const TrailStep& step) {
    return step.function == "kvm_vm_ioctl_check_extension";
  });
}

}  // namespace

Result<std::int64_t> EnableCap(Machine& machine, int fd, std::string_view capability,
                               std::uint64_t arg, std::uint32_t flags) {
  return machine.EnableCap(
      fd, static_cast<std::uint32_t>(uapi::CapabilityNumber(capability).value()), arg, flags);
}

Result<std::int64_t> TestDevice(Machine& machine, int vm, std::uint32_t type) {
  uapi::kvm_create_device args{};
  args.type = type;
  args.flags = uapi::kCreateDeviceTest;
  return machine.task().Ioctl(vm, machine.Request(uapi::Ioctl("KVM_CREATE_DEVICE")), &args);
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
    if (std::ranges::any_of(answers, is_it)) continue;
    if (!AsksTheArchitecture(machine, vm, number)) continue;
    EXPECT_THAT(machine.Check(machine.kvm(), number), Answers(0)) << number << " on /dev/kvm";
    EXPECT_THAT(machine.Check(vm, number), Answers(0)) << number << " on a VM";
  }
}

std::string Refusal(std::string_view arch, const std::vector<SettingAssignment>& settings,
                    std::string_view revision) {
  const auto host = Host::Create(*FindArch(arch), *FindRevision(revision), settings);
  return host.has_value() ? "" : host.error().message;
}

void ExpectConditions(std::string_view arch, std::span<const Condition> conditions,
                      std::span<const std::string_view> revisions) {
  for (const Condition& condition : conditions) {
    for (const std::string_view revision : revisions) {
      SCOPED_TRACE(testing::Message() << revision << ", " << condition.settings.front().name << "="
                                      << condition.settings.front().value);
      Machine machine(arch, condition.settings, revision);
      ExpectAnswers(machine, std::span(&condition.answer, 1));
    }
  }
}

void ExpectNothingElseIsEnabled(Machine& machine, std::span<const std::string_view> enabled) {
  // What the generic function enables with an argument of 0.
  std::set<std::uint32_t> known = {168, 182};
  for (const std::string_view name : enabled) {
    known.insert(static_cast<std::uint32_t>(uapi::CapabilityNumber(name).value()));
  }
  const int vm = machine.CreateVm().value();
  for (std::uint32_t number = 0; number <= 300; ++number) {
    if (known.contains(number)) continue;
    EXPECT_THAT(machine.EnableCap(vm, number), FailsWith(uapi::Errno::kEINVAL)) << number;
  }
}

}  // namespace kvm_model
