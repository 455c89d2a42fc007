// Arguments whose memory stops answering: after some bytes, after the call has read them, or while
// another thread unmaps it.
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "kvm_model/result.h"
#include "kvm_model/task.h"
#include "kvm_model/user_memory.h"
#include "tests/hostile/forms.h"
#include "tests/hostile/picture.h"
#include "tests/hostile/world.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/errno.h"

namespace kvm_model::hostile {
namespace {

using uapi::Errno;

// Memory at kAddress that reads and writes so many more bytes, and then no more.
class VanishingMemory : public UserMemory {
 public:
  static constexpr std::uint64_t kAddress = 0x10000;

  void Hold(std::vector<std::byte> bytes, std::size_t readable, std::size_t writable) {
    bytes_ = std::move(bytes);
    readable_ = readable;
    writable_ = writable;
  }
  const std::vector<std::byte>& bytes() const { return bytes_; }

  bool Read(std::uint64_t address, std::span<std::byte> bytes) override {
    if (!Holds(address, bytes.size())) return false;
    const std::size_t count = std::min(bytes.size(), readable_);
    std::memcpy(bytes.data(), bytes_.data() + (address - kAddress), count);
    readable_ -= count;
    return count == bytes.size();
  }

  bool Write(std::uint64_t address, std::span<const std::byte> bytes) override {
    if (!Holds(address, bytes.size())) return false;
    const std::size_t count = std::min(bytes.size(), writable_);
    std::memcpy(bytes_.data() + (address - kAddress), bytes.data(), count);
    writable_ -= count;
    return count == bytes.size();
  }

 private:
  bool Holds(std::uint64_t address, std::size_t bytes) const {
    return address >= kAddress && address - kAddress <= bytes_.size() &&
           bytes <= bytes_.size() - (address - kAddress);
  }

  std::vector<std::byte> bytes_;
  std::size_t readable_ = 0;
  std::size_t writable_ = 0;
};

class VanishingTest : public ::testing::TestWithParam<HostChoice> {
 protected:
  VanishingTest() : world_(GetParam(), &memory_) {}

  static Result<std::int64_t> Call(World& world, const Form& form) {
    return world.task().Ioctl(DescriptorOf(world, form.kind), RequestOf(world, form),
                              VanishingMemory::kAddress);
  }

  VanishingMemory memory_;
  World world_;
};

TEST_P(VanishingTest, AStructThatStopsAnsweringAfterSoManyBytes) {
  for (const Form& form : Forms()) {
    SCOPED_TRACE(form.ioctl);
    if (DescriptorOf(world_, form.kind) < 0 || !ReadsArgument(world_, form)) continue;
    const std::vector<std::byte> good = GoodArguments(world_, form);
    const Picture before = world_.Look();
    for (std::size_t readable = 0; readable < form.size; ++readable) {
      memory_.Hold(good, readable, form.size);
      ASSERT_THAT(Call(world_, form), FailsWith(Errno::kEFAULT)) << readable;
      ASSERT_EQ(Difference(before, world_.Look()), "") << readable;
      ASSERT_EQ(memory_.bytes(), good) << readable;
    }
  }
}

// Where nothing is written back it doesn't matter that nothing could be.
TEST_P(VanishingTest, AStructThatCanBeReadOnce) {
  for (const Form& form : Forms()) {
    SCOPED_TRACE(form.ioctl);
    VanishingMemory memory;
    World world(GetParam(), &memory);
    if (DescriptorOf(world, form.kind) < 0 || !ReadsArgument(world, form)) continue;
    World twin(GetParam());
    const Result<std::int64_t> plain =
        CallWith(twin, form, GoodArguments(twin, form), twin.scratch());
    const bool written_back = form.ioctl == "KVM_PRE_FAULT_MEMORY" ||
                              (form.ioctl == "KVM_CREATE_DEVICE" && plain.has_value()) ||
                              (form.ioctl == "KVM_IRQ_LINE_STATUS" && plain.has_value());
    memory.Hold(GoodArguments(world, form), form.size, 0);
    const Result<std::int64_t> answer = Call(world, form);
    if (written_back) {
      EXPECT_THAT(answer, FailsWith(Errno::kEFAULT));
    } else {
      EXPECT_EQ(answer, plain);
    }
  }
}

// Another thread unmaps the second page of the struct at some moment of the call.
TEST_P(VanishingTest, AStructWhoseSecondPageIsUnmappedMeanwhile) {
  constexpr int kRounds = 20;
  for (const Form& form : Forms()) {
    SCOPED_TRACE(form.ioctl);
    World world(GetParam());
    if (DescriptorOf(world, form.kind) < 0 || !ReadsArgument(world, form)) continue;
    const std::vector<std::byte> good = GoodArguments(world, form);
    const Result<std::int64_t> plain = CallWith(world, form, good, world.scratch());
    for (int round = 0; round < kRounds; ++round) {
      World other(GetParam());
      Task& task = other.task();
      const std::uint64_t start =
          *task.Mmap(2 * other.page(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      const std::uint64_t address = start + other.page() - form.size / 2;
      other.Poke(address, good);
      Picture before = other.Look();
      std::thread unmapper([&] { (void)task.Munmap(start + other.page(), other.page()); });
      const Result<std::int64_t> answer =
          task.Ioctl(DescriptorOf(other, form.kind), RequestOf(other, form), address);
      unmapper.join();
      if (answer == plain) continue;
      ASSERT_THAT(answer, FailsWith(Errno::kEFAULT));
      // What is written back is written after all has been done.
      if (form.ioctl == "KVM_PRE_FAULT_MEMORY" || form.ioctl == "KVM_CREATE_DEVICE") continue;
      Picture after = other.Look();
      for (Picture* picture : {&before, &after}) {
        std::erase_if(*picture, [](const auto& entry) { return entry.first.starts_with("area"); });
      }
      ASSERT_EQ(Difference(before, after), "");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Hosts, VanishingTest, ::testing::ValuesIn(HostChoices()),
                         [](const auto& which) { return which.param.name; });

}  // namespace
}  // namespace kvm_model::hostile
