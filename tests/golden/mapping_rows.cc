// mmap of a guest_memfd, and what touching the mapping does.
#include <fcntl.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/mapping.h"
#include "kvm_model/memory_calls.h"
#include "kvm_model/result.h"
#include "tests/golden/program.h"

namespace kvm_model {
namespace {

constexpr std::uint64_t kPage = Program::kPage;

struct MmapCall {
  std::string_view name;
  int Program::* fd;
  int flags = MAP_SHARED;
  int prot = PROT_READ | PROT_WRITE;
  std::uint64_t length = kPage;
  std::uint64_t offset = 0;
  std::uint64_t Program::* kept = nullptr;
};

ProgramRow Row(const MmapCall& call) {
  return {std::string(call.name), [call](Program& p) {
            const Result<std::uint64_t> address =
                p.task().Mmap(call.length, call.prot, call.flags, p.*call.fd, call.offset);
            if (!address) return Printed(Result<>(Failure(address.error())));
            if (call.kept != nullptr) p.*call.kept = *address;
            return std::string("ok");
          }};
}

std::string Died(Signal signal) {
  return absl::StrFormat("sig %s code 2",
                         signal == Signal::kSIGBUS ? "Bus error" : "Segmentation fault");
}

// Reads a byte and writes it back plus one.
ProgramRow Touch(std::string_view name, std::uint64_t Program::* mapping, std::uint64_t page) {
  return {std::string(name), [=](Program& p) {
            const std::uint64_t address = p.*mapping + page * kPage;
            const auto read = p.task().HostRead(address);
            if (!read) return Died(read.error());
            const int value = std::to_integer<int>(*read);
            const auto written = p.task().HostWrite(address, std::byte(value + 1));
            if (!written) return Died(written.error());
            return absl::StrFormat("ok val %d", value);
          }};
}

ProgramRow Advise(std::string_view name, std::uint64_t length, MemoryAdvice advice) {
  return {std::string(name),
          [=](Program& p) { return Printed(p.task().Madvise(p.m3, length, advice)); }};
}

}  // namespace

std::vector<ProgramRow> MappingRows() {
  return {
      Row({"mmap g0 shared", &Program::g0}),
      Row({"mmap g2 shared (INIT_SHARED only)", &Program::g2}),
      Row({.name = "mmap g1 shared (MMAP only)", .fd = &Program::g1, .kept = &Program::m1}),
      Row({.name = "mmap g3 shared 32 pages",
           .fd = &Program::g3,
           .length = 32 * kPage,
           .kept = &Program::m3}),
      Row({"mmap g3 private", &Program::g3, MAP_PRIVATE}),
      Row({"mmap g3 private RO", &Program::g3, MAP_PRIVATE, PROT_READ}),
      Row({"mmap g3 shared RO", &Program::g3, MAP_SHARED, PROT_READ}),
      Row({"mmap g3 shared exec", &Program::g3, MAP_SHARED, PROT_READ | PROT_EXEC}),
      Row({"mmap g3 shared_validate", &Program::g3, MAP_SHARED_VALIDATE}),
      Row({.name = "mmap g3 past eof", .fd = &Program::g3, .offset = 1024 * kPage}),
      Row({.name = "mmap g3 off unaligned", .fd = &Program::g3, .offset = 1}),
      Row({"mmap g0 private", &Program::g0, MAP_PRIVATE}),
      Touch("access g1 (not INIT_SHARED)", &Program::m1, 0),
      Touch("access g3 p0", &Program::m3, 0),
      Touch("access g3 p0 again", &Program::m3, 0),
      Touch("access g3 p15", &Program::m3, 15),
      Touch("access g3 p16 (EOF)", &Program::m3, 16),
      {"PUNCH p0",
       [](Program& p) {
         return Printed(
             p.task().Fallocate(p.g3, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, kPage));
       }},
      Touch("access g3 p0 after punch", &Program::m3, 0),
      Advise("madvise DONTNEED", kPage, MemoryAdvice::kDontNeed),
      Touch("access after DONTNEED", &Program::m3, 0),
      Advise("madvise REMOVE", kPage, MemoryAdvice::kRemove),
      Touch("access after REMOVE", &Program::m3, 0),
      {"mlock", [](Program& p) { return Printed(p.task().Mlock(p.m3, kPage)); }},
      Advise("madvise HUGEPAGE", 16 * kPage, MemoryAdvice::kHugePage),
  };
}

}  // namespace kvm_model
