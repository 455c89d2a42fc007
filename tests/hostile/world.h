// A small world full of state for hostile calls to spoil, and pictures of it to compare.
//
// Two VMs, a vCPU, guest_memfds of both VMs with resident pages and mixed attributes, slots of both
// kinds and one with a dirty log, mapped stage-2 pages, and a descriptor of every sort that hostile
// calls aim at. Addresses mean the model's own memory only, so no call can touch the test's.
#ifndef KVM_MODEL_TESTS_HOSTILE_WORLD_H_
#define KVM_MODEL_TESTS_HOSTILE_WORLD_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/guest_fault.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/result.h"
#include "kvm_model/task.h"
#include "kvm_model/user_memory.h"
#include "kvm_model/vm.h"
#include "tests/hostile/picture.h"
#include "uapi/ioctls.h"

namespace kvm_model::hostile {

// A host that the hostile tests run on.
struct HostChoice {
  std::string name;
  std::string arch;
  std::string revision;
  std::vector<SettingAssignment> settings;
  std::uint64_t vm_type = 0;
  // Per-VM attributes are in use; each guest_memfd tracks its own. Neither, on older revisions
  // without private memory and on other architectures of those.
  bool per_vm_attributes = false;
  bool file_attributes = false;

  // Whether the VM has private memory: no type 0 has.
  bool private_memory() const { return vm_type != 0; }
};

void PrintTo(const HostChoice& host, std::ostream* out);

// x86 at rfc-v4 with P=0, P=1 and with an SNP VM, at linux-7.0, at linux-6.18 and at linux-6.12,
// arm64 with both sizes of page, and every other architecture.
std::vector<HostChoice> HostChoices();
// Those of them that have guest_memfd.
std::vector<HostChoice> HostChoicesWithGuestMemfd();

class World {
 public:
  // `memory` answers for addresses that the process has not mapped.
  explicit World(const HostChoice& choice, UserMemory* memory = nullptr);

  const HostChoice& choice() const { return choice_; }
  const Host& host() const { return kernel_->host(); }
  Kernel& kernel() { return *kernel_; }
  Task& task() { return *task_; }
  std::uint64_t page() const { return host().page_size(); }
  bool has_guest_memfd() const { return host().facts().guest_memfd; }
  // Where it can't be mapped, ordinary memory stands in for it.
  bool maps_guest_memfd() const { return host().facts().guest_memfd_flags; }
  // GUEST_MEMFD_FLAG_MMAP, where it is one.
  std::uint64_t mmap_flag() const;
  std::uint32_t Request(uapi::IoctlId id) const;

  int device() const { return device_; }
  int vm() const { return vm_; }
  int other_vm() const { return other_vm_; }
  int vcpu() const { return vcpu_; }
  // Of vm(): MMAP and, where it can be, INIT_SHARED, 8 pages, bound and mapped; without flags,
  // 4 pages, not bound. -1 where there is no guest_memfd.
  int file() const { return file_; }
  int private_file() const { return private_file_; }
  int other_vms_file() const { return other_vms_file_; }
  // An interrupt controller (ITS) of vm() on arm64, where alone the model has devices; -1
  // elsewhere.
  int controller() const { return controller_; }
  // Opened with O_PATH.
  int path_only() const { return path_only_; }
  // A number that was a VM's until now, and is closed: the next one to be given out.
  int Closed();
  static constexpr int kNeverOpen = 1000;

  // Where file() is mapped, and kScratchPages pages of anonymous memory, behind which nothing is
  // mapped.
  std::uint64_t mapping() const { return mapping_; }
  std::uint64_t scratch() const { return scratch_; }
  std::uint64_t scratch_end() const { return scratch_ + kScratchPages * page(); }
  static constexpr std::uint64_t kScratchPages = 4;

  // The slots of vm(): 0 of ordinary memory, two pages from gfn 16; 1, where there is guest_memfd,
  // of file() from its page 1 on, six pages from gfn 64; and one with a dirty log.
  static constexpr std::uint32_t kLoggedSlot = 2;
  static constexpr std::uint64_t kLoggedGfn = 2048;
  static constexpr std::uint64_t kLoggedPages = 128;
  // How the guest addresses memory that it shares.
  GuestAddressing shared_addressing() const;
  // The guest writes the first two pages of the slot with the log.
  void WriteLoggedPages();

  // Writes into the model's user memory.
  void Poke(std::uint64_t address, std::span<const std::byte> bytes);
  std::vector<std::byte> Peek(std::uint64_t address, std::size_t bytes);
  // Fills the start of scratch memory, more than any struct takes.
  void Fill(std::byte value);
  static constexpr std::size_t kFilledBytes = 8192;

  // The call with a struct at the start of scratch memory.
  template <typename T>
  Result<std::int64_t> Call(int fd, uapi::IoctlId id, const T& args) {
    Poke(scratch_, std::as_bytes(std::span(&args, 1)));
    return task_->Ioctl(fd, Request(id), scratch_);
  }

  Picture Look() { return kvm_model::hostile::Look(*kernel_, *task_); }

  std::shared_ptr<Vm> VmOf(int fd);
  std::shared_ptr<GuestMemfd> GuestMemfdOf(int fd);

 private:
  void MakeFiles();
  void MakeSlots();
  void Touch();

  const HostChoice choice_;
  std::shared_ptr<Kernel> kernel_;
  std::unique_ptr<Task> task_;
  int device_ = -1;
  int vm_ = -1;
  int other_vm_ = -1;
  int vcpu_ = -1;
  int file_ = -1;
  int private_file_ = -1;
  int other_vms_file_ = -1;
  int controller_ = -1;
  int path_only_ = -1;
  std::uint64_t mapping_ = 0;
  std::uint64_t scratch_ = 0;
};

}  // namespace kvm_model::hostile

#endif  // KVM_MODEL_TESTS_HOSTILE_WORLD_H_
