// The order in which a conversion's arguments are checked. For each two checks there is an input
// that both would refuse: the earlier one must answer. Moving a check past its neighbour fails
// here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "kvm_model/mm.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "tests/kvm_model/conversion_world.h"
#include "tests/kvm_model/deciding_check.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using uapi::Errno;

constexpr std::uint64_t kPageSize = 4096;
constexpr std::uint64_t kSize = ConversionWorld::kPages * kPageSize;
// What can be read of an argument that runs into unmapped memory: all but half of reserved[].
constexpr std::uint64_t kReadableHead = 88;

struct Input {
  std::string_view revision = "rfc-v4";
  std::uint32_t request = uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES2");
  bool vms_track_attributes = false;
  bool private_memory = true;
  bool runs_into_unmapped_memory = false;
  uapi::kvm_memory_attributes2 args{};
};

using Check = DecidingCheck<Input>;

constexpr auto kChecks = std::to_array<Check>({
    {1, "the ioctl is not KVM_SET_MEMORY_ATTRIBUTES2", Errno::kENOTTY,
     [](Input& in) { in.request = uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES"); },
     [](const Input& in) { return in.request != uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES2"); }},
    {2, "vm_memory_attributes", Errno::kENOTTY, [](Input& in) { in.vms_track_attributes = true; },
     [](const Input& in) { return in.vms_track_attributes; }},
    {3, "the argument can't be read", Errno::kEFAULT,
     [](Input& in) { in.runs_into_unmapped_memory = true; },
     [](const Input& in) { return in.runs_into_unmapped_memory; }},
    {4, "flags & ~(ZERO|PRESERVE)", Errno::kEINVAL, [](Input& in) { in.args.flags |= 4; },
     [](const Input& in) { return (in.args.flags & ~std::uint64_t{3}) != 0; }},
    {5, "flags has ZERO and PRESERVE", Errno::kEINVAL, [](Input& in) { in.args.flags |= 3; },
     [](const Input& in) { return (in.args.flags & 3) == 3; }},
    {6, "error_offset != 0", Errno::kEINVAL, [](Input& in) { in.args.error_offset = kPageSize; },
     [](const Input& in) { return in.args.error_offset != 0; }},
    {7, "any of reserved[] != 0", Errno::kEINVAL, [](Input& in) { in.args.reserved[0] = 1; },
     [](const Input& in) { return in.args.reserved[0] != 0; }},
    {8, "attributes & ~supported", Errno::kEINVAL, [](Input& in) { in.args.attributes |= 1; },
     [](const Input& in) { return (in.args.attributes & ~kPrivate) != 0; }},
    {9, "size == 0", Errno::kEINVAL, [](Input& in) { in.args.size = 0; },
     [](const Input& in) { return in.args.size == 0; }},
    {9, "offset + size wraps", Errno::kEINVAL,
     [](Input& in) { in.args.offset = 0 - kPageSize, in.args.size = 2 * kPageSize; },
     [](const Input& in) { return in.args.size > ~in.args.offset; }},
    {10, "offset is not page aligned", Errno::kEINVAL, [](Input& in) { in.args.offset += 1; },
     [](const Input& in) { return in.args.offset % kPageSize != 0; }},
    {10, "size is not page aligned", Errno::kEINVAL, [](Input& in) { in.args.size += 1; },
     [](const Input& in) { return in.args.size % kPageSize != 0; }},
    {11, "offset >= i_size", Errno::kEINVAL, [](Input& in) { in.args.offset += kSize; },
     [](const Input& in) { return in.args.offset >= kSize; }},
    {11, "offset + size > i_size", Errno::kEINVAL, [](Input& in) { in.args.size += kSize; },
     [](const Input& in) { return in.args.size > kSize - in.args.offset % kSize; }},
});

// Those of next-20260923. A switch that is off decides by not holding: no predicate is left that
// does, but the question before it.
constexpr auto kMergedChecks = std::to_array<Check>({
    kChecks[0],
    {2, "none", Errno::kENOTTY, kChecks[1].violate, kChecks[1].refuses},
    kChecks[2],
    {4, "flags != 0", Errno::kEINVAL, [](Input& in) { in.args.flags |= 1; },
     [](const Input& in) { return in.args.flags != 0; }},
    {5, "any of reserved[] != 0", Errno::kEINVAL, kChecks[6].violate, kChecks[6].refuses},
    {6, "the VM has no private memory", Errno::kEINVAL,
     [](Input& in) { in.private_memory = false; },
     [](const Input& in) { return !in.private_memory; }},
    {7, "attributes & ~supported", Errno::kEINVAL, kChecks[7].violate, kChecks[7].refuses},
    {8, "size == 0", Errno::kEINVAL, kChecks[8].violate, kChecks[8].refuses},
    {8, "offset + size wraps", Errno::kEINVAL, kChecks[9].violate, kChecks[9].refuses},
    {9, "offset is not page aligned", Errno::kEINVAL, kChecks[10].violate, kChecks[10].refuses},
    {9, "size is not page aligned", Errno::kEINVAL, kChecks[11].violate, kChecks[11].refuses},
    {10, "offset >= i_size", Errno::kEINVAL, kChecks[12].violate, kChecks[12].refuses},
    {10, "offset + size > i_size", Errno::kEINVAL, kChecks[13].violate, kChecks[13].refuses},
});

Decision Call(const Input& input) {
  ConversionWorld::Options options;
  options.revision = input.revision;
  if (!input.private_memory) options.vm_type = uapi::kX86DefaultVm;
  if (input.vms_track_attributes) {
    options.settings = {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}};
    options.flags = kMmap;
  }
  ConversionWorld world(options);
  Task& task = world.machine().task();
  // The argument ends where the mapping does, or beyond it.
  const std::uint64_t end =
      *task.Mmap(kPageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + kPageSize;
  const std::uint64_t readable =
      input.runs_into_unmapped_memory ? kReadableHead : sizeof(input.args);
  const auto bytes = std::as_bytes(std::span(&input.args, 1)).first(readable);
  EXPECT_THAT(task.mm().CopyToUser(end - readable, bytes), Succeeds());

  const Snapshot before = world.Take();
  TrailRecorder recorder;
  task.SetTrailListener(&recorder);
  const auto answer = task.Ioctl(world.guest_memfd_fd(), input.request, end - readable);
  task.SetTrailListener(nullptr);
  EXPECT_EQ(world.Take() == before, !answer.has_value()) << "a failing call changed something";
  return {answer, DecidingPredicate(recorder)};
}

Input Valid(std::string_view revision = "rfc-v4") {
  Input input;
  input.revision = revision;
  input.args.offset = 0;
  input.args.size = kPageSize;
  input.args.attributes = kPrivate;
  return input;
}

TEST(ConversionOrderTest, EachCheckAnswersForItself) {
  ExpectEachDecidesAlone<Input>(kChecks, Valid(), Call);
}

// Of each two neighbouring steps some input breaks both.
void ExpectOrder(std::span<const Check> checks, const Input& valid) {
  std::set<std::pair<int, int>> covered;
  for (const auto& [earlier, later] : ExpectTheEarlierDecides<Input>(checks, valid, Call)) {
    covered.insert({checks[earlier].step, checks[later].step});
  }
  for (int number = 1; number < checks.back().step; ++number) {
    EXPECT_TRUE(covered.contains({number, number + 1}))
        << "no input tells checks " << number << " and " << number + 1 << " apart";
  }
}

TEST(ConversionOrderTest, OfTwoChecksTheEarlierAnswers) { ExpectOrder(kChecks, Valid()); }

TEST(ConversionOrderTest, TheMergedFormHasAnOrderOfItsOwn) {
  ExpectEachDecidesAlone<Input>(kMergedChecks, Valid("next-20260923"), Call);
  ExpectOrder(kMergedChecks, Valid("next-20260923"));
}

TEST(ConversionOrderTest, TheMergedFormIgnoresWhatErrorOffsetHolds) {
  Input input = Valid("next-20260923");
  input.args.error_offset = ~std::uint64_t{0};
  EXPECT_THAT(Call(input).answer, Answers(0));
}

TEST(ConversionOrderTest, EveryReservedWordCounts) {
  for (std::size_t word = 0; word < 11; ++word) {
    Input input = Valid();
    input.args.reserved[word] = std::uint64_t{1} << 63;
    EXPECT_EQ(Call(input).text, "any of reserved[] != 0") << word;
  }
}

TEST(ConversionOrderTest, EveryFlagBitCounts) {
  for (int bit = 2; bit < 64; ++bit) {
    Input input = Valid();
    input.args.flags = std::uint64_t{1} << bit;
    EXPECT_EQ(Call(input).text, "flags & ~(ZERO|PRESERVE)") << bit;
  }
}

TEST(ConversionOrderTest, EveryAttributeBitButPrivateCounts) {
  for (int bit = 0; bit < 64; ++bit) {
    if (std::uint64_t{1} << bit == kPrivate) continue;
    Input input = Valid();
    input.args.attributes = std::uint64_t{1} << bit;
    EXPECT_EQ(Call(input).text, "attributes & ~supported") << bit;
  }
}

}  // namespace
}  // namespace kvm_model
