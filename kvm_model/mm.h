// Mm: a process's address space as the kernel sees it.
//
// Holds the process's own mappings (anonymous memory and mapped files) at addresses of its own
// making, and hands every other address to a UserMemory, which may be the real memory of this
// process or absent. Reads and writes answer the signal that the access would raise; what the
// kernel copies from or to user space turns that into EFAULT. Thread-safe: an access, also one that
// spans several mappings, is made before munmap(2) or after it, and fork(2) copies one moment.
//
// Addresses and lengths are bytes. Model addresses start at kFirstAddress, far from where real
// programs have theirs.
#ifndef KVM_MODEL_KVM_MODEL_MM_H_
#define KVM_MODEL_KVM_MODEL_MM_H_

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "kvm_model/mapping.h"
#include "kvm_model/mmu_notifier.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/user_memory.h"
#include "uapi/errno.h"

namespace kvm_model {

class File;

// The file that a mapping shows, for the calls that reach through to it; null for memory of the
// process's own.
struct MappedFile {
  std::shared_ptr<File> file;
  std::uint64_t offset = 0;  // of the mapping's start in the file, in bytes
  bool shared = false;       // what is written is everybody's
};

class Mm {
 public:
  static constexpr std::uint64_t kFirstAddress = std::uint64_t{1} << 44;

  // `elsewhere` answers for addresses that are not mapped here; null: they are bad. It must outlive
  // the Mm.
  Mm(unsigned page_shift, UserMemory* elsewhere);
  ~Mm();
  Mm(const Mm&) = delete;
  Mm& operator=(const Mm&) = delete;

  // Who follows what is unmapped here. Mappings share it, so that it outlives their last notice.
  const std::shared_ptr<MmuNotifiers>& notifiers() const { return notifiers_; }

  // Maps `length` bytes (rounded up to pages) of `mapping`, from its start, at an address of the
  // model's choosing. ENOMEM when the model's addresses are used up: there are 2^44 bytes of them,
  // each mapping takes its length and a gap of 1 MiB, and none comes back.
  // The file, if there is one, stays open as long as any part of it is mapped.
  Result<std::uint64_t> Map(std::shared_ptr<Mapping> mapping, std::uint64_t length, int prot,
                            MappedFile file = {}, const Trail& trail = Trail(nullptr));
  // Zero-filled memory: of the process's own, or with `shared` its children's as well.
  Result<std::uint64_t> MapAnonymous(std::uint64_t length, int prot, bool shared = false,
                                     const Trail& trail = Trail(nullptr));
  // EINVAL: unaligned address, zero length or an end past the address space. Pages that aren't
  // mapped are passed over. Tells the notifiers, if anything was mapped.
  Result<> Unmap(std::uint64_t address, std::uint64_t length, const Trail& trail = Trail(nullptr));

  // A piece of the address space with one mapping behind it.
  struct Area {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    int prot = 0;
    bool locked = false;
    std::shared_ptr<Mapping> mapping;
    PageRange pages;  // of the mapping
    MappedFile file;  // its offset is that of the area's start
  };
  // What is mapped between two page-aligned addresses, lowest first, cut to what lies between.
  std::vector<Area> AreasIn(std::uint64_t start, std::uint64_t end) const;
  // mlock(2)'s mark on what is mapped between two page-aligned addresses.
  void Lock(std::uint64_t start, std::uint64_t end);

  Access Read(std::uint64_t address, std::span<std::byte> bytes,
              const Trail& trail = Trail(nullptr));
  Access Write(std::uint64_t address, std::span<const std::byte> bytes,
               const Trail& trail = Trail(nullptr));
  std::expected<std::unique_ptr<PagePin>, Signal> Pin(std::uint64_t address,
                                                      const Trail& trail = Trail(nullptr));

  // copy_from_user() and copy_to_user(): EFAULT when any byte can't be accessed.
  Result<> CopyFromUser(std::uint64_t address, std::span<std::byte> bytes);
  Result<> CopyToUser(std::uint64_t address, std::span<const std::byte> bytes);

  template <typename T>
  Result<T> CopyFromUser(std::uint64_t address) {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    const Result<> copied = CopyFromUser(address, std::as_writable_bytes(std::span(&value, 1)));
    if (!copied) return Failure(copied.error());
    return value;
  }
  template <typename T>
  Result<> CopyToUser(std::uint64_t address, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    return CopyToUser(address, std::as_bytes(std::span(&value, 1)));
  }

  // exit_mmap(): unmaps everything, when the process ends.
  void UnmapAll();
  // Takes the area's pages out of the page tables, and tells the notifiers. The area stays.
  void Zap(const Area& area, const Trail& trail);

  // The address space of a forked child. Throws std::bad_alloc.
  std::unique_ptr<Mm> Fork() const;

 private:
  struct Vma {
    std::uint64_t end = 0;
    std::uint64_t offset = 0;  // of the area's start in the mapping, in bytes
    int prot = 0;
    std::shared_ptr<Mapping> mapping;
    MappedFile file;
    bool locked = false;
  };
  // Where an address leads: the mapping, and the byte in it.
  struct Place {
    Mapping* mapping = nullptr;
    std::uint64_t offset = 0;
    int prot = 0;
  };
  using Areas = std::map<std::uint64_t, Vma>;

  // A forked child's.
  Mm(unsigned page_shift, UserMemory* elsewhere, Areas areas, std::uint64_t next_address);

  std::optional<Place> Find(std::uint64_t address) const ABSL_SHARED_LOCKS_REQUIRED(lock_);
  // The model's own addresses are never another's, even where a program has something there (the
  // address sanitizer's shadow memory, say).
  bool IsElsewhere(std::uint64_t address) const;
  // Splits the area that crosses `address`, so that one starts there.
  void SplitAt(std::uint64_t address) ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock_);
  // Calls `access(place or null, address, first byte, bytes)` page by page.
  template <typename Visit>
  Access EachPage(std::uint64_t address, std::size_t bytes, Visit visit)
      ABSL_SHARED_LOCKS_REQUIRED(lock_);

  const unsigned page_shift_;
  UserMemory* const elsewhere_;
  const std::shared_ptr<MmuNotifiers> notifiers_;
  mutable SharedMutex lock_{LockRank::kAddressSpace};
  Areas areas_ ABSL_GUARDED_BY(lock_);
  std::uint64_t next_address_ ABSL_GUARDED_BY(lock_) = kFirstAddress;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_MM_H_
