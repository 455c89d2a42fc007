// KVM_SET_USER_MEMORY_REGION and its second form.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/golden/program.h"
#include "uapi/constants.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

constexpr std::uint64_t kPage = Program::kPage;
constexpr std::uint64_t kLastPage = ~std::uint64_t{0} - kPage + 1;
constexpr std::uint32_t kGmem = uapi::kMemGuestMemfd;
constexpr int kNotOpen = 9999;

// A call with the first form. The address is that of the program's anonymous memory plus `at`,
// or, with `absolute`, `at` itself; deletions leave it 0.
struct First {
  std::string_view name;
  std::uint32_t slot = 0;
  std::uint32_t flags = 0;
  std::uint64_t gpa = 0;
  std::uint64_t size = 0;
  std::uint64_t at = 0;
  bool absolute = false;
};

ProgramRow Region(const First& call) {
  return {std::string(call.name), [call](Program& p) {
            uapi::kvm_userspace_memory_region region{};
            region.slot = call.slot;
            region.flags = call.flags;
            region.guest_phys_addr = call.gpa;
            region.memory_size = call.size;
            region.userspace_addr = call.at + (call.absolute ? 0 : p.anonymous);
            return Printed(
                p.task().Ioctl(p.vm, uapi::RequestOf("KVM_SET_USER_MEMORY_REGION"), &region));
          }};
}

ProgramRow Delete(std::string_view name, std::uint32_t slot, std::uint32_t flags = 0,
                  std::uint64_t gpa = 0) {
  return Region({.name = name,
                 .slot = slot,
                 .flags = flags,
                 .gpa = gpa,
                 .size = 0,
                 .at = 0,
                 .absolute = true});
}

// A call with the second form: a guest_memfd slot, unless `flags` say otherwise.
struct Second {
  std::string_view name;
  std::uint32_t slot = 5;
  std::uint32_t flags = kGmem;
  std::uint64_t gpa = 0x8000000;
  std::uint64_t size = kPage;
  int Program::* file = &Program::g0;
  std::uint64_t offset = 0;
  int fd = -1;  // instead of `file`, when not negative
  std::uint64_t at = 0;
  bool absolute = false;
  bool pads = false;
};

ProgramRow Region2(const Second& call) {
  return {std::string(call.name), [call](Program& p) {
            uapi::kvm_userspace_memory_region2 region{};
            region.slot = call.slot;
            region.flags = call.flags;
            region.guest_phys_addr = call.gpa;
            region.memory_size = call.size;
            region.userspace_addr = call.at + (call.absolute ? 0 : p.anonymous);
            region.guest_memfd = static_cast<std::uint32_t>(call.fd >= 0 ? call.fd : p.*call.file);
            region.guest_memfd_offset = call.offset;
            if (call.pads) {
              region.pad1 = 1;
              region.pad2[0] = 1;
              region.pad2[1] = 2;
            }
            return Printed(
                p.task().Ioctl(p.vm, uapi::RequestOf("KVM_SET_USER_MEMORY_REGION2"), &region));
          }};
}

ProgramRow BadPointer(std::string_view name, std::uint32_t request) {
  return {std::string(name), [request](Program& p) {
            return Printed(p.task().Ioctl(p.vm, request, Program::kBadPointer));
          }};
}

}  // namespace

