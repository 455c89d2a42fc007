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
  std::uint32_t request = uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES2");
  bool vm_memory_attributes = false;
  bool runs_into_unmapped_memory = false;
  uapi::kvm_memory_attributes2 args{};
};

using Check = DecidingCheck<Input>;

constexpr auto kChecks = std::to_array<Check>({
    {1, "the ioctl is not KVM_SET_MEMORY_ATTRIBUTES2", Errno::kENOTTY,
     [](Input& in) { in.request = uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES"); },
     [](const Input& in) { return in.request != uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES2"); }},
    {2, "vm_memory_attributes", Errno::kENOTTY, [](Input& in) { in.vm_memory_attributes = true; },
     [](const Input& in) { return in.vm_memory_attributes; }},
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

Decision Call(const Input& input) {
  ConversionWorld::Options options;
  if (input.vm_memory_attributes) {
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

Input Valid() {
  Input input;
  input.args.offset = 0;
  input.args.size = kPageSize;
  input.args.attributes = kPrivate;
  return input;
}

TEST(ConversionOrderTest, EachCheckAnswersForItself) {
  ExpectEachDecidesAlone<Input>(kChecks, Valid(), Call);
}

TEST(ConversionOrderTest, OfTwoChecksTheEarlierAnswers) {
  std::set<std::pair<int, int>> covered;
  for (const auto& [earlier, later] : ExpectTheEarlierDecides<Input>(kChecks, Valid(), Call)) {
    covered.insert({kChecks[earlier].step, kChecks[later].step});
  }
  for (int number = 1; number < 11; ++number) {
    EXPECT_TRUE(covered.contains({number, number + 1}))
        << "no input tells checks " << number << " and " << number + 1 << " apart";
  }
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
