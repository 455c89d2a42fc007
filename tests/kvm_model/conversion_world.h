// ConversionWorld: one VM with a guest_memfd, of eight pages mostly, for tests of conversions.
//
// The file is mapped by the process and bound to the VM at kFirstGfn; it stays open as long as the
// world lives. A Snapshot is everything that a conversion may change.
#ifndef KVM_MODEL_TESTS_KVM_MODEL_CONVERSION_WORLD_H_
#define KVM_MODEL_TESTS_KVM_MODEL_CONVERSION_WORLD_H_

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string_view>
#include <vector>

#include "kvm_model/attribute_map.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/guest_memfd_mapping.h"
#include "kvm_model/host.h"
#include "kvm_model/mapping.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/vm.h"
#include "tests/kvm_model/machine.h"
#include "uapi/constants.h"
#include "uapi/structs.h"

namespace kvm_model {

inline constexpr std::uint64_t kShared = 0;
inline constexpr std::uint64_t kPrivate = uapi::kMemoryAttributePrivate;
inline constexpr std::uint64_t kUnspecified = uapi::kSetMemoryAttributes2ModeUnspecified;
inline constexpr std::uint64_t kZero = uapi::kSetMemoryAttributes2Zero;
inline constexpr std::uint64_t kPreserve = uapi::kSetMemoryAttributes2Preserve;
inline constexpr std::uint64_t kMmap = uapi::kGuestMemfdFlagMmap;
inline constexpr std::uint64_t kInitShared = uapi::kGuestMemfdFlagInitShared;

struct Snapshot {
  std::vector<AttributeRun> attributes;
  std::vector<PageRange> resident;
  // The bytes of each page of the file.
  std::vector<std::vector<std::byte>> contents;
  std::vector<PageIndex> host_mapped;
  std::vector<PageRange> stage2;
  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

class ConversionWorld {
 public:
  static constexpr std::uint64_t kPages = 8;
  static constexpr PageIndex kFirstGfn = 16;
  static constexpr PageRange kAll = {0, kPages};

  struct Options {
    std::string_view arch = "x86";
    std::vector<SettingAssignment> settings = {};
    std::uint64_t vm_type = uapi::kX86SwProtectedVm;
    std::uint64_t flags = kMmap | kInitShared;
    std::uint64_t pages = kPages;
    std::string_view revision = "rfc-v4";
  };

  ConversionWorld() : ConversionWorld(Options{}) {}
  explicit ConversionWorld(const Options& options);
  ~ConversionWorld();
  ConversionWorld(const ConversionWorld&) = delete;
  ConversionWorld& operator=(const ConversionWorld&) = delete;

  Machine& machine() { return machine_; }
  int vm_fd() const { return vm_fd_; }
  int guest_memfd_fd() const { return guest_memfd_fd_; }
  Vm& vm() { return *machine_.VmOf(vm_fd_); }
  GuestMemfdInode& inode() { return *inode_; }
  const GuestMemfdMapping& mapping() const { return *mapping_; }
  // The process's address of a page of the file.
  std::uint64_t AddressOf(PageIndex page) const { return address_ + page * machine_.page_size(); }

  Result<std::int64_t> Convert(PageRange range, std::uint64_t attributes, std::uint64_t flags = 0,
                               uapi::kvm_memory_attributes2* left = nullptr) {
    return machine_.Convert(guest_memfd_fd_, range, attributes, flags, left);
  }
  // A program's load or store at the start of a page; a page that it reaches is mapped.
  std::expected<int, Signal> HostRead(PageIndex page);
  Access HostWrite(PageIndex page, std::uint8_t value);
  // The guest's, addressed as its VM type does; -1 when the access exits.
  int GuestRead(PageIndex page);
  bool GuestWrite(PageIndex page, std::uint8_t value);

  Snapshot Take();
  bool PageIs(PageIndex page, std::uint8_t value);

 private:
  const std::uint64_t pages_;
  Machine machine_;
  int vm_fd_;
  int guest_memfd_fd_;
  std::shared_ptr<GuestMemfd> guest_memfd_;
  GuestMemfdInode* inode_;
  std::shared_ptr<GuestMemfdMapping> mapping_;
  std::uint64_t address_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_KVM_MODEL_CONVERSION_WORLD_H_
