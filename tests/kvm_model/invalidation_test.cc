// What an invalidation listener is told: which gfns of which VM are dropped, why, and in which
// order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdint>
#include <memory>
#include <ostream>
#include <utility>
#include <vector>

#include "kvm_model/guest_memfd.h"
#include "kvm_model/host.h"
#include "kvm_model/invalidation_listener.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mapping.h"
#include "kvm_model/memory_calls.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model {

struct Notice {
  PageRange gfns;
  InvalidationCause cause;
  friend bool operator==(const Notice&, const Notice&) = default;
};

void PrintTo(const Notice& notice, std::ostream* out) {
  PrintTo(notice.gfns, out);
  *out << " cause " << static_cast<int>(notice.cause);
}

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Cause = InvalidationCause;

constexpr std::uint64_t kPageSize = 4096;
constexpr std::uint64_t kPrivate = uapi::kMemoryAttributePrivate;
constexpr std::uint64_t kPreserve = uapi::kSetMemoryAttributes2Preserve;
constexpr std::uint64_t kMappable = uapi::kGuestMemfdFlagMmap | uapi::kGuestMemfdFlagInitShared;

class Recorder : public InvalidationListener {
 public:
  void OnInvalidate(const Vm& vm, PageRange gfns, InvalidationCause cause) override {
    vms_.push_back(&vm);
    notices_.push_back({gfns, cause});
  }
  // What came since the last time.
  std::vector<Notice> Take() {
    std::vector<Notice> taken;
    taken.swap(notices_);
    vms_.clear();
    return taken;
  }
  const std::vector<const Vm*>& vms() const { return vms_; }

 private:
  std::vector<Notice> notices_;
  std::vector<const Vm*> vms_;
};

class InvalidationTest : public ::testing::Test {
 protected:
  explicit InvalidationTest(std::vector<SettingAssignment> settings = {})
      : machine_("x86", std::move(settings)) {
    machine_.kernel().SetInvalidationListener(&recorder_);
    vm_ = *machine_.CreateVm(uapi::kX86SwProtectedVm);
  }

  // A file of 16 pages that slot 0 has at gfn 100 (its pages 0 to 8) and slot 1 at gfn 200 (8 to
  // 16).
  void BindInTwoSlots() {
    file_ = *machine_.CreateGuestMemfd(vm_, 16, kMappable);
    ASSERT_THAT(machine_.BindSlot(vm_, 0, 100, 8, file_, 0), Succeeds());
    ASSERT_THAT(machine_.BindSlot(vm_, 1, 200, 8, file_, 8), Succeeds());
  }

