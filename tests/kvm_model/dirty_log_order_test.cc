// The order of the checks of KVM_GET_DIRTY_LOG and KVM_CLEAR_DIRTY_LOG, as the decision trail shows
// it: most of them answer EINVAL or ENOENT.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "tests/kvm_model/check_order.h"
#include "tests/kvm_model/machine.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using uapi::Cap;

// Nothing is mapped there.
constexpr std::uint64_t kNowhere = 8;
// Slot 0 of the machine, whose log is asked for.
constexpr std::uint64_t kSlotPages = 130;
constexpr std::uint32_t kSecondAddressSpace = 1 << 16;

// What both calls have in common.
struct DirtyLogCall {
  std::string_view arch = "x86";
  bool in_another_process = false;
  bool unreadable = false;
  bool ring = false;
  std::uint32_t slot = 0;
  std::uint32_t slot_flags = uapi::kMemLogDirtyPages;
  bool manual = false;
  bool bitmap = true;

  template <typename Log>
  void MakeWith(TrailRecorder& recorder, std::string_view ioctl, Log log) const {
    Machine machine(arch);
    const int vm = *machine.CreateVm();
    if (ring) (void)machine.EnableCap(vm, Cap("KVM_CAP_DIRTY_LOG_RING_ACQ_REL"), 0x10000);
    if (manual) (void)machine.EnableCap(vm, Cap("KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2"), 1);
    (void)machine.SetSlot(vm, 0, 0, kSlotPages, 0, slot_flags);
    std::vector<std::uint64_t> words(kSlotPages / 64 + 1);
    log.slot = slot;
    log.dirty_bitmap = bitmap ? reinterpret_cast<std::uint64_t>(words.data()) : kNowhere;
    const auto child = machine.task().Fork();
    Task& task = in_another_process ? *child : machine.task();
    task.SetTrailListener(&recorder);
    (void)task.Ioctl(vm, machine.Request(*uapi::IoctlByName(ioctl)),
                     unreadable ? kNowhere : reinterpret_cast<std::uint64_t>(&log));
    task.SetTrailListener(nullptr);
  }
};

struct GetDirtyLogCall : DirtyLogCall {
  void Make(TrailRecorder& recorder) const {
    MakeWith(recorder, "KVM_GET_DIRTY_LOG", uapi::kvm_dirty_log{});
  }
};

TEST(DirtyLogOrderTest, Get) {
  using Call = GetDirtyLogCall;
  ExpectInOrder<Call>({
      {"the caller's mm is not the VM's", [](Call& call) { call.in_another_process = true; }},
      {"the argument can't be read", [](Call& call) { call.unreadable = true; }},
      {"a dirty ring without bitmap is in use", [](Call& call) { call.ring = true; }},
      {"address space >= the VM's address spaces",
       [](Call& call) { call.slot = 2 * kSecondAddressSpace; }},
      {"slot id >= KVM_USER_MEM_SLOTS", [](Call& call) { call.slot = 32764; }},
      {"there is no such slot", [](Call& call) { call.slot = 1; }},
      {"the slot has no dirty bitmap", [](Call& call) { call.slot_flags = 0; }},
      {"manual protection is enabled"},
      {"the bitmap can't be written", [](Call& call) { call.bitmap = false; }},
  });
}

// What a call tells of what it did.
std::string Told(const GetDirtyLogCall& call) {
  TrailRecorder recorder;
  call.Make(recorder);
  return recorder.ToText();
}

TEST(DirtyLogOrderTest, ManualProtectionLeavesTheClearingToTheProgram) {
  GetDirtyLogCall call;
  EXPECT_THAT(Told(call), HasSubstr("what was told is cleared"));
  call.manual = true;
  EXPECT_THAT(Told(call), Not(HasSubstr("what was told is cleared")));
}

struct ClearDirtyLogCall : DirtyLogCall {
  std::uint64_t first_page = 64;
  std::uint32_t num_pages = 64;

  void Make(TrailRecorder& recorder) const {
    uapi::kvm_clear_dirty_log log{};
    log.first_page = first_page;
    log.num_pages = num_pages;
    MakeWith(recorder, "KVM_CLEAR_DIRTY_LOG", log);
  }
};

TEST(DirtyLogOrderTest, Clear) {
  using Call = ClearDirtyLogCall;
  ExpectInOrder<Call>({
      {"the caller's mm is not the VM's", [](Call& call) { call.in_another_process = true; }},
      {"the argument can't be read", [](Call& call) { call.unreadable = true; }},
      {"a dirty ring without bitmap is in use", [](Call& call) { call.ring = true; }},
      {"address space >= the VM's address spaces",
       [](Call& call) { call.slot = 2 * kSecondAddressSpace; }},
      {"slot id >= KVM_USER_MEM_SLOTS", [](Call& call) { call.slot = 32764; }},
      {"first_page & 63", [](Call& call) { call.first_page = 1; }},
      {"there is no such slot", [](Call& call) { call.slot = 1; }},
      {"the slot has no dirty bitmap", [](Call& call) { call.slot_flags = 0; }},
      {"first_page > npages", [](Call& call) { call.first_page = 192; }},
      {"num_pages > the pages that are left", [](Call& call) { call.num_pages = 128; }},
      {"num_pages & 63, short of the slot's end", [](Call& call) { call.num_pages = 65; }},
      {"the bitmap can't be read", [](Call& call) { call.bitmap = false; }},
  });
}

}  // namespace
}  // namespace kvm_model
