#include "tests/failure/calls.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "kvm_model/guest_fault.h"
#include "kvm_model/mapping.h"
#include "kvm_model/memory_calls.h"
#include "kvm_model/populate.h"
#include "kvm_model/result.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "tests/hostile/forms.h"
#include "tests/hostile/picture.h"
#include "tests/hostile/world.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model::failure {
namespace {

using hostile::Form;
using uapi::FdKind;

constexpr int kKeepSize = FALLOC_FL_KEEP_SIZE;
constexpr int kPunchHole = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;

template <typename T>
Outcome OutcomeOf(const std::expected<T, uapi::Errno>& result) {
  return result ? std::string(kOk) : std::string(uapi::ErrnoName(result.error()));
}

template <typename T>
Outcome OutcomeOf(const std::expected<T, Signal>& access) {
  if (access) return std::string(kOk);
  return access.error() == Signal::kSIGBUS ? "SIGBUS" : "SIGSEGV";
}

Outcome OutcomeOf(const GuestAccessResult& result) {
  if (const auto* const exit = std::get_if<MemoryFaultExit>(&result)) {
    return "exit " + std::string(uapi::ErrnoName(exit->error));
  }
  return std::holds_alternative<std::byte>(result) ? std::string(kOk) : "no access";
}

// An ioctl whose argument is a number.
Call Scalar(std::string_view name, FdKind kind, int (World::*fd)() const,
            std::function<std::uint64_t(const World&)> argument) {
  Call call;
  call.name = name;
  call.kind = kind;
  call.make = [name, fd, argument = std::move(argument)](World& world) {
    return OutcomeOf(world.task().Ioctl((world.*fd)(), world.Request(*uapi::IoctlByName(name)),
                                        argument(world)));
  };
  return call;
}

Call Struct(const Form& form) {
  Call call;
  call.name = form.ioctl;
  call.kind = form.kind;
  call.make = [&form](World& world) {
    return OutcomeOf(CallWith(world, form, hostile::GoodArguments(world, form), world.scratch()));
  };
  return call;
}

Call SystemCall(std::string_view name, std::function<Outcome(World&)> make) {
  Call call;
  call.name = name;
  call.make = std::move(make);
  return call;
}

// KVM_SET_USER_MEMORY_REGION2, told apart by what it does.
Call RegionChange(std::string_view name,
                  void (*change)(World& world, uapi::kvm_userspace_memory_region2& region)) {
  Call call;
  call.name = name;
  call.make = [change](World& world) {
    uapi::kvm_userspace_memory_region2 region{};
    change(world, region);
    return OutcomeOf(world.Call(world.vm(), uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2"), region));
  };
  return call;
}

// x86's types by number, some of which other architectures have, and an arm64 VM of 40 bits.
std::vector<Call> OtherTypesOfVms() {
  constexpr std::pair<std::string_view, std::uint64_t> kTypes[] = {
      {"KVM_CREATE_VM of type 0", 0},   {"KVM_CREATE_VM of type 1", 1},
      {"KVM_CREATE_VM of type 2", 2},   {"KVM_CREATE_VM of type 3", 3},
      {"KVM_CREATE_VM of type 4", 4},   {"KVM_CREATE_VM of type 5", 5},
      {"KVM_CREATE_VM of type 40", 40},
  };
  std::vector<Call> calls;
  for (const auto& [name, type] : kTypes) {
    Call call = SystemCall(name, [type](World& world) {
      return OutcomeOf(
          world.task().Ioctl(world.device(), world.Request(uapi::Ioctl("KVM_CREATE_VM")), type));
    });
    call.gives_descriptor = true;
    calls.push_back(std::move(call));
  }
  return calls;
}

std::vector<Call> ScalarIoctls() {
  const auto zero = [](const World&) { return std::uint64_t{0}; };
  const auto slots = [](const World&) { return std::uint64_t{10}; };
  std::vector<Call> calls = {
      Scalar("KVM_GET_API_VERSION", FdKind::kSystem, &World::device, zero),
      Scalar("KVM_GET_VCPU_MMAP_SIZE", FdKind::kSystem, &World::device, zero),
      Scalar("KVM_CHECK_EXTENSION", FdKind::kSystem, &World::device, slots),
      Scalar("KVM_CHECK_EXTENSION", FdKind::kVm, &World::vm, slots),
      Scalar("KVM_SET_BOOT_CPU_ID", FdKind::kVm, &World::other_vm, zero),
      Scalar("KVM_RUN", FdKind::kVcpu, &World::vcpu, zero),
  };
  for (Call& call : calls) call.allocates_on = "none";
  Call create_vm = Scalar("KVM_CREATE_VM", FdKind::kSystem, &World::device,
                          [](const World& world) { return world.choice().vm_type; });
  create_vm.gives_descriptor = true;
  calls.push_back(std::move(create_vm));
  Call create_vcpu = Scalar("KVM_CREATE_VCPU", FdKind::kVm, &World::vm,
                            [](const World&) { return std::uint64_t{3}; });
  create_vcpu.gives_descriptor = true;
  calls.push_back(std::move(create_vcpu));
  Call create_irqchip = Scalar("KVM_CREATE_IRQCHIP", FdKind::kVm, &World::other_vm, zero);
  create_irqchip.allocates_on = "x86";
  calls.push_back(std::move(create_irqchip));
  for (Call& call : OtherTypesOfVms()) calls.push_back(std::move(call));
  return calls;
}

// On arm64, whose controller has something of each vCPU, and limits their number before it has all.
Call CreateIrqchipOfAVcpu() {
  Call call = SystemCall("KVM_CREATE_IRQCHIP of a VM with a vCPU", [](World& world) {
    return OutcomeOf(world.task().Ioctl(
        world.vm(), world.Request(uapi::Ioctl("KVM_CREATE_IRQCHIP")), std::uint64_t{0}));
  });
  call.allocates_on = "arm64";
  call.keeps = {" state"};
  return call;
}

Call CreateVcpuWithARing() {
  Call call = SystemCall("KVM_CREATE_VCPU with a dirty ring", [](World& world) {
    uapi::kvm_enable_cap ring{};
    ring.cap = uapi::Cap("KVM_CAP_DIRTY_LOG_RING_ACQ_REL");
    ring.args[0] = 65536;
    // Fails the second time, when the VM has its ring.
    (void)world.Call(world.other_vm(), uapi::Ioctl("KVM_ENABLE_CAP"), ring);
    if (world.VmOf(world.other_vm())->dirty_logging().ring_bytes.load() == 0) {
      return Outcome("no ring");
    }
    return OutcomeOf(world.task().Ioctl(
        world.other_vm(), world.Request(uapi::Ioctl("KVM_CREATE_VCPU")), std::uint64_t{1}));
  });
  call.gives_descriptor = true;
  // The ring, and on x86 the limit of the vCPUs' ids, which the first attempt fixes.
  call.keeps = {" state", " arch"};
  return call;
}

std::vector<Call> CallsAfterOthers() {
  Call full_log = SystemCall("a slot whose dirty log is full from the start", [](World& world) {
    uapi::kvm_enable_cap manual{};
    manual.cap = uapi::Cap("KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2");
    manual.args[0] = uapi::kDirtyLogManualProtectEnable | uapi::kDirtyLogInitiallySet;
    const auto enabled = world.Call(world.vm(), uapi::Ioctl("KVM_ENABLE_CAP"), manual);
    if (!enabled) return OutcomeOf(enabled);
    uapi::kvm_userspace_memory_region2 region{};
    region.slot = 7;
    region.flags = uapi::kMemLogDirtyPages;
    region.guest_phys_addr = 4096 * world.page();
    region.memory_size = 4 * world.page();
    return OutcomeOf(world.Call(world.vm(), uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2"), region));
  });
  full_log.keeps = {" state"};
  // One page, which is made private first.
  Call populate = SystemCall("populate", [](World& world) {
    uapi::kvm_memory_attributes2 args{};
    args.offset = 5 * world.page();
    args.size = world.page();
    args.attributes = uapi::kMemoryAttributePrivate;
    const auto converted =
        world.Call(world.file(), uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES2"), args);
    if (!converted) return OutcomeOf(converted);
    return OutcomeOf(Populate(*world.VmOf(world.vm()), 68, 1, std::byte{0x55}, Trail(nullptr)));
  });
  populate.keeps = {" attributes"};
  return {CreateIrqchipOfAVcpu(), CreateVcpuWithARing(), full_log, populate};
}

std::vector<Call> StructIoctls() {
  std::vector<Call> calls;
  for (const Form& form : hostile::Forms()) {
    Call call = Struct(form);
    if (form.ioctl == "KVM_CREATE_GUEST_MEMFD") call.gives_descriptor = true;
    if (form.ioctl == "KVM_ENABLE_CAP") call.allocates_on = "none";
    // Elsewhere there is nothing to change.
    if (form.ioctl.starts_with("KVM_SET_MEMORY_ATTRIBUTES")) call.allocates_on = "private";
    if (form.ioctl == "KVM_CREATE_DEVICE") {
      // x86 only asks whether there is such a device. A controller stays when its file fails.
      call.allocates_on = "arm64";
      call.gives_descriptor = true;
      call.keeps = {" state", " arch"};
      call.again = "EEXIST";
    }
    if (form.ioctl.ends_with("DIRTY_LOG")) call.allocates_on = "none";
    calls.push_back(std::move(call));
  }
  return calls;
}

std::vector<Call> RegionChanges() {
  using Region = uapi::kvm_userspace_memory_region2;
  // A move that fails late has taken the slot's pages from the guest already.
  Call move = RegionChange("moving a slot", [](World& world, Region& region) {
    region.slot = World::kLoggedSlot;
    region.flags = uapi::kMemLogDirtyPages;
    region.guest_phys_addr = 8192 * world.page();
    region.memory_size = World::kLoggedPages * world.page();
    region.userspace_addr = world.scratch() + 2 * world.page();
  });
  move.keeps = {" stage 2"};
  return {
      RegionChange("a slot of a guest_memfd",
                   [](World& world, Region& region) {
                     region.slot = 7;
                     region.flags = uapi::kMemGuestMemfd;
                     region.guest_phys_addr = 4096 * world.page();
                     region.memory_size = 4 * world.page();
                     region.guest_memfd = static_cast<std::uint32_t>(
                         world.choice().arch == "arm64" ? world.file() : world.private_file());
                     // The world's own slot takes file() from page 1 on.
                     if (world.choice().arch == "arm64") region.memory_size = world.page();
                   }),
      RegionChange("a slot with a dirty log",
                   [](World& world, Region& region) {
                     region.slot = 7;
                     region.flags = uapi::kMemLogDirtyPages;
                     region.guest_phys_addr = 4096 * world.page();
                     region.memory_size = 4 * world.page();
                   }),
      RegionChange("turning on a dirty log",
                   [](World& world, Region& region) {
                     region.flags = uapi::kMemLogDirtyPages;
                     region.guest_phys_addr = 16 * world.page();
                     region.memory_size = 2 * world.page();
                     region.userspace_addr = world.scratch() + 2 * world.page();
                   }),
      RegionChange("turning off a dirty log",
                   [](World& world, Region& region) {
                     region.slot = World::kLoggedSlot;
                     region.guest_phys_addr = World::kLoggedGfn * world.page();
                     region.memory_size = World::kLoggedPages * world.page();
                     region.userspace_addr = world.scratch() + 2 * world.page();
                   }),
      std::move(move),
      RegionChange("deleting a slot", [](World&, Region&) {}),
  };
}

std::vector<Call> DescriptorCalls() {
  Call open = SystemCall("open", [](World& world) {
    return OutcomeOf(world.task().Open("/dev/kvm", O_RDWR | O_CLOEXEC));
  });
  Call open_path = SystemCall("open with O_PATH", [](World& world) {
    return OutcomeOf(world.task().Open("/dev/kvm", O_PATH));
  });
  Call open_link = SystemCall("open of a link in /proc/self/fd", [](World& world) {
    return OutcomeOf(world.task().Open("/proc/self/fd/" + std::to_string(world.device()), O_RDWR));
  });
  Call dup =
      SystemCall("dup", [](World& world) { return OutcomeOf(world.task().Dup(world.vm())); });
  dup.allocates_on = "none";
  std::vector<Call> calls = {open, open_path, open_link, dup};
  for (Call& call : calls) call.gives_descriptor = true;
  return calls;
}

std::vector<Call> FileCalls() {
  Call allocate = SystemCall("fallocate", [](World& world) {
    return OutcomeOf(
        world.task().Fallocate(world.file(), kKeepSize, 4 * world.page(), 4 * world.page()));
  });
  allocate.keeps = {" resident", " contents"};
  Call punch = SystemCall("fallocate with PUNCH_HOLE", [](World& world) {
    return OutcomeOf(
        world.task().Fallocate(world.file(), kPunchHole, world.page(), 2 * world.page()));
  });
  punch.allocates_on = "none";
  Call remove = SystemCall("madvise with MADV_REMOVE", [](World& world) {
    return OutcomeOf(world.task().Madvise(world.mapping() + world.page(), 2 * world.page(),
                                          MemoryAdvice::kRemove));
  });
  remove.allocates_on = "none";
  Call map = SystemCall("mmap of a guest_memfd", [](World& world) {
    return OutcomeOf(world.task().Mmap(world.page(), PROT_READ, MAP_SHARED, world.file(), 0));
  });
  Call read = SystemCall("a load from a guest_memfd", [](World& world) {
    return OutcomeOf(world.task().HostRead(world.mapping() + 6 * world.page()));
  });
  Call write = SystemCall("a store to a guest_memfd", [](World& world) {
    return OutcomeOf(world.task().HostWrite(world.mapping() + 7 * world.page(), std::byte{1}));
  });
  Call pin = SystemCall("a reference on a page of a guest_memfd", [](World& world) {
    return OutcomeOf(world.task().Pin(world.mapping() + 7 * world.page()));
  });
  for (Call* call : {&read, &write, &pin}) call->without_memory = "SIGBUS";
  Call lock = SystemCall("mlock", [](World& world) {
    return OutcomeOf(world.task().Mlock(world.mapping() + 6 * world.page(), 2 * world.page()));
  });
  // What mlock() has faulted in stays, and so does the mark.
  lock.keeps = {"area ", " resident", " contents"};
  Call guest = SystemCall("a guest's access to a guest_memfd", [](World& world) {
    return OutcomeOf(GuestWrite(*world.VmOf(world.vm()), 68 * world.page(), std::byte{1},
                                world.shared_addressing(), Trail(nullptr)));
  });
  guest.without_memory = "exit ENOMEM";
  // Where the file can't be mapped, ordinary memory is in its place, also for the guest.
  for (Call* call : {&read, &write, &pin, &lock, &guest}) {
    call->make = [make = call->make](World& world) {
      return world.maps_guest_memfd() ? make(world) : Outcome("not of a guest_memfd");
    };
  }
  return {allocate, punch, remove, map, read, write, pin, lock, guest};
}

std::vector<Call> MakeCalls() {
  std::vector<Call> calls;
  for (auto group :
       {ScalarIoctls, StructIoctls, CallsAfterOthers, RegionChanges, DescriptorCalls, FileCalls}) {
    for (Call& call : group()) calls.push_back(std::move(call));
  }
  Call vcpu = SystemCall("mmap of a vCPU", [](World& world) {
    return OutcomeOf(world.task().Mmap(world.page(), PROT_READ, MAP_SHARED, world.vcpu(), 0));
  });
  Call anonymous = SystemCall("mmap of anonymous memory", [](World& world) {
    return OutcomeOf(
        world.task().Mmap(world.page(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  });
  calls.push_back(std::move(vcpu));
  calls.push_back(std::move(anonymous));
  return calls;
}

}  // namespace

const std::vector<Call>& Calls() {
  static const auto* const kCalls = new std::vector<Call>(MakeCalls());
  return *kCalls;
}

Outcome Plain(const Call& call, const HostChoice& choice) {
  World world(choice);
  return call.make(world);
}

bool Allocates(const Call& call, const HostChoice& choice) {
  // It clears attributes.
  if (call.name == "KVM_SET_MEMORY_ATTRIBUTES" &&
      !FindRevision(choice.revision)->clearing_needs_memory) {
    return false;
  }
  if (call.allocates_on == "private") return choice.private_memory();
  return call.allocates_on == "all" || call.allocates_on == choice.arch;
}

std::string Unexpected(const Call& call, Picture before, Picture after) {
  for (Picture* picture : {&before, &after}) {
    std::erase_if(*picture, [&call](const auto& entry) {
      return std::ranges::any_of(call.keeps, [&entry](std::string_view part) {
        return entry.first.find(part) != std::string::npos;
      });
    });
  }
  return hostile::Difference(before, after);
}

}  // namespace kvm_model::failure
