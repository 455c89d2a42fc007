// A conversion that comes between the steps of a guest's fault: the fault starts over, and ends as
// if it had come after the conversion.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>

#include "kvm_model/guest_fault.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "tests/concurrency/lock_order_environment.h"
#include "tests/kvm_model/conversion_world.h"
#include "tests/kvm_model/machine.h"
#include "uapi/constants.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

const auto* const kLockOrder = testing::AddGlobalTestEnvironment(new LockOrderEnvironment);

// Runs `action` in a thread of its own, to its end, at the first step that is inside `function` and
// is of that kind and, where given, text.
class Interruption : public TrailListener {
 public:
  Interruption(std::string_view function, TrailStep::Kind kind, std::string_view text,
               std::function<void()> action)
      : function_(function), kind_(kind), text_(text), action_(std::move(action)) {}

  void OnStep(const TrailStep& step) override {
    if (step.kind == TrailStep::Kind::kEffect && step.text.starts_with("RET_PF_RETRY")) ++retries_;
    if (done_ || step.function != function_ || step.kind != kind_ || step.text != text_) return;
    done_ = true;
    std::thread(action_).join();
  }
  bool done() const { return done_; }
  int retries() const { return retries_; }

 private:
  const std::string_view function_;
  const TrailStep::Kind kind_;
  const std::string_view text_;
  const std::function<void()> action_;
  bool done_ = false;
  int retries_ = 0;
};

constexpr PageIndex kPage = 3;

class RetryTest : public ::testing::Test {
 protected:
  // The page is private and holds 7. While the guest reads it, it becomes shared and zero.
  GuestAccessResult ReadWhileItBecomesShared(GuestAddressing addressing, Interruption& listener) {
    EXPECT_TRUE(world_.Convert({kPage, kPage + 1}, kPrivate, kPreserve).has_value());
    EXPECT_TRUE(world_.GuestWrite(kPage, 7));
    return GuestRead(world_.vm(), gpa_, addressing, Trail(&listener));
  }
  // Between the look at the attributes and the look-up of the page.
  Interruption BecomesShared() {
    return {"kvm_gmem_get_pfn", TrailStep::Kind::kEnter, "", [this] {
              EXPECT_TRUE(world_.Convert({kPage, kPage + 1}, kShared, kZero).has_value());
            }};
  }

  ConversionWorld world_;
  const std::uint64_t gpa_ = (ConversionWorld::kFirstGfn + kPage) * world_.machine().page_size();
};

TEST_F(RetryTest, APrivateReadDoesNotSeeWhatASharedPageHolds) {
  Interruption listener = BecomesShared();
  const GuestAccessResult result = ReadWhileItBecomesShared(GuestAddressing::kPrivate, listener);
  EXPECT_TRUE(std::holds_alternative<MemoryFaultExit>(result));
  EXPECT_TRUE(listener.done());
  EXPECT_EQ(listener.retries(), 1);
}

TEST_F(RetryTest, AReadThatStartsOverBringsNoPageIntoAHole) {
  ASSERT_TRUE(world_.Convert({kPage, kPage + 1}, kPrivate, kPreserve).has_value());
  Interruption listener = BecomesShared();
  const GuestAccessResult result =
      GuestRead(world_.vm(), gpa_, GuestAddressing::kPrivate, Trail(&listener));
  EXPECT_TRUE(std::holds_alternative<MemoryFaultExit>(result));
  EXPECT_EQ(listener.retries(), 1);
  EXPECT_FALSE(world_.inode().page_cache().resident(kPage));
}

TEST_F(RetryTest, AReadThatFollowsTheAttributesFollowsTheNewOnes) {
  Interruption listener = BecomesShared();
  const GuestAccessResult result = ReadWhileItBecomesShared(GuestAddressing::kAuto, listener);
  ASSERT_TRUE(std::holds_alternative<std::byte>(result));
  EXPECT_EQ(std::get<std::byte>(result), std::byte{0});
  EXPECT_EQ(listener.retries(), 1);
}

TEST_F(RetryTest, AGuestThatMeansTheAttributesGetsNoFaultForTheirChange) {
  // Between the two looks at the attributes: how the guest addresses the page, and what it may.
  Interruption listener("kvm_mmu_faultin_pfn", TrailStep::Kind::kEnter, "", [this] {
    EXPECT_TRUE(world_.Convert({kPage, kPage + 1}, kShared, kZero).has_value());
  });
  const GuestAccessResult result = ReadWhileItBecomesShared(GuestAddressing::kAuto, listener);
  EXPECT_TRUE(std::holds_alternative<std::byte>(result));
  EXPECT_TRUE(listener.done());
  EXPECT_EQ(listener.retries(), 1);
}

TEST_F(RetryTest, AFaultWithoutAnInvalidationIsMadeOnce) {
  Interruption listener("kvm_gmem_get_pfn", TrailStep::Kind::kEnter, "",
                        [this] { EXPECT_TRUE(world_.HostWrite(kPage, 9).has_value()); });
  const GuestAccessResult result =
      GuestRead(world_.vm(), gpa_, GuestAddressing::kAuto, Trail(&listener));
  ASSERT_TRUE(std::holds_alternative<std::byte>(result));
  EXPECT_EQ(std::get<std::byte>(result), std::byte{9});
  EXPECT_EQ(listener.retries(), 0);
}

TEST(RetryOutsideTest, ASharedWriteDoesNotReachTheProcessOnceThePageIsPrivate) {
  Machine machine;
  const int vm_fd = *machine.CreateVm(uapi::kX86SwProtectedVm);
  const std::shared_ptr<Vm> vm = machine.VmOf(vm_fd);
  // Without MMAP the slot's shared pages are the process's own memory.
  const int file = *machine.CreateGuestMemfd(vm_fd, 4, kInitShared);
  const std::uint64_t memory = *machine.task().Mmap(4 * machine.page_size(), PROT_READ | PROT_WRITE,
                                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  uapi::kvm_userspace_memory_region2 region{};
  region.flags = uapi::kMemGuestMemfd;
  region.memory_size = 4 * machine.page_size();
  region.userspace_addr = memory;
  region.guest_memfd = static_cast<std::uint32_t>(file);
  ASSERT_TRUE(
      machine.task()
          .Ioctl(vm_fd, machine.Request(uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2")), &region)
          .has_value());
  Interruption listener("kvm_mmu_faultin_pfn", TrailStep::Kind::kPredicate,
                        "the gfn has no memslot",
                        [&] { EXPECT_TRUE(machine.Convert(file, {0, 4}, kPrivate).has_value()); });
  const GuestAccessResult result =
      GuestWrite(*vm, 0, std::byte{5}, GuestAddressing::kShared, Trail(&listener));
  EXPECT_TRUE(listener.done());
  EXPECT_TRUE(std::holds_alternative<MemoryFaultExit>(result));
  EXPECT_EQ(*machine.task().HostRead(memory), std::byte{0});
  EXPECT_TRUE(vm->MappedStage2().empty());
}

}  // namespace
}  // namespace kvm_model
