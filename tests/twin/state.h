// What the twin's world is made of: VMs, memslots, files, processes. Plain data.
//
// Pages are numbered; what is in bytes says so. Ranges are half-open.
#ifndef KVM_MODEL_TESTS_TWIN_STATE_H_
#define KVM_MODEL_TESTS_TWIN_STATE_H_

#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "tests/twin/history.h"
#include "tests/twin/page.h"
#include "uapi/constants.h"

namespace kvm_model::twin {

using ProcessId = std::uint64_t;

inline constexpr std::uint64_t kGfns = std::uint64_t{1} << 52;  // Of 64-bit addresses.

struct GuestMemfd;

// How the guest has something mapped. Only TDX has page tables of its own for each; where nothing
// tells the two apart, either means both.
enum class Kinds : std::uint8_t { kBoth, kShared, kPrivate };

// A memslot.
struct Slot {
  std::uint32_t as_id = 0;  // Address space: 1 is that of system management mode.
  std::uint64_t gfn = 0;
  std::uint64_t pages = 0;
  std::uint64_t hva = 0;  // User address, in bytes.
  std::uint32_t flags = 0;
  // Null: the slot has none, or it was released. A file clears this when it goes.
  GuestMemfd* file = nullptr;
  std::uint64_t file_page = 0;   // Where in the file the slot begins.
  bool gmem_only = false;        // All faults come from the file.
  std::optional<History> dirty;  // The bitmap: 1 is dirty.

  bool has_guest_memfd() const { return (flags & uapi::kMemGuestMemfd) != 0; }
};

struct Vm {
  std::uint64_t type = 0;
  ProcessId owner = 0;
  std::map<std::pair<std::uint32_t, std::uint32_t>, Slot> slots;  // By as_id and id.
  bool had_slots = false;                                         // Now or earlier.
  History attributes{kGfns, 0};                                   // The VM's own store.
  std::set<std::uint64_t> vcpu_ids;
  std::set<std::uint64_t> guest_mapped;  // gfns in the guest's page tables.
  // Of those the private ones of a TDX guest, which has page tables of its own for them.
  std::set<std::uint64_t> mapped_privately;
  bool files_zap_both_kinds = true;
  unsigned gpa_bits = 0;               // Of the largest guest address.
  std::uint64_t manual_dirty_log = 0;  // KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2's argument.

  bool has_private_memory() const { return type == uapi::kX86SwProtectedVm || has_launch_flow(); }
  bool has_protected_state() const { return type == uapi::kX86SevEsVm || has_launch_flow(); }
  // kvm_arch_gmem_supported_content_modes(), in a revision that has them.
  std::uint64_t content_modes() const {
    if (type == uapi::kX86SwProtectedVm) {
      return uapi::kSetMemoryAttributes2Zero | uapi::kSetMemoryAttributes2Preserve;
    }
    return has_launch_flow() ? uapi::kSetMemoryAttributes2Zero : 0;
  }
  bool has_launch_flow() const { return type == uapi::kX86SnpVm || type == uapi::kX86TdxVm; }

  // The slot of the first address space that holds the gfn; null when there is none.
  Slot* SlotOf(std::uint64_t gfn) {
    for (auto& [id, slot] : slots) {
      if (slot.as_id == 0 && slot.gfn <= gfn && gfn - slot.gfn < slot.pages) return &slot;
    }
    return nullptr;
  }

  void Map(std::uint64_t gfn, bool is_private) {
    if (is_private && type == uapi::kX86TdxVm) mapped_privately.insert(gfn);
    guest_mapped.insert(gfn);
  }
  // Takes gfns out of the guest's page tables. They are the first address space's.
  void Zap(std::uint64_t start, std::uint64_t end, Kinds kinds) {
    if (kinds == Kinds::kBoth || type != uapi::kX86TdxVm) {
      guest_mapped.erase(guest_mapped.lower_bound(start), guest_mapped.lower_bound(end));
    } else {
      std::erase_if(guest_mapped, [&](std::uint64_t gfn) {
        const bool is_private = mapped_privately.contains(gfn);
        return gfn >= start && gfn < end && is_private == (kinds == Kinds::kPrivate);
      });
    }
    std::erase_if(mapped_privately, [&](std::uint64_t gfn) { return !guest_mapped.contains(gfn); });
  }
  void Zap(const Slot& slot) {
    if (slot.as_id == 0) Zap(slot.gfn, slot.gfn + slot.pages, Kinds::kBoth);
  }
};

// What a descriptor stands for.
struct OpenFile {
  OpenFile() = default;
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  virtual ~OpenFile() = default;
};

struct Device : OpenFile {};

struct VmFile : OpenFile {
  explicit VmFile(std::shared_ptr<Vm> its_vm) : vm(std::move(its_vm)) {}
  std::shared_ptr<Vm> vm;
};

struct VcpuFile : OpenFile {
  explicit VcpuFile(std::shared_ptr<Vm> its_vm) : vm(std::move(its_vm)) {}
  std::shared_ptr<Vm> vm;
};

struct GuestMemfd : OpenFile {
  GuestMemfd(std::shared_ptr<Vm> its_vm, std::uint64_t bytes, std::uint64_t its_flags)
      : vm(std::move(its_vm)),
        size(bytes),
        flags(its_flags),
        attributes(bytes / kPageSize, InitialAttributes(its_flags)) {}