std::vector<ProgramRow> MemslotRows() {
  const std::uint64_t moved = 0x1000000;
  return {
      Delete("R1 delete nonexist", 0),
      Region({.name = "R1 unaligned size", .size = 100}),
      Region({.name = "R1 unaligned gpa", .gpa = 1, .size = kPage}),
      Region({.name = "R1 unaligned hva", .size = kPage, .at = 1}),
      Region({.name = "R1 kernel hva", .size = kPage, .at = 0xffff800000000000u, .absolute = true}),
      Region({.name = "R1 slot 32764", .slot = 32764, .size = kPage}),
      Region({.name = "R1 slot 32763", .slot = 32763, .gpa = 0x100000000, .size = kPage}),
      Delete("R1 delete slot 32763", 32763),
      Region({.name = "R1 as 1", .slot = 0x10000, .size = kPage}),
      Region({.name = "R1 flag GMEM", .flags = 4, .size = kPage}),
      Region({.name = "R1 flag 8", .flags = 8, .size = kPage}),
      Region({.name = "R1 gpa wrap", .gpa = kLastPage, .size = 2 * kPage}),
      Region({.name = "R1 gpa to 2^64 exactly", .gpa = kLastPage, .size = kPage}),
      Region({.name = "R1 huge size 2^31 pages", .size = std::uint64_t{1} << 43, .absolute = true}),
      Region({.name = "R1 huge size 2^31-1 pages hva0",
              .slot = 100,
              .size = ((std::uint64_t{1} << 31) - 1) << 12,
              .absolute = true}),
      Delete("  del", 100),
      Region({.name = "R1 ok slot0 16p", .size = 16 * kPage}),
      Region({.name = "R1 same again", .size = 16 * kPage}),
      Region({.name = "R1 resize", .size = 8 * kPage}),
      Region({.name = "R1 change hva", .size = 16 * kPage, .at = kPage}),
      Region({.name = "R1 flags RO toggle", .flags = 2, .size = 16 * kPage}),
      Region({.name = "R1 flags LOG", .flags = 1, .size = 16 * kPage}),
      Region({.name = "R1 move", .gpa = moved, .size = 16 * kPage}),
      Region({.name = "R1 overlap", .slot = 1, .gpa = moved + 15 * kPage, .size = kPage}),
      Region({.name = "R1 slot1 ok", .slot = 1, .gpa = 0x2000000, .size = kPage}),
      Region({.name = "R1 move overlap", .slot = 1, .gpa = moved, .size = kPage}),
      Delete("R1 delete w/ flags 8", 1, 8),
      Delete("R1 delete w/ odd gpa", 1, 0, 1),
      Delete("R1 delete any", 1, 0, 0x5000000),
      Delete("R1 delete again", 1),
      BadPointer("R1 bad ptr", uapi::RequestOf("KVM_SET_USER_MEMORY_REGION")),
      BadPointer("R2 bad ptr", uapi::RequestOf("KVM_SET_USER_MEMORY_REGION2")),
  };
}

std::vector<ProgramRow> GuestMemfdSlotRows() {
  return {
      Region2({.name = "R2 GMEM|LOG", .flags = kGmem | uapi::kMemLogDirtyPages}),
      Region2({.name = "R2 GMEM|RO", .flags = kGmem | uapi::kMemReadonly}),
      Region2({.name = "R2 GMEM off unaligned", .offset = 1}),
      Region2({.name = "R2 GMEM off wrap", .size = 2 * kPage, .offset = kLastPage}),
      Region2({.name = "R2 GMEM off neg nowrap", .offset = std::uint64_t{1} << 63}),
      Region2({.name = "R2 GMEM bad fd", .fd = kNotOpen}),
      {"R2 GMEM fd not gmem",
       [](Program& p) { return Region2({.name = "", .fd = p.machine.kvm()}).run(p); }},
      Region2({.name = "R2 GMEM other vm", .file = &Program::gx}),
      Region2({.name = "R2 GMEM past size", .size = 17 * kPage}),
      Region2({.name = "R2 GMEM bad hva", .at = 1, .absolute = true}),
      Region2({.name = "R2 GMEM hva 0",
               .slot = 6,
               .gpa = 0x9000000,
               .offset = 8 * kPage,
               .absolute = true}),
      Region2({.name = "R2 GMEM ok g0 8p", .size = 8 * kPage}),
      Region2({.name = "R2 GMEM same again", .size = 8 * kPage}),
      Region2({.name = "R2 GMEM move", .gpa = 0xa000000, .size = 8 * kPage}),
      Region2({.name = "R2 GMEM bind overlap", .slot = 7, .gpa = 0xb000000, .offset = kPage}),
      Region2({.name = "R2 GMEM gfn overlap bad fd", .slot = 7, .fd = kNotOpen}),
      Region2({.name = "R2 GMEM g3", .slot = 8, .gpa = 0xc000000, .file = &Program::g3}),
      Region2({.name = "R2 non-gmem slot -> add GMEM flag",
               .slot = 0,
               .gpa = 0x1000000,
               .size = 16 * kPage}),
      Region2(
          {.name = "R2 pad nonzero ok?", .slot = 9, .flags = 0, .gpa = 0xd000000, .pads = true}),
      Region2({.name = "R2 delete 5", .flags = 0, .gpa = 0, .size = 0, .absolute = true}),
      Region2({.name = "R2 rebind after delete", .slot = 7, .gpa = 0xb000000, .offset = kPage}),
      {"close g0 (bound)", [](Program& p) { return Printed(p.task().Close(p.g0)); }},
      Region2({.name = "R2 delete 7 after close",
               .slot = 7,
               .flags = 0,
               .gpa = 0,
               .size = 0,
               .absolute = true}),
  };
}

}  // namespace kvm_model
