// What tests of the twin by itself begin with: a host, a VM, a file.
#ifndef KVM_MODEL_TESTS_TWIN_TWIN_FIXTURE_H_
#define KVM_MODEL_TESTS_TWIN_TWIN_FIXTURE_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tests/twin/history.h"
#include "tests/twin/host.h"
#include "tests/twin/page.h"
#include "tests/twin/twin.h"
#include "uapi/constants.h"
#include "uapi/structs.h"

namespace kvm_model::twin {

inline constexpr std::uint64_t kPrivate = uapi::kMemoryAttributePrivate;
inline constexpr std::uint64_t kBoth = uapi::kGuestMemfdFlagMmap | uapi::kGuestMemfdFlagInitShared;
inline constexpr std::uint64_t kGpa = std::uint64_t{4} << 30;

inline std::string Show(const std::vector<twin::Run>& runs) {
  std::string text;
  for (const twin::Run& run : runs) {
    text += "[" + std::to_string(run.start) + "," + std::to_string(run.end) + ")" +
            std::to_string(run.value);
  }
  return text;
}

// A host with a VM of a type and a file of four pages; user memory and the file come into slots of
// their own.
class TwinFixture : public testing::Test {
 protected:
  TwinFixture(std::string_view revision, const Settings& settings, std::uint64_t type,
              std::uint64_t file_flags = kBoth)
      : TwinFixture(MakeHost("x86", revision, settings).value(), type, file_flags) {}
  TwinFixture(const Host& host, std::uint64_t type, std::uint64_t file_flags) : twin_(host) {
    kvm_ = twin_.Open(0).value();
    vm_ = twin_.CreateVm(0, kvm_, type).value();
    file_ = twin_.CreateGuestMemfd(0, vm_, 4 * kPageSize, file_flags).value();
  }

  std::uint64_t Memory(std::uint64_t pages) {
    return twin_
        .Mmap(0, pages * kPageSize, uapi::kProtRead | uapi::kProtWrite,
              uapi::kMapPrivate | uapi::kMapAnonymous, -1, 0)
        .value();
  }
  std::uint64_t Map(std::uint64_t pages) {
    return twin_
        .Mmap(0, pages * kPageSize, uapi::kProtRead | uapi::kProtWrite, uapi::kMapShared, file_, 0)
        .value();
  }
  Result<> PlainSlot(std::uint32_t slot, std::uint32_t flags, std::uint64_t gpa,
                     std::uint64_t pages, std::uint64_t hva) {
    return twin_.SetUserMemoryRegion(0, vm_,
                                     {.slot = slot,
                                      .flags = flags,
                                      .guest_phys_addr = gpa,
                                      .memory_size = pages * kPageSize,
                                      .userspace_addr = hva,
                                      .guest_memfd_offset = 0,
                                      .guest_memfd = 0,
                                      .pad1 = 0,
                                      .pad2 = {}});
  }
  Result<> FileSlot(std::uint32_t slot, std::uint64_t gpa, std::uint64_t pages,
                    std::uint64_t offset = 0) {
    return twin_.SetUserMemoryRegion2(0, vm_,
                                      {.slot = slot,
                                       .flags = uapi::kMemGuestMemfd,
                                       .guest_phys_addr = gpa,
                                       .memory_size = pages * kPageSize,
                                       .userspace_addr = 0,
                                       .guest_memfd_offset = offset,
                                       .guest_memfd = static_cast<std::uint32_t>(file_),
                                       .pad1 = 0,
                                       .pad2 = {}});
  }
  Result<> Convert(std::uint64_t page, std::uint64_t pages, std::uint64_t attributes,
                   std::uint64_t mode) {
    uapi::kvm_memory_attributes2 argument{};
    argument.offset = page * kPageSize;
    argument.size = pages * kPageSize;
    argument.attributes = attributes;
    argument.flags = mode;
    return twin_.SetMemoryAttributes2(0, file_, argument);
  }
  bool Write(std::uint64_t gpa) {
    return std::holds_alternative<Place>(twin_.AccessGuest(0, vm_, gpa, true, Addressing::kAuto));
  }
  std::string Dirty(std::uint32_t slot) {
    return Show(twin_.GetDirtyLog(0, vm_, slot, 1 << 20).value());
  }
  std::string GuestMapped() { return Show(twin_.GuestMapped(0, vm_).value()); }
  std::string Mapped(std::uint64_t address) { return Show(twin_.Mapped(0, address).value()); }

  Twin twin_;
  int kvm_ = -1;
  int vm_ = -1;
  int file_ = -1;
};

}  // namespace kvm_model::twin

#endif  // KVM_MODEL_TESTS_TWIN_TWIN_FIXTURE_H_