  std::uint64_t Anonymous(std::uint64_t pages) {
    return *machine_.task().Mmap(pages * kPageSize, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }

  Recorder recorder_;
  Machine machine_;
  int vm_ = -1;
  int file_ = -1;
};

class PerVmInvalidationTest : public InvalidationTest {
 protected:
  PerVmInvalidationTest() : InvalidationTest({{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}}) {}
};

TEST_F(InvalidationTest, ConvertingARangeOfTwoSlots) {
  BindInTwoSlots();
  ASSERT_THAT(machine_.Convert(file_, {6, 11}, kPrivate, kPreserve), Succeeds());
  EXPECT_THAT(recorder_.vms(), ElementsAre(machine_.VmOf(vm_).get(), machine_.VmOf(vm_).get()));
  EXPECT_THAT(recorder_.Take(), ElementsAre(Notice{{106, 108}, Cause::kConversion},
                                            Notice{{200, 203}, Cause::kConversion}));
  ASSERT_THAT(machine_.Convert(file_, {0, 1}, 0, kPreserve), Succeeds()) << "shared already";
  EXPECT_THAT(recorder_.Take(), IsEmpty());
  ASSERT_THAT(machine_.Convert(file_, {6, 7}, 0, kPreserve), Succeeds());
  EXPECT_THAT(recorder_.Take(), ElementsAre(Notice{{106, 107}, Cause::kConversion}));
}

// Both what the process had mapped and what the guest had go; towards shared only the guest's.
TEST_F(InvalidationTest, ConvertingPagesThatTheProcessMaps) {
  file_ = *machine_.CreateGuestMemfd(vm_, 8, kMappable);
  const std::uint64_t map = *machine_.Map(file_, 4, 2);  // pages 2 to 6
  ASSERT_THAT(machine_.BindSlot(vm_, 0, 100, 8, file_), Succeeds());
  ASSERT_THAT(machine_.SetSlot(vm_, 1, 200, 4, map), Succeeds());
  ASSERT_THAT(machine_.Convert(file_, {0, 4}, kPrivate, kPreserve), Succeeds());
  EXPECT_THAT(recorder_.Take(), ElementsAre(Notice{{200, 202}, Cause::kUserUnmapped},
                                            Notice{{100, 104}, Cause::kConversion}));
  ASSERT_THAT(machine_.Convert(file_, {0, 4}, 0, kPreserve), Succeeds());
  EXPECT_THAT(recorder_.Take(), ElementsAre(Notice{{100, 104}, Cause::kConversion}));
}

TEST_F(InvalidationTest, AConversionThatFindsAPageInUseHasUnmappedThemOnly) {
  file_ = *machine_.CreateGuestMemfd(vm_, 8, kMappable);
  const std::uint64_t map = *machine_.Map(file_, 8);
  ASSERT_THAT(machine_.BindSlot(vm_, 0, 100, 8, file_), Succeeds());
  ASSERT_THAT(machine_.SetSlot(vm_, 1, 200, 8, map), Succeeds());
  const auto pin = machine_.task().Pin(map + 5 * kPageSize);
  ASSERT_TRUE(pin.has_value());
  EXPECT_THAT(machine_.Convert(file_, {4, 8}, kPrivate, kPreserve),
              FailsWith(uapi::Errno::kEAGAIN));
  EXPECT_THAT(recorder_.Take(), ElementsAre(Notice{{204, 208}, Cause::kUserUnmapped}));
}

TEST_F(InvalidationTest, AConversionThatIsRefusedDropsNothing) {
  BindInTwoSlots();
  EXPECT_THAT(machine_.Convert(file_, {0, 4}, kPrivate, uapi::kSetMemoryAttributes2Zero),
              FailsWith(uapi::Errno::kEOPNOTSUPP));
  machine_.kernel().allocations().FailNth(1);
  EXPECT_THAT(machine_.Convert(file_, {0, 4}, kPrivate), FailsWith(uapi::Errno::kENOMEM));
  EXPECT_THAT(recorder_.Take(), IsEmpty());
}

TEST_F(InvalidationTest, PunchingAHole) {
  file_ = *machine_.CreateGuestMemfd(vm_, 8, kMappable);
  const std::uint64_t map = *machine_.Map(file_, 8);
  ASSERT_THAT(machine_.BindSlot(vm_, 0, 100, 8, file_), Succeeds());
  ASSERT_THAT(machine_.SetSlot(vm_, 1, 200, 8, map), Succeeds());
  ASSERT_THAT(machine_.PunchHole(file_, {6, 20}), Succeeds()) << "reaches past the file's end";
  EXPECT_THAT(recorder_.Take(), ElementsAre(Notice{{106, 108}, Cause::kPunchedHole},
                                            Notice{{206, 208}, Cause::kUserUnmapped}));
}

TEST_F(InvalidationTest, AMemoryError) {
  BindInTwoSlots();
  ASSERT_THAT(machine_.Allocate(file_, {9, 10}), Succeeds());
  ASSERT_THAT(machine_.GuestMemfdOf(file_)->MemoryError(9, Trail(nullptr)), Succeeds());
  EXPECT_THAT(recorder_.Take(), ElementsAre(Notice{{201, 202}, Cause::kMemoryError}));
}

TEST_F(InvalidationTest, ReleasingAFile) {
  BindInTwoSlots();
  const int second = *machine_.task().Dup(file_);
  ASSERT_THAT(machine_.task().Close(file_), Succeeds());
  EXPECT_THAT(recorder_.Take(), IsEmpty()) << "another descriptor is open";
  ASSERT_THAT(machine_.task().Close(second), Succeeds());
  EXPECT_THAT(recorder_.Take(), ElementsAre(Notice{{100, 108}, Cause::kFileRelease},
                                            Notice{{200, 208}, Cause::kFileRelease}));
}

TEST_F(InvalidationTest, DeletingAndMovingASlot) {
  const std::uint64_t memory = Anonymous(4);
  ASSERT_THAT(machine_.SetSlot(vm_, 0, 100, 4, memory), Succeeds());
  EXPECT_THAT(recorder_.Take(), IsEmpty());
  ASSERT_THAT(machine_.SetSlot(vm_, 0, 100, 4, memory, uapi::kMemLogDirtyPages), Succeeds());
  EXPECT_THAT(recorder_.Take(), IsEmpty()) << "only flags changed";
  ASSERT_THAT(machine_.SetSlot(vm_, 0, 200, 4, memory), Succeeds());
  EXPECT_THAT(recorder_.Take(), ElementsAre(Notice{{100, 104}, Cause::kMemslotMoved}));
  ASSERT_THAT(machine_.SetSlot(vm_, 0, 0, 0), Succeeds());
  EXPECT_THAT(recorder_.Take(), ElementsAre(Notice{{200, 204}, Cause::kMemslotDeleted}));
}

TEST_F(PerVmInvalidationTest, SettingAttributesOfTheVm) {
  ASSERT_THAT(machine_.SetSlot(vm_, 0, 100, 4, Anonymous(4)), Succeeds());
  ASSERT_THAT(machine_.SetSlot(vm_, 1, 104, 4, Anonymous(4)), Succeeds());
  ASSERT_THAT(machine_.Convert(vm_, {50, 106}, kPrivate), Succeeds());
  EXPECT_THAT(recorder_.Take(), ElementsAre(Notice{{100, 104}, Cause::kAttributesChanged},
                                            Notice{{104, 106}, Cause::kAttributesChanged}));
  ASSERT_THAT(machine_.Convert(vm_, {60, 106}, kPrivate), Succeeds());
  ASSERT_THAT(machine_.Convert(vm_, {300, 400}, kPrivate), Succeeds());
  EXPECT_THAT(recorder_.Take(), IsEmpty()) << "no change, and no memslot";
}

TEST_F(InvalidationTest, UnmappingWhatSlotsShow) {
  const std::uint64_t memory = Anonymous(8);
  ASSERT_THAT(machine_.SetSlot(vm_, 0, 100, 4, memory), Succeeds());
  ASSERT_THAT(machine_.SetSlot(vm_, 1, 200, 6, memory + 2 * kPageSize), Succeeds());
  Task& task = machine_.task();
  ASSERT_THAT(task.Madvise(memory + 3 * kPageSize, 2 * kPageSize, MemoryAdvice::kDontNeed),
              Succeeds());
  EXPECT_THAT(recorder_.Take(), ElementsAre(Notice{{103, 104}, Cause::kUserUnmapped},
                                            Notice{{201, 203}, Cause::kUserUnmapped}));
  ASSERT_THAT(task.Munmap(memory, kPageSize), Succeeds());
  EXPECT_THAT(recorder_.Take(), ElementsAre(Notice{{100, 101}, Cause::kUserUnmapped}));
  ASSERT_THAT(task.Munmap(memory, kPageSize), Succeeds());
  EXPECT_THAT(recorder_.Take(), IsEmpty()) << "nothing was mapped";
  ASSERT_THAT(machine_.SetSlot(vm_, 0, 0, 0), Succeeds());
  recorder_.Take();
  ASSERT_THAT(task.Munmap(memory, 8 * kPageSize), Succeeds());
  EXPECT_THAT(recorder_.Take(), ElementsAre(Notice{{200, 206}, Cause::kUserUnmapped}));
}

TEST_F(InvalidationTest, APieceThatIsUnmappedIsOutOfTheFilesReach) {
  file_ = *machine_.CreateGuestMemfd(vm_, 8, kMappable);
  const std::uint64_t map = *machine_.Map(file_, 8);
  ASSERT_THAT(machine_.SetSlot(vm_, 1, 200, 8, map), Succeeds());
  ASSERT_THAT(machine_.task().Munmap(map + 2 * kPageSize, 2 * kPageSize), Succeeds());
  recorder_.Take();
  ASSERT_THAT(machine_.PunchHole(file_, {0, 8}), Succeeds());
  EXPECT_THAT(recorder_.Take(), ElementsAre(Notice{{200, 202}, Cause::kUserUnmapped},
                                            Notice{{204, 208}, Cause::kUserUnmapped}));
}

// A child's mappings show its own memory, which the VM's slots don't mean.
TEST_F(InvalidationTest, AChildUnmappingItsMemoryTakesNothingFromTheGuest) {
  file_ = *machine_.CreateGuestMemfd(vm_, 8, kMappable);
  const std::uint64_t map = *machine_.Map(file_, 8);
  ASSERT_THAT(machine_.SetSlot(vm_, 1, 200, 8, map), Succeeds());
  const std::unique_ptr<Task> child = machine_.task().Fork();
  ASSERT_THAT(child->Munmap(map, kPageSize), Succeeds());
  EXPECT_THAT(recorder_.Take(), IsEmpty());
  ASSERT_THAT(machine_.PunchHole(file_, {0, 8}), Succeeds());
  EXPECT_THAT(recorder_.Take(), ElementsAre(Notice{{200, 208}, Cause::kUserUnmapped}));
}

TEST_F(InvalidationTest, WithoutAListenerNobodyIsTold) {
  BindInTwoSlots();
  machine_.kernel().SetInvalidationListener(nullptr);
  ASSERT_THAT(machine_.Convert(file_, {0, 16}, kPrivate, kPreserve), Succeeds());
  EXPECT_THAT(recorder_.Take(), IsEmpty());
}

TEST_F(InvalidationTest, TheTrailHasItToo) {
  const std::uint64_t memory = Anonymous(4);
  ASSERT_THAT(machine_.SetSlot(vm_, 0, 100, 4, memory), Succeeds());
  TrailRecorder trail;
  machine_.task().SetTrailListener(&trail);
  ASSERT_THAT(machine_.task().Munmap(memory, 4 * kPageSize), Succeeds());
  EXPECT_THAT(trail.ToText(), ::testing::HasSubstr("guest mappings of the gfns are zapped"));
}

}  // namespace
}  // namespace kvm_model
