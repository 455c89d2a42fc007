// Calls that the tests of the architectures' own capabilities make, with what doesn't matter filled
// in, and tables of answers to compare with.
#ifndef KVM_MODEL_TESTS_ARCH_CALLS_H_
#define KVM_MODEL_TESTS_ARCH_CALLS_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "tests/kvm_model/machine.h"

namespace kvm_model {

// Every revision has the same answer to a question where a test asks all of them.
inline constexpr std::string_view kAllRevisions[] = {"linux-6.12", "linux-6.18", "linux-7.0",
                                                     "rfc-v4", "next-20260923"};
// What linux-6.12 answers otherwise stands in tests/data/linux_6_12_caps.tsv.
inline constexpr std::string_view kSince618[] = {"linux-6.18", "linux-7.0", "rfc-v4",
                                                 "next-20260923"};

// KVM_ENABLE_CAP on a VM or a vCPU, by name.
Result<std::int64_t> EnableCap(Machine& machine, int fd, std::string_view capability,
                               std::uint64_t arg = 0, std::uint32_t flags = 0);
// KVM_CREATE_DEVICE with KVM_CREATE_DEVICE_TEST: what the ioctl answers.
Result<std::int64_t> TestDevice(Machine& machine, int vm, std::uint32_t type);

// KVM_CHECK_EXTENSION by name.
Result<std::int64_t> Check(Machine& machine, int fd, std::string_view capability);

// What a capability answers at each scope; negative: the errno that the ioctl fails with.
struct Answer {
  std::string_view capability;
  std::int64_t system = 0;
  std::int64_t vm = 0;
};

// Each row on /dev/kvm and on a new VM.
void ExpectAnswers(Machine& machine, std::span<const Answer> answers);
// The rows, and 0 at both scopes for every other number up to 300 that the generic function doesn't
// answer.
void ExpectAnswersAndNothingElse(Machine& machine, std::span<const Answer> answers);

// At least one setting, and an answer on a host with them.
struct Condition {
  std::vector<SettingAssignment> settings;
  Answer answer;
};

// Each row on a host of each of the revisions.
void ExpectConditions(std::string_view arch, std::span<const Condition> conditions,
                      std::span<const std::string_view> revisions = kAllRevisions);

// KVM_ENABLE_CAP on a VM with an argument of 0 refuses (EINVAL) every number up to 300 but
// `enabled` and those that the generic function enables everywhere.
void ExpectNothingElseIsEnabled(Machine& machine, std::span<const std::string_view> enabled);

// The steps of what `call` does.
TrailRecorder StepsOf(Machine& machine, const std::function<void()>& call);

// What a host is refused with; empty when it boots.
std::string Refusal(std::string_view arch, const std::vector<SettingAssignment>& settings,
                    std::string_view revision = "rfc-v4");

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_ARCH_CALLS_H_
