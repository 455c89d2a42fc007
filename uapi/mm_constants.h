// The flags of fallocate(2), mmap(2) and mprotect(2) that a guest_memfd's user passes.
//
// The mmap flags are asm-generic's. powerpc numbers MAP_NORESERVE and MAP_LOCKED otherwise, mips
// MAP_ANONYMOUS and what follows it; the model takes these numbers on every architecture.
//
// Cost: all of it is constexpr.

#ifndef KVM_MODEL_UAPI_MM_CONSTANTS_H_
#define KVM_MODEL_UAPI_MM_CONSTANTS_H_

#include <array>
#include <cstdint>

#include "uapi/flags.h"

namespace kvm_model::uapi {

// ---- fallocate ----

inline constexpr std::uint64_t kFallocKeepSize = 0x01;
inline constexpr std::uint64_t kFallocPunchHole = 0x02;
inline constexpr std::uint64_t kFallocNoHideStale = 0x04;
inline constexpr std::uint64_t kFallocCollapseRange = 0x08;
inline constexpr std::uint64_t kFallocZeroRange = 0x10;
inline constexpr std::uint64_t kFallocInsertRange = 0x20;
inline constexpr std::uint64_t kFallocUnshareRange = 0x40;

inline constexpr auto kFallocateModes = std::to_array<FlagName>({
    {kFallocKeepSize, "FALLOC_FL_KEEP_SIZE", "KEEP_SIZE"},
    {kFallocPunchHole, "FALLOC_FL_PUNCH_HOLE", "PUNCH_HOLE"},
    {kFallocNoHideStale, "FALLOC_FL_NO_HIDE_STALE", "NO_HIDE_STALE"},
    {kFallocCollapseRange, "FALLOC_FL_COLLAPSE_RANGE", "COLLAPSE_RANGE"},
    {kFallocZeroRange, "FALLOC_FL_ZERO_RANGE", "ZERO_RANGE"},
    {kFallocInsertRange, "FALLOC_FL_INSERT_RANGE", "INSERT_RANGE"},
    {kFallocUnshareRange, "FALLOC_FL_UNSHARE_RANGE", "UNSHARE_RANGE"},
});

// ---- madvise: values, not bits ----

inline constexpr std::uint64_t kMadviseDontNeed = 4;
inline constexpr std::uint64_t kMadviseRemove = 9;
inline constexpr std::uint64_t kMadviseHugePage = 14;

inline constexpr auto kMadviseAdvice = std::to_array<ValueName>({
    {kMadviseDontNeed, "MADV_DONTNEED", "DONTNEED"},
    {kMadviseRemove, "MADV_REMOVE", "REMOVE"},
    {kMadviseHugePage, "MADV_HUGEPAGE", "HUGEPAGE"},
});

// ---- mmap and mprotect ----

inline constexpr std::uint64_t kProtNone = 0x0;
inline constexpr std::uint64_t kProtRead = 0x1;
inline constexpr std::uint64_t kProtWrite = 0x2;
inline constexpr std::uint64_t kProtExec = 0x4;

inline constexpr auto kMmapProts = std::to_array<FlagName>({
    {kProtRead, "PROT_READ", "READ"},
    {kProtWrite, "PROT_WRITE", "WRITE"},
    {kProtExec, "PROT_EXEC", "EXEC"},
});

// The bits that hold the first three, which are values.
inline constexpr std::uint64_t kMapTypeMask = 0x0f;
inline constexpr std::uint64_t kMapSharedValidate = 0x03;
inline constexpr std::uint64_t kMapShared = 0x01;
inline constexpr std::uint64_t kMapPrivate = 0x02;
inline constexpr std::uint64_t kMapFixed = 0x10;
inline constexpr std::uint64_t kMapAnonymous = 0x20;
inline constexpr std::uint64_t kMapLocked = 0x2000;
inline constexpr std::uint64_t kMapNoreserve = 0x4000;
inline constexpr std::uint64_t kMapPopulate = 0x8000;
inline constexpr std::uint64_t kMapFixedNoreplace = 0x100000;

inline constexpr auto kMmapFlags = std::to_array<FlagName>({
    {kMapSharedValidate, "MAP_SHARED_VALIDATE", "SHARED_VALIDATE"},
    {kMapShared, "MAP_SHARED", "SHARED"},
    {kMapPrivate, "MAP_PRIVATE", "PRIVATE"},
    {kMapFixed, "MAP_FIXED", "FIXED"},
    {kMapAnonymous, "MAP_ANONYMOUS", "ANONYMOUS"},
    {kMapLocked, "MAP_LOCKED", "LOCKED"},
    {kMapNoreserve, "MAP_NORESERVE", "NORESERVE"},
    {kMapPopulate, "MAP_POPULATE", "POPULATE"},
    {kMapFixedNoreplace, "MAP_FIXED_NOREPLACE", "FIXED_NOREPLACE"},
});

}  // namespace kvm_model::uapi

#endif  // KVM_MODEL_UAPI_MM_CONSTANTS_H_
