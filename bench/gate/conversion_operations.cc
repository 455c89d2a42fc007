#include "bench/gate/conversion_operations.h"

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/conversions/model_rig.h"
#include "bench/conversions/workload.h"
#include "bench/gate/operation.h"
#include "bench/model/guest_memfd_vm.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/attribute_run.h"
#include "kvm_model/guest_fault.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "uapi/constants.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model::bench {
namespace {

constexpr std::uint64_t kPlaces = 64;
constexpr std::uint64_t kPageBytes = 4096;
constexpr std::uint32_t kRequest = uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES2");

[[noreturn]] void Fail(std::string_view what) {
  std::cerr << what << '\n';
  std::exit(1);
}

// Half of the places become private, one after the other, and then shared again.
Workload ThereAndBack(std::uint64_t pages) {
  Workload workload;
  for (const Attributes attributes : {uapi::kMemoryAttributePrivate, std::uint64_t{0}}) {
    for (std::uint64_t i = 0; i < kPlaces / 2; ++i) {
      workload.timed.push_back({{i * pages, (i + 1) * pages}, attributes});
    }
  }
  workload.before = {{{0, kFilePages}, 0}};
  workload.after = workload.before;
  return workload;
}

struct World {
  explicit World(Workload conversions)
      : rig(std::make_shared<const Workload>(std::move(conversions)),
            uapi::kSetMemoryAttributes2Preserve, false) {
    if (!rig.error().empty()) Fail(rig.error());
  }
  std::size_t Bytes() {
    const GuestMemfdInode& inode = guest().guest_memfd().inode();
    const ReaderLock lock(inode.invalidate_lock());
    return inode.attributes().allocated_bytes();
  }

  GuestMemfdVm& guest() { return rig.guest(); }

  ModelRig rig;
};

Operation OfWorld(std::string name, const std::shared_ptr<World>& world,
                  std::function<void()> run) {
  return {
      .name = std::move(name), .run = std::move(run), .bytes = [world] { return world->Bytes(); }};
}

// All that the conversions ask of the map.
void ConvertInStore(AttributeMap& map, const Workload& workload) {
  for (const Conversion& conversion : workload.timed) {
    if (map.RangeHas(conversion.range, conversion.attributes)) Fail("Nothing is to be converted");
    auto store = map.Prepare(conversion.range, conversion.attributes);
    if (!store) Fail("A map has no memory");
    map.Commit(*std::move(store));
    map.Trim();
  }
}

void ConvertTyped(World& world) {
  for (const uapi::kvm_memory_attributes2& arguments : world.rig.arguments()) {
    if (!world.guest().guest_memfd().SetMemoryAttributes(arguments, Trail(nullptr))) {
      Fail("A conversion fails");
    }
  }
}

// The arguments, at `address` and behind it.
void ConvertAtDoor(World& world, std::uint64_t address) {
  for (std::size_t i = 0; i < kPlaces; ++i) {
    if (!world.guest().task().Ioctl(world.guest().fd(), kRequest,
                                    address + i * sizeof(uapi::kvm_memory_attributes2))) {
      Fail("A conversion fails at the door");
    }
  }
}

void Copy(World& world, std::uint64_t address) {
  for (std::size_t i = 0; i < kPlaces; ++i) {
    const std::uint64_t at = address + i * sizeof(uapi::kvm_memory_attributes2);
    if (!world.guest().task().mm().CopyFromUser<uapi::kvm_memory_attributes2>(at)) {
      Fail("A struct can't be read");
    }
  }
}

std::uint64_t InTaskMemory(World& world) {
  const auto bytes = std::as_bytes(std::span(world.rig.arguments()));
  Task& task = world.guest().task();
  const auto mapped =
      task.Mmap(bytes.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!mapped || !task.mm().Write(*mapped, bytes)) Fail("A task has no memory");
  return *mapped;
}

// A VM of whose file the first pages are resident, and which the process maps a second time, at an
// address that is known here. (Nothing is looked for in the first mapping: it stays empty.)
struct AccessedWorld : World {
  AccessedWorld() : World(ThereAndBack(kPlaces)) {
    const auto mapped = guest().task().Mmap(kPlaces * kPageBytes, PROT_READ | PROT_WRITE,
                                            MAP_SHARED, guest().fd(), 0);
    if (!mapped) Fail("A guest_memfd can't be mapped");
    address = *mapped;
    HostWriteAll();
    GuestWriteAll();
  }

