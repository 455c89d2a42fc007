// Machine: a booted host with one process on it, for tests.
//
// The process's memory is the test's own, so that ioctls take pointers, and /dev/kvm is open. The
// helpers are single system calls with the arguments that don't matter filled in; they answer what
// the call answers. Anything else goes through task().
//
//   Machine machine("x86", {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}});
//   const int vm = *machine.CreateVm(uapi::kX86SwProtectedVm);
//
// A host that can't be booted ends the test program.
#ifndef KVM_MODEL_TESTS_KVM_MODEL_MACHINE_H_
#define KVM_MODEL_TESTS_KVM_MODEL_MACHINE_H_

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "kvm_model/guest_memfd.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/task.h"
#include "kvm_model/user_memory.h"
#include "kvm_model/vcpu.h"
#include "kvm_model/vm.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {

class Machine {
 public:
  explicit Machine(std::string_view arch = "x86", std::vector<SettingAssignment> settings = {},
                   std::string_view revision = "rfc-v4");

  const Host& host() const { return kernel_->host(); }
  Kernel& kernel() { return *kernel_; }
  Task& task() { return task_; }
  std::uint64_t page_size() const { return host().page_size(); }
  // The descriptor of /dev/kvm.
  int kvm() const { return kvm_; }
  // The number of an ioctl on this architecture.
  std::uint32_t Request(uapi::IoctlId id) const;

  // KVM_CHECK_EXTENSION on any descriptor that takes it.
  Result<std::int64_t> Check(int fd, std::int64_t capability);
  Result<int> CreateVm(std::uint64_t type = 0);
  Result<int> CreateVcpu(int vm, std::uint64_t id = 0);
  // KVM_ENABLE_CAP on a VM or a vCPU.
  Result<std::int64_t> EnableCap(int fd, std::uint32_t capability, std::uint64_t arg = 0,
                                 std::uint32_t flags = 0);
  // KVM_CREATE_IRQCHIP.
  Result<std::int64_t> CreateIrqchip(int vm);
  // KVM_CREATE_DEVICE: the new descriptor.
  Result<int> CreateDevice(int vm, std::uint32_t type);
  Result<int> CreateGuestMemfd(int vm, std::uint64_t pages, std::uint64_t flags);
  // KVM_SET_USER_MEMORY_REGION2: `pages` gfns from `gfn` on are the file's pages from `first` on.
  Result<std::int64_t> BindSlot(int vm, std::uint32_t slot, PageIndex gfn, std::uint64_t pages,
                                int guest_memfd, PageIndex first = 0);
  // Deletes a slot, or, with a size, makes one of ordinary memory.
  Result<std::int64_t> SetSlot(int vm, std::uint32_t slot, PageIndex gfn, std::uint64_t pages,
                               std::uint64_t userspace_addr = 0, std::uint32_t flags = 0);
  // A shared, writable mapping of a file from its page `first` on: its address.
  Result<std::uint64_t> Map(int guest_memfd, std::uint64_t pages, PageIndex first = 0);
  // KVM_SET_MEMORY_ATTRIBUTES2 on a guest_memfd or a VM. What the kernel leaves in the struct is
  // returned in *left, when given.
  Result<std::int64_t> Convert(int fd, PageRange range, std::uint64_t attributes,
                               std::uint64_t flags = 0,
                               uapi::kvm_memory_attributes2* left = nullptr);
  // fallocate(2) with PUNCH_HOLE, or without.
  Result<> PunchHole(int guest_memfd, PageRange range);
  Result<> Allocate(int guest_memfd, PageRange range);

  // What stands behind a descriptor; null when it is of another kind.
  std::shared_ptr<Vm> VmOf(int fd);
  std::shared_ptr<Vcpu> VcpuOf(int fd);
  std::shared_ptr<GuestMemfd> GuestMemfdOf(int fd);

 private:
  OwnProcessMemory memory_;
  std::shared_ptr<Kernel> kernel_;
  Task task_;
  int kvm_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_KVM_MODEL_MACHINE_H_
