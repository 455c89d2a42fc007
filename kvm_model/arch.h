// Arch: what kvm_model/ asks of an architecture, as the kernel's generic code calls its
// kvm_arch_*() hooks.
//
// The emulator knows no concrete architecture: a Host is made with one of these. arch/generic holds
// the weak defaults, arch/registry.h finds an architecture by name. All functions are const and
// safe to call from several threads.
#ifndef KVM_MODEL_KVM_MODEL_ARCH_H_
#define KVM_MODEL_KVM_MODEL_ARCH_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kvm_model/page.h"
#include "kvm_model/privileges.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm_type.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"
#include "uapi/vfs_ioctls.h"

namespace kvm_model {

class File;
class Host;
class PageContents;
class Vcpu;
class Vm;
struct Caller;

// Constants of an architecture's KVM that no configuration changes.
struct ArchTraits {
  std::string_view name;
  uapi::Encoding ioctl_encoding = uapi::Encoding::kGeneric;
  uapi::VfsNumbering vfs_numbering = uapi::VfsNumbering::kGeneric;
  // Whose ioctls it has besides everyone's (kAll: none).
  uapi::IoctlArch ioctl_arch = uapi::IoctlArch::kAll;
  // What an ioctl that nobody knows answers on each kind of fd.
  uapi::Errno unknown_device_ioctl = uapi::Errno::kEINVAL;
  uapi::Errno unknown_vm_ioctl = uapi::Errno::kENOTTY;
  uapi::Errno unknown_vcpu_ioctl = uapi::Errno::kEINVAL;
  // How many slots KVM keeps to itself is inferred, where it keeps any.
  bool user_mem_slots_inferred = false;
  // User addresses end here (exclusive); tagged ones lie above.
  std::uint64_t user_address_end = std::uint64_t{1} << 47;
  // KVM_COALESCED_MMIO_PAGE_OFFSET, and the pages of a vCPU's mapping besides the run page and the
  // coalesced MMIO page.
  int coalesced_mmio_page_offset = 1;
  int extra_vcpu_mmap_pages = 0;
  // The Kconfig symbols of VM types with private memory: with one of them the architecture defines
  // kvm_arch_has_private_mem(). Empty: it never does.
  std::span<const std::string_view> private_mem_symbols = {};
  // Read-only memslots work (kvm_arch_has_readonly_mem() may still say no for a VM type).
  bool has_readonly_mem = true;
  // A guest fault compares how the guest addressed the page with the page's attributes.
  bool guest_fault_checks_privacy = false;
  // The types of devices that KVM_CREATE_DEVICE may know, by configuration and hardware.
  std::span<const std::uint32_t> device_types = {};
  // KVM_ENABLE_CAP is an ioctl of vCPUs too.
  bool has_vcpu_enable_cap = true;
  // Its part of KVM_PRE_FAULT_MEMORY takes the whole range: a page that can't be had, other than
  // for want of a memslot, fails all of it with EIO.
  bool pre_faults_whole_ranges = false;
};

// The four hooks that decide what a conversion does to the bytes of a guest_memfd.
// Each apply hook gets the pages [start, end) under the exclusive invalidate lock.
struct ContentModeHooks {
  std::uint64_t (*supported)(const Vm& vm);
  Result<> (*apply_unspecified)(const Vm& vm, PageContents& contents, PageRange range,
                                const Trail& trail);
  Result<> (*apply_zero)(const Vm& vm, PageContents& contents, PageRange range, const Trail& trail);
  Result<> (*apply_preserve)(const Vm& vm, PageContents& contents, PageRange range,
                             const Trail& trail);
};

// What KVM_SET_USER_MEMORY_REGION is about to do, for the architecture's own checks.
struct MemoryRegionChange {
  enum class Kind : std::uint8_t { kCreate, kMove, kFlagsOnly, kDelete };
  Kind kind = Kind::kCreate;
  PageIndex base_gfn = 0;
  std::uint64_t npages = 0;
  std::uint32_t flags = 0;
  bool gmem_only = false;
  std::uint64_t userspace_addr = 0;  // bytes
};

// What an architecture looks up in a host's settings once, so that an answer searches no names.
class ArchFacts {
 public:
  virtual ~ArchFacts() = default;
};

// What an architecture keeps about one VM. Changes under Vm::state_lock(); what answers read
// without that lock is atomic.
class ArchVm {
 public:
  virtual ~ArchVm() = default;
  // All of it in words, for people and for comparisons. The caller holds Vm::state_lock().
  virtual std::string ToText() const = 0;
};

// What an ioctl answers; nothing when the architecture's function has no case for it.
using IoctlAnswer = std::optional<Result<std::int64_t>>;

// An architecture's answer to a capability; nothing when its function has no case for the number.
using CapabilityValue = std::optional<Result<std::int64_t>>;

class Arch {
 public:
  virtual ~Arch() = default;

