// Arguments whose memory stops answering: after some bytes, after the call has read them, in the
// middle of a copy, or when another thread unmaps it.
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
#include "kvm_model/trail.h"
#include "kvm_model/user_memory.h"
#include "tests/hostile/forms.h"
#include "tests/hostile/picture.h"
#include "tests/hostile/world.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

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

// Memory of two pages with a struct across their border. The second page is unmapped in the middle
// of the nth copy, when its part in the first page has been copied.
class TwoPages : public UserMemory {
 public:
  void Hold(std::vector<std::byte> bytes, int vanishes_at) {
    bytes_ = std::move(bytes);
    vanishes_at_ = vanishes_at;
  }
  const std::vector<std::byte>& bytes() const { return bytes_; }
  std::uint64_t address() const { return kBorder - bytes_.size() / 2; }
  // Copies that have begun.
  int copies() const { return copies_; }

  bool Read(std::uint64_t address, std::span<std::byte> bytes) override {
    if (!CanAccess(address, bytes.size())) return false;
    std::memcpy(bytes.data(), bytes_.data() + (address - this->address()), bytes.size());
    return true;
  }

  bool Write(std::uint64_t address, std::span<const std::byte> bytes) override {
    if (!CanAccess(address, bytes.size())) return false;
    std::memcpy(bytes_.data() + (address - this->address()), bytes.data(), bytes.size());
    return true;
  }

 private:
  static constexpr std::uint64_t kBorder = 0x20000;  // of pages of any size

  bool CanAccess(std::uint64_t address, std::size_t bytes) {
    const std::uint64_t start = this->address();
    if (address < start || address + bytes > start + bytes_.size()) return false;
    if (address == start) ++copies_;
    return address < kBorder || copies_ < vanishes_at_;
  }

  std::vector<std::byte> bytes_;
  int vanishes_at_ = 0;
  int copies_ = 0;
};

// Unmaps a page from another thread when a call has just read its argument.
class UnmapperAfterTheCopy : public TrailListener {
 public:
  UnmapperAfterTheCopy(World& world, std::uint64_t address) : world_(world), address_(address) {
    world_.task().SetTrailListener(this);
  }
  ~UnmapperAfterTheCopy() override { world_.task().SetTrailListener(nullptr); }

  void OnStep(const TrailStep& step) override {
    if (done_ || step.text != "the argument can't be read") return;
    done_ = true;
    std::thread([this] {
      EXPECT_THAT(world_.task().Munmap(address_, world_.page()), Succeeds());
    }).join();
  }
  bool done() const { return done_; }

 private:
  World& world_;
  const std::uint64_t address_;
  bool done_ = false;
};

class VanishingTest : public ::testing::TestWithParam<HostChoice> {
 protected:
  // A call that reads its struct, and what it answers when all of that stays.
  struct Case {
    const Form* form;
    std::vector<std::byte> bytes;
    Result<std::int64_t> answer = 0;
    bool written_back = false;
  };

  VanishingTest() : world_(GetParam(), &memory_) {}

  static Result<std::int64_t> Call(World& world, const Form& form,
                                   std::uint64_t address = VanishingMemory::kAddress) {
    return world.task().Ioctl(DescriptorOf(world, form.kind), RequestOf(world, form), address);
  }