  // kvm_gmem_release(): the last descriptor and the last mapping are gone. The slots stay.
  ~GuestMemfd() override {
    for (auto& [id, slot] : vm->slots) {
      if (slot.file != this) continue;
      if (slot.as_id == 0) vm->Zap(slot.gfn, slot.gfn + slot.pages, ZappedKinds());
      slot.file = nullptr;
    }
  }

  static std::uint64_t InitialAttributes(std::uint64_t flags) {
    return (flags & uapi::kGuestMemfdFlagInitShared) != 0 ? 0 : uapi::kMemoryAttributePrivate;
  }

  // What the guest loses when the file loses pages. Where only the kind counts that the file was
  // made as, the other stays mapped.
  Kinds ZappedKinds() const {
    if (vm->files_zap_both_kinds) return Kinds::kBoth;
    return InitialAttributes(flags) == 0 ? Kinds::kShared : Kinds::kPrivate;
  }

  bool AssignsPages() const { return vm->type == uapi::kX86SnpVm; }

  bool is_private(std::uint64_t page) const {
    return (attributes.At(page) & uapi::kMemoryAttributePrivate) != 0;
  }
  std::uint64_t pages_end() const { return size / kPageSize; }

  // The page, allocated if it is a hole.
  std::shared_ptr<Page> Get(std::uint64_t page) {
    std::shared_ptr<Page>& got = pages[page];
    if (got == nullptr) got = std::make_shared<Page>();
    return got;
  }
  // The same for somebody who uses it: the first use clears it.
  std::shared_ptr<Page> Use(std::uint64_t page) {
    std::shared_ptr<Page> got = Get(page);
    if (!got->up_to_date) got->Fill(0);
    got->up_to_date = true;
    return got;
  }
  bool IsPoisoned(std::uint64_t page) const {
    const auto found = pages.find(page);
    return found != pages.end() && found->second->poisoned;
  }

  std::shared_ptr<Vm> vm;
  std::uint64_t size = 0;  // In bytes.
  std::uint64_t flags = 0;
  History attributes;
  std::map<std::uint64_t, std::shared_ptr<Page>> pages;  // The resident ones.
};

// Memory that no file stands behind.
struct Anonymous {
  bool shared = false;
  std::map<std::uint64_t, std::shared_ptr<Page>> pages;  // Those that were touched.
};

// A piece of a process's address space: a mapping, or what munmap left of one.
struct Area {
  std::uint64_t start = 0;  // In bytes, as the next two.
  std::uint64_t end = 0;
  std::uint64_t origin = 0;  // Where the whole mapping began.
  std::uint64_t prot = 0;
  std::shared_ptr<GuestMemfd> file;   // This,
  std::uint64_t file_page = 0;        // from this page on;
  std::shared_ptr<Anonymous> memory;  // or this.

  // The page of the file or of the memory that is at an address of the area.
  std::uint64_t BackingPage(std::uint64_t address) const {
    return file_page + (address - origin) / kPageSize;
  }
};

struct Process {
  std::map<int, std::shared_ptr<OpenFile>> fds;
  std::map<std::uint64_t, Area> areas;  // By start.
  // Addresses of the pages of files that the process has in its page tables.
  std::set<std::uint64_t> mapped;
  std::uint64_t next_address = std::uint64_t{1} << 44;  // For the next mapping, in bytes.
  // Long-term references by number: the process's own. A child's numbers go on from its parent's.
  std::map<std::uint64_t, std::shared_ptr<Page>> pins;
  std::uint64_t last_pin = 0;

  // The area that holds the address; null: nothing is mapped there.
  const Area* AreaOf(std::uint64_t address) const {
    auto after = areas.upper_bound(address);
    if (after == areas.begin()) return nullptr;
    const Area& area = std::prev(after)->second;
    return address < area.end ? &area : nullptr;
  }
};

}  // namespace kvm_model::twin

#endif  // KVM_MODEL_TESTS_TWIN_STATE_H_