  virtual const ArchTraits& traits() const = 0;
  virtual std::span<const Setting> settings() const = 0;
  virtual std::span<const HostRule> rules() const = 0;

  virtual std::unique_ptr<const ArchFacts> MakeFacts(const HostDraft& host) const = 0;
  virtual std::unique_ptr<ArchVm> MakeVm(const Host& host, const VmType& type) const = 0;

  // The VM types that have names, whether or not this host can create them.
  virtual std::span<const VmType> named_vm_types() const = 0;
  // kvm_arch_init_vm(): the type that KVM_CREATE_VM's argument means on this host, or its errno.
  virtual Result<VmType> InitVm(const Host& host, const Privileges& privileges, std::uint64_t type,
                                const Trail& trail) const = 0;

  // KVM_USER_MEM_SLOTS: the slots that KVM doesn't keep to itself.
  virtual std::uint32_t UserMemSlots(const Revision& revision) const = 0;
  // KVM_MAX_VCPU_IDS, and kvm->max_vcpus of a new VM.
  virtual std::uint64_t MaxVcpuIds(const Host& host) const = 0;
  virtual std::uint64_t MaxVcpus(const Host& host, const VmType& type) const = 0;
  // kvm_arch_vcpu_precreate(), with Vm::state_lock() held.
  virtual Result<> PrecreateVcpu(Vm& vm, std::uint64_t id, const Trail& trail) const = 0;
  // KVM_MAX_NR_ADDRESS_SPACES, and how many of them a VM of this type has.
  virtual int MaxAddressSpaces(const Host& host) const = 0;
  virtual int AddressSpaces(const Host& host, const VmType& type) const = 0;
  // KVM_DIRTY_LOG_MANUAL_CAPS.
  virtual std::uint64_t DirtyLogManualCaps(const Host& host, const Trail& trail) const = 0;
  // kvm_cpu_dirty_log_size(): entries of a dirty ring that the hardware may add after it is full,
  // above KVM_DIRTY_RING_RSVD_ENTRIES.
  virtual std::uint32_t CpuDirtyLogSize(const Host& host) const = 0;

  // What kvm_vm_ioctl_get_dirty_log() asks first; only architectures with one of their own refuse.
  virtual Result<> CheckDirtyLog(const Vm& vm, const Trail& trail) const = 0;

  // kvm_vm_ioctl_check_extension(): `vm` is null for /dev/kvm.
  virtual CapabilityValue CheckExtension(const Host& host, const Vm* vm, std::int64_t capability,
                                         const Trail& trail) const = 0;
  // kvm_vm_ioctl_enable_cap(): only capabilities that the generic function doesn't take arrive
  // here.
  virtual Result<std::int64_t> EnableCap(Vm& vm, Caller& caller, const uapi::kvm_enable_cap& cap,
                                         const Trail& trail) const = 0;
  // kvm_vcpu_ioctl_enable_cap(): KVM_ENABLE_CAP on a vCPU.
  virtual Result<std::int64_t> EnableVcpuCap(Vcpu& vcpu, Caller& caller,
                                             const uapi::kvm_enable_cap& cap,
                                             const Trail& trail) const = 0;

  // kvm_arch_vm_ioctl(): what a VM's descriptor takes besides the generic ioctls.
  virtual IoctlAnswer VmIoctl(Vm& vm, Caller& caller, uapi::IoctlId id, std::uint64_t arg,
                              const Trail& trail) const = 0;
  // KVM_CREATE_DEVICE of a type among the traits' device_types: the device's file, or with `test`
  // none. ENODEV where nobody registered the type; ENOSYS, with a note in the trail, where the
  // model doesn't know.
  virtual Result<std::shared_ptr<File>> CreateDevice(const std::shared_ptr<Vm>& vm,
                                                     std::uint32_t type, bool test,
                                                     const Trail& trail) const = 0;

  // kvm_arch_supports_gmem_init_shared().
  virtual bool SupportsGmemInitShared(const Host& host, const VmType& type,
                                      const Trail& trail) const = 0;
  virtual const ContentModeHooks& content_modes() const = 0;

  // kvm_arch_prepare_memory_region().
  virtual Result<> PrepareMemoryRegion(const Vm& vm, const MemoryRegionChange& change,
                                       const Trail& trail) const = 0;
  // KVM_PRE_FAULT_MEMORY is compiled in.
  virtual bool HasPreFaultMemory(const Revision& revision) const = 0;
  // What kvm_arch_vcpu_pre_fault_memory() comes to before it faults a page in.
  virtual Result<> PreparePreFault(const Vm& vm, const Trail& trail) const = 0;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_ARCH_H_
