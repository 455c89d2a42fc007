// The order of the checks of a program's own accesses, of munmap(2) and of the model's addresses,
// as the decision trail shows it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kvm_model/guest_memfd.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mm.h"
#include "kvm_model/shortage.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "tests/kvm_model/check_order.h"
#include "tests/kvm_model/machine.h"
#include "uapi/constants.h"

namespace kvm_model {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kMmap = uapi::kGuestMemfdFlagMmap;
constexpr std::uint64_t kShared = kMmap | uapi::kGuestMemfdFlagInitShared;

// A load from a page of a guest_memfd that nobody touched.
struct Load {
  std::string_view revision = "rfc-v4";
  std::uint64_t flags = kShared;
  std::uint64_t page = 0;
  int prot = PROT_READ;
  bool mapped = true;
  bool poisoned = false;
  std::uint64_t failing_allocation = 0;
  enum class By { kLoad, kStore, kPin } by = By::kLoad;

  void Make(TrailRecorder& recorder) const {
    Machine machine("x86", {}, revision);
    const int file = *machine.CreateGuestMemfd(*machine.CreateVm(), 2, flags);
    const std::uint64_t map = *machine.task().Mmap(8 * kPage, prot, MAP_SHARED, file, 0);
    const std::uint64_t address = mapped ? map + page * kPage : map + (std::uint64_t{1} << 30);
    if (poisoned) {
      (void)machine.Allocate(file, {0, 1});
      (void)machine.GuestMemfdOf(file)->MemoryError(0, Trail(nullptr));
    }
    machine.kernel().allocations().FailNth(failing_allocation);
    Listen(machine, recorder, [&] { Access(machine.task(), address); });
  }

 private:
  int Access(Task& task, std::uint64_t address) const {
    switch (by) {
      case By::kLoad:
        return task.HostRead(address).has_value() ? 1 : 0;
      case By::kStore:
        return task.HostWrite(address, std::byte{1}).has_value() ? 1 : 0;
      case By::kPin:
        break;
    }
    return task.Pin(address).has_value() ? 1 : 0;
  }
};

TEST(HostAccessOrderTest, ALoad) {
  using Call = Load;
  ExpectInOrder<Call>({
      {"nothing is mapped there", [](Call& call) { call.mapped = false; }},
      {"the mapping can't be read", [](Call& call) { call.prot = PROT_NONE; }},
      {"the page lies past the end of the file", [](Call& call) { call.page = 2; }},
      {"the page is private", [](Call& call) { call.flags = kMmap; }},
      {"memory for the page is short", [](Call& call) { call.failing_allocation = 1; }},
      {"the page is poisoned", [](Call& call) { call.poisoned = true; }},
  });
}

struct Store : Load {
  Store() { by = By::kStore, prot = PROT_READ | PROT_WRITE; }
};

TEST(HostAccessOrderTest, AStore) {
  using Call = Store;
  ExpectInOrder<Call>({
      {"nothing is mapped there", [](Call& call) { call.mapped = false; }},
      {"the mapping can't be written", [](Call& call) { call.prot = PROT_READ; }},
      {"the page lies past the end of the file", [](Call& call) { call.page = 2; }},
      {kRoomForContentsIsShort},
  });
}

struct Pinning : Load {
  Pinning() { by = By::kPin; }
};

TEST(HostAccessOrderTest, APin) {
  using Call = Pinning;
  ExpectInOrder<Call>({
      {"nothing is mapped there", [](Call& call) { call.mapped = false; }},
      {"the mapping can't be read", [](Call& call) { call.prot = PROT_NONE; }},
      {"the page lies past the end of the file", [](Call& call) { call.page = 2; }},
  });
}

struct OldLoad : Load {
  OldLoad() { revision = "linux-6.18"; }
};

TEST(HostAccessOrderTest, ALoadBeforeTheSeries) {
  using Call = OldLoad;
  ExpectInOrder<Call>({
      {"the page lies past the end of the file", [](Call& call) { call.page = 2; }},
      {"the file has no GUEST_MEMFD_FLAG_INIT_SHARED", [](Call& call) { call.flags = kMmap; }},
      {"memory for the page is short", [](Call& call) { call.failing_allocation = 1; }},
  });
}

struct Unmapping {
  std::uint64_t address = Mm::kFirstAddress;
  std::uint64_t length = kPage;

  void Make(TrailRecorder& recorder) const {
    Mm mm(12, nullptr);
    (void)mm.MapAnonymous(kPage, PROT_READ);
    (void)mm.Unmap(address, length, Trail(&recorder));
  }
};

TEST(HostAccessOrderTest, Munmap) {
  using Call = Unmapping;
  ExpectInOrder<Call>({
      {"address is not page aligned", [](Call& call) { call.address += 1; }},
      {"length == 0, in whole pages", [](Call& call) { call.length = 0; }},
      {"address + length wraps", [](Call& call) { call.length = 0 - 2 * kPage; }},
  });
}

struct NewMapping {
  std::uint64_t length = kPage;

  void Make(TrailRecorder& recorder) const {
    Mm mm(12, nullptr);
    (void)mm.MapAnonymous(length, PROT_READ, false, Trail(&recorder));
  }
};

TEST(HostAccessOrderTest, TheModelsAddresses) {
  using Call = NewMapping;
  ExpectInOrder<Call>({
      {"the model has not so many addresses left",
       [](Call& call) { call.length = std::uint64_t{1} << 44; }},
      {kProgramsMemoryIsShort},
  });
}

}  // namespace
}  // namespace kvm_model