  void HostWriteAll() {
    for (std::uint64_t i = 0; i < kPlaces; ++i) {
      if (!guest().task().HostWrite(address + i * kPageBytes, std::byte{1}))
        Fail("A host's write fails");
    }
  }
  void HostReadAll() {
    for (std::uint64_t i = 0; i < kPlaces; ++i) {
      if (!guest().task().HostRead(address + i * kPageBytes)) Fail("A host's read fails");
    }
  }
  void GuestWriteAll() {
    for (std::uint64_t i = 0; i < kPlaces; ++i) {
      Expect(GuestWrite(guest().vm(), i * kPageBytes, std::byte{1}, GuestAddressing::kAuto,
                        Trail(nullptr)));
    }
  }
  void GuestReadAll() {
    for (std::uint64_t i = 0; i < kPlaces; ++i) {
      Expect(GuestRead(guest().vm(), i * kPageBytes, GuestAddressing::kAuto, Trail(nullptr)));
    }
  }
  // A conversion there and back takes the pages out of all page tables.
  void UnmapAll() { ConvertTyped(*this); }

  std::uint64_t address = 0;

 private:
  static void Expect(const GuestAccessResult& result) {
    if (!std::holds_alternative<std::byte>(result)) Fail("A guest's access fails");
  }
};

}  // namespace

std::vector<Operation> ConversionOperations() {
  std::vector<Operation> operations;
  for (const auto& [size, pages] :
       {std::pair{"page", std::uint64_t{1}}, std::pair{"2m", std::uint64_t{512}}}) {
    const auto append = [&](std::string_view layer, auto convert_of) {
      const auto world = std::make_shared<World>(ThereAndBack(pages));
      operations.push_back(
          OfWorld(absl::StrFormat("conversion/%s/%s", layer, size), world, convert_of(world)));
    };
    const auto map = std::make_shared<AttributeMap>(kFilePages, 0);
    operations.push_back(
        {.name = absl::StrFormat("conversion/store/%s", size),
         .run = [map, workload = ThereAndBack(pages)] { ConvertInStore(*map, workload); },
         .bytes = [map] { return map->allocated_bytes(); }});
    append("typed",
           [](const std::shared_ptr<World>& world) { return [world] { ConvertTyped(*world); }; });
    append("door_own_memory", [](const std::shared_ptr<World>& world) {
      const auto address = reinterpret_cast<std::uint64_t>(world->rig.arguments().data());
      return [world, address] { ConvertAtDoor(*world, address); };
    });
    append("door_task_memory", [](const std::shared_ptr<World>& world) {
      return [world, address = InTaskMemory(*world)] { ConvertAtDoor(*world, address); };
    });
  }
  // What of these is the copy of the struct.
  const auto world = std::make_shared<World>(ThereAndBack(1));
  operations.push_back(OfWorld("conversion/copy_from_task_memory", world,
                               [world, address = InTaskMemory(*world)] { Copy(*world, address); }));
  return operations;
}

std::vector<Operation> AccessOperations() {
  std::vector<Operation> operations;
  const auto append = [&operations](std::string_view what, auto run, bool fault) {
    const auto world = std::make_shared<AccessedWorld>();
    Operation operation =
        OfWorld(absl::StrFormat("access/%s", what), world, [world, run] { (world.get()->*run)(); });
    if (fault) operation.before = [world] { world->UnmapAll(); };
    operations.push_back(std::move(operation));
  };
  append("host_mapped", &AccessedWorld::HostReadAll, false);
  append("host_fault", &AccessedWorld::HostWriteAll, true);
  append("guest_mapped", &AccessedWorld::GuestReadAll, false);
  append("guest_fault", &AccessedWorld::GuestWriteAll, true);
  return operations;
}

}  // namespace kvm_model::bench