  // Each form with good arguments, and a conversion that tells where it failed.
  std::vector<Case> Cases() {
    std::vector<Case> cases;
    for (const Form& form : Forms()) {
      if (DescriptorOf(world_, form.kind) < 0 || !ReadsArgument(world_, form)) continue;
      cases.push_back({&form, GoodArguments(world_, form)});
      if (form.kind != uapi::FdKind::kGuestMemfd) continue;
      // Private pages can't be zeroed, and without private memory there are no modes.
      Case& failing = cases.emplace_back(cases.back());
      Put(failing.bytes, *std::ranges::find(form.fields, "flags", &Field::name),
          uapi::kSetMemoryAttributes2Zero);
    }
    for (Case& one : cases) {
      World twin(GetParam());
      one.answer = CallWith(twin, *one.form, one.bytes, twin.scratch());
      one.written_back = IsWrittenBack(*one.form, one.answer.has_value()) ||
                         one.answer == Failure(Errno::kEOPNOTSUPP);
    }
    return cases;
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

// Of what is written back only so many bytes can be: all is done, and can't be told. Where nothing
// is written back it doesn't matter that nothing could be.
TEST_P(VanishingTest, AStructThatCanBeWrittenForSoManyBytes) {
  for (const Case& one : Cases()) {
    const Form& form = *one.form;
    SCOPED_TRACE(form.ioctl);
    VanishingMemory whole;
    World done(GetParam(), &whole);
    whole.Hold(one.bytes, form.size, form.size);
    ASSERT_EQ(Call(done, form), one.answer);
    const Picture after = done.Look();
    for (std::size_t writable = 0; writable < form.size; ++writable) {
      VanishingMemory memory;
      World world(GetParam(), &memory);
      memory.Hold(one.bytes, form.size, writable);
      const Result<std::int64_t> answer = Call(world, form);
      if (!one.written_back) {
        ASSERT_EQ(answer, one.answer);
        break;
      }
      ASSERT_THAT(answer, FailsWith(Errno::kEFAULT)) << writable;
      ASSERT_EQ(Difference(after, world.Look()), "") << writable;
      std::vector<std::byte> expected = one.bytes;
      std::copy_n(whole.bytes().begin(), writable, expected.begin());
      ASSERT_EQ(memory.bytes(), expected) << writable;
    }
  }
}

// The second page of the struct is unmapped in the middle of each of the call's copies in turn.
TEST_P(VanishingTest, AStructWhoseSecondPageIsUnmappedInTheMiddleOfACopy) {
  for (const Case& one : Cases()) {
    SCOPED_TRACE(one.form->ioctl);
    const int copies = one.written_back ? 2 : 1;
    for (int nth = 1; nth <= copies + 1; ++nth) {
      SCOPED_TRACE(nth);
      TwoPages memory;
      World world(GetParam(), &memory);
      memory.Hold(one.bytes, nth);
      const Picture before = world.Look();
      const Result<std::int64_t> answer = Call(world, *one.form, memory.address());
      EXPECT_EQ(memory.copies(), std::min(nth, copies));
      if (nth > copies) {
        EXPECT_EQ(answer, one.answer);
        continue;
      }
      EXPECT_THAT(answer, FailsWith(Errno::kEFAULT));
      if (nth > 1) continue;
      EXPECT_EQ(Difference(before, world.Look()), "");
      EXPECT_EQ(memory.bytes(), one.bytes);
    }
  }
}

// Another thread unmaps the second page between the copies, with munmap(2).
TEST_P(VanishingTest, AStructWhoseSecondPageIsUnmappedByAnotherThread) {
  for (const Case& one : Cases()) {
    SCOPED_TRACE(one.form->ioctl);
    World world(GetParam());
    const std::uint64_t start = *world.task().Mmap(2 * world.page(), PROT_READ | PROT_WRITE,
                                                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const std::uint64_t address = start + world.page() - one.form->size / 2;
    world.Poke(address, one.bytes);
    Result<std::int64_t> answer = 0;
    {
      const UnmapperAfterTheCopy unmapper(world, start + world.page());
      answer = Call(world, *one.form, address);
      EXPECT_TRUE(unmapper.done());
    }
    if (one.written_back) {
      EXPECT_THAT(answer, FailsWith(Errno::kEFAULT));
    } else {
      EXPECT_EQ(answer, one.answer);
    }
    // The same call once more finds the page gone.
    EXPECT_THAT(Call(world, *one.form, address), FailsWith(Errno::kEFAULT));
  }
}

INSTANTIATE_TEST_SUITE_P(Hosts, VanishingTest, ::testing::ValuesIn(HostChoices()),
                         [](const auto& which) { return which.param.name; });

}  // namespace
}  // namespace kvm_model::hostile
