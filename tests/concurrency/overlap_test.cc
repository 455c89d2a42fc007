// While one call is held up in its middle, others that don't change what it uses come to their end.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <span>
#include <thread>
#include <variant>

#include "kvm_model/fd_table.h"
#include "kvm_model/guest_fault.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/memory_attributes.h"
#include "kvm_model/memory_region.h"
#include "kvm_model/mm.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/result.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/user_memory.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_type.h"
#include "tests/concurrency/lock_order_environment.h"
#include "tests/kvm_model/conversion_world.h"
#include "tests/kvm_model/machine.h"
#include "uapi/capabilities.h"
#include "uapi/header_version.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

const auto* const kLockOrder = testing::AddGlobalTestEnvironment(new LockOrderEnvironment);

// Far more than any call takes, on any machine.
constexpr std::chrono::seconds kLong(100);

// A place where a thread waits until it is let go.
class Gate {
 public:
  // Once, says that somebody is here, and waits.
  void Wait() {
    arrived_.set_value();
    (void)opened_.get_future().wait_for(2 * kLong);
  }
  bool SomebodyArrives() { return arrived_.get_future().wait_for(kLong) == kReady; }
  void Open() { opened_.set_value(); }

  static constexpr std::future_status kReady = std::future_status::ready;

 private:
  std::promise<void> arrived_;
  std::promise<void> opened_;
};

// Holds a guest's fault up while it has the page's locks.
class HeldUp : public TrailListener {
 public:
  explicit HeldUp(Gate& gate) : gate_(gate) {}
  void OnStep(const TrailStep& step) override {
    if (!done_ && step.function == "kvm_gmem_get_pfn" && step.text == "the page is poisoned") {
      done_ = true;
      gate_.Wait();
    }
  }

 private:
  Gate& gate_;
  bool done_ = false;
};

constexpr PageIndex kPage = 2;

class OverlapTest : public ::testing::Test {
 protected:
  // Whether `other` ends while a guest's access to kPage is in its middle.
  bool EndsDuringAGuestAccess(const std::function<void()>& other) {
    Gate gate;
    HeldUp listener(gate);
    std::thread guest([&] {
      (void)GuestWrite(world_.vm(), gpa_, std::byte{3}, GuestAddressing::kAuto, Trail(&listener));
    });
    EXPECT_TRUE(gate.SomebodyArrives());
    std::future<void> ended = std::async(std::launch::async, other);
    const bool in_time = ended.wait_for(kLong) == Gate::kReady;
    gate.Open();
    guest.join();
    return in_time;
  }

  ConversionWorld world_;
  const std::uint64_t gpa_ = (ConversionWorld::kFirstGfn + kPage) * world_.machine().page_size();
};

TEST_F(OverlapTest, AnotherGuestAccess) {
  EXPECT_TRUE(EndsDuringAGuestAccess([&] {
    EXPECT_GE(world_.GuestRead(kPage), 0);
    EXPECT_TRUE(world_.GuestWrite(kPage + 1, 4)) << "a page that is not mapped yet";
  }));
}

TEST_F(OverlapTest, AHostFault) {
  EXPECT_TRUE(EndsDuringAGuestAccess([&] {
    EXPECT_TRUE(world_.HostRead(kPage).has_value());
    EXPECT_TRUE(world_.HostWrite(kPage + 1, 5).has_value());
  }));
}

TEST_F(OverlapTest, Questions) {
  EXPECT_TRUE(EndsDuringAGuestAccess([&] {
    constexpr auto kFlags =
        uapi::Cap("KVM_CAP_MEMORY_ATTRIBUTES2_FLAGS", uapi::HeaderVersion::kRfcV4);
    EXPECT_TRUE(world_.machine().Check(world_.vm_fd(), kFlags).has_value());
    const ReaderLock lock(world_.vm().slots_lock());
    EXPECT_EQ(GfnAttributes(world_.vm(), ConversionWorld::kFirstGfn + kPage, Trail(nullptr)), 0u);
    EXPECT_LE(world_.inode().page_cache().ResidentRuns().size(), 8u);
    EXPECT_LE(world_.vm().MappedStage2().size(), 8u);
  }));
}

TEST_F(OverlapTest, PreFaultsAndPins) {
  EXPECT_TRUE(EndsDuringAGuestAccess([&] {
    uapi::kvm_pre_fault_memory range{};
    range.gpa = gpa_;
    range.size = 2 * world_.machine().page_size();
    EXPECT_TRUE(PreFaultMemory(world_.vm(), range, Trail(nullptr)).has_value());
    EXPECT_TRUE(world_.machine().task().Pin(world_.AddressOf(kPage)).has_value());
  }));
}

TEST_F(OverlapTest, AConversionWaits) {
  std::future<Result<std::int64_t>> conversion;
  EXPECT_TRUE(EndsDuringAGuestAccess([&] {
    conversion = std::async(std::launch::async,
                            [&] { return world_.Convert(ConversionWorld::kAll, kPrivate); });
    EXPECT_EQ(conversion.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  }));
  EXPECT_TRUE(conversion.get().has_value());
}

// User memory whose first read takes as long as the gate is shut.
class SlowMemory : public UserMemory {
 public:
  explicit SlowMemory(Gate& gate) : gate_(gate) {}
  bool Read(std::uint64_t, std::span<std::byte> bytes) override {
    bytes.front() = std::byte{1};
    if (!slow_.exchange(false)) return true;
    gate_.Wait();
    return true;
  }
  bool Write(std::uint64_t, std::span<const std::byte>) override { return true; }

 private:
  Gate& gate_;
  std::atomic<bool> slow_ = true;
};

TEST(OverlapOutsideTest, AGuestAccessToMemoryOfTheProcess) {
  Machine machine;  // boots the host
  Gate gate;
  SlowMemory memory(gate);
  const auto kernel = std::make_shared<Kernel>(
      std::shared_ptr<const Host>(std::shared_ptr<void>(), &machine.host()));
  const VmType type = machine.VmOf(*machine.CreateVm())->type();
  Vm vm(kernel, std::make_shared<Mm>(kernel->host().facts().page_shift, &memory), type);
  const FdTable fds;
  uapi::kvm_userspace_memory_region2 region{};
  region.memory_size = 4 * machine.page_size();
  region.userspace_addr = 64 * machine.page_size();
  ASSERT_TRUE(SetUserMemoryRegion(vm, region, fds, Trail(nullptr)).has_value());
  const auto read = [&vm](std::uint64_t gpa) {
    return std::holds_alternative<std::byte>(
        GuestRead(vm, gpa, GuestAddressing::kAuto, Trail(nullptr)));
  };
  std::thread slow([&] { EXPECT_TRUE(read(0)); });
  EXPECT_TRUE(gate.SomebodyArrives());
  std::future<void> ended = std::async(std::launch::async, [&] {
    EXPECT_TRUE(read(0));
    EXPECT_TRUE(read(machine.page_size()));
    const ReaderLock lock(vm.slots_lock());
    EXPECT_EQ(GfnAttributes(vm, 0, Trail(nullptr)), 0u);
  });
  EXPECT_EQ(ended.wait_for(kLong), Gate::kReady);
  gate.Open();
  slow.join();
}

}  // namespace
}  // namespace kvm_model
