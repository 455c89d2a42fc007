// KVM_CREATE_GUEST_MEMFD, and system calls on a guest_memfd but mmap.
#include <fcntl.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/file.h"
#include "kvm_model/result.h"
#include "tests/golden/program.h"
#include "uapi/constants.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

constexpr std::uint64_t kPage = Program::kPage;
constexpr int kKeep = FALLOC_FL_KEEP_SIZE;
constexpr int kPunch = FALLOC_FL_PUNCH_HOLE;

Result<std::int64_t> Create(Program& p, uapi::kvm_create_guest_memfd args) {
  return p.task().Ioctl(p.vm, uapi::RequestOf("KVM_CREATE_GUEST_MEMFD"), &args);
}

ProgramRow Refused(std::string_view name, std::uint64_t size, std::uint64_t flags) {
  return {std::string(name), [=](Program& p) { return Printed(Create(p, {size, flags, {}})); }};
}

// A file of 16 pages that the program keeps.
ProgramRow Kept(std::string_view name, int Program::* fd, std::uint64_t flags) {
  return {std::string(name),
          [=](Program& p) {
            const Result<std::int64_t> created = Create(p, {16 * kPage, flags, {}});
            if (created) p.*fd = static_cast<int>(*created);
            return Printed(created);
          },
          true};
}

ProgramRow Fallocate(std::string_view name, int mode, std::uint64_t offset, std::uint64_t length) {
  return {std::string(name),
          [=](Program& p) { return Printed(p.task().Fallocate(p.g3, mode, offset, length)); }};
}

template <typename Call>
ProgramRow OnG3(std::string_view name, Call call) {
  return {std::string(name), [call](Program& p) {
            const auto answer = call(p.task(), p.g3);
            return answer ? std::string("0") : Printed(Result<>(Failure(answer.error())));
          }};
}

std::vector<ProgramRow> CreateRows() {
  return {
      {"GMEM bad ptr",
       [](Program& p) {
         return Printed(
             p.task().Ioctl(p.vm, uapi::RequestOf("KVM_CREATE_GUEST_MEMFD"), Program::kBadPointer));
       }},
      Refused("GMEM size0", 0, 0),
      Refused("GMEM size -4096", ~std::uint64_t{0} - kPage + 1, 0),
      Refused("GMEM unaligned", 5000, 0),
      Refused("GMEM bad flag, bad size", 5000, 4),
      Refused("GMEM flag 1<<63", kPage, std::uint64_t{1} << 63),
      {"GMEM reserved!=0",
       [](Program& p) {
         uapi::kvm_create_guest_memfd args{};
         std::memset(args.reserved, 0xff, sizeof(args.reserved));
         args.size = kPage;
         return Printed(Create(p, args));
       },
       true},
      Kept("GMEM flags0 16p", &Program::g0, 0),
      Kept("GMEM MMAP only", &Program::g1, uapi::kGuestMemfdFlagMmap),
      Kept("GMEM INIT_SHARED only", &Program::g2, uapi::kGuestMemfdFlagInitShared),
      Kept("GMEM MMAP|INIT_SHARED", &Program::g3,
           uapi::kGuestMemfdFlagMmap | uapi::kGuestMemfdFlagInitShared),
  };
}

std::vector<ProgramRow> FileRows() {
  return {
      {"fstat",
       [](Program& p) {
         // The file belongs to whoever opened it; in the recording that was the superuser.
         const FileStatus status = p.task().Fstat(p.g3).value();
         return absl::StrFormat("size=%d mode=%o blocks=%d blksize=%d nlink=%d uid=0", status.size,
                                status.mode, status.blocks, status.block_size, status.links);
       }},
      {"F_GETFL",
       [](Program& p) {
         return absl::StrFormat("%o F_GETFD=%d", p.task().StatusFlags(p.g3).value(),
                                p.task().CloseOnExec(p.g3).value() ? 1 : 0);
       }},
      {"link",
       [](Program& p) {
         return absl::StrFormat("anon_inode:[%s]",
                                std::string(p.task().fds().Get(p.g3).value()->name()));
       }},
      OnG3("read", [](Task& task, int fd) { return task.Read(fd); }),
      OnG3("write", [](Task& task, int fd) { return task.Write(fd); }),
      OnG3("pread", [](Task& task, int fd) { return task.PositionedRead(fd); }),
      OnG3("lseek", [](Task& task, int fd) { return task.Seek(fd); }),
      OnG3("lseek END", [](Task& task, int fd) { return task.Seek(fd); }),
      OnG3("ftruncate bigger", [](Task& task, int fd) { return task.Truncate(fd); }),
      OnG3("ftruncate same", [](Task& task, int fd) { return task.Truncate(fd); }),
      OnG3("fchmod", [](Task& task, int fd) { return task.ChangeMode(fd, 0600); }),
      OnG3("fsync", [](Task& task, int fd) { return task.Sync(fd); }),
      {"ioctl on gmem",
       [](Program& p) {
         return Printed(
             p.task().Ioctl(p.g3, uapi::RequestOf("KVM_CHECK_EXTENSION"), std::uint64_t{0}));
       }},
      {"dup2-open /proc/self/fd",
       [](Program& p) {
         return Printed(p.task().Open(absl::StrFormat("/proc/self/fd/%d", p.g3), O_RDWR));
       }},
  };
}

std::vector<ProgramRow> FallocateRows() {
  return {
      Fallocate("fallocate mode0", 0, 0, kPage),
      Fallocate("fallocate KEEP_SIZE", kKeep, 0, kPage),
      Fallocate("fallocate KEEP_SIZE beyond", kKeep, 16 * kPage, kPage),
      Fallocate("fallocate KEEP_SIZE partial beyond", kKeep, 15 * kPage, 2 * kPage),
      Fallocate("fallocate KEEP_SIZE unaligned off", kKeep, 1, kPage),
      Fallocate("fallocate KEEP_SIZE unaligned len", kKeep, 0, 100),
      Fallocate("fallocate KEEP len0", kKeep, 0, 0),
      Fallocate("fallocate neg off", kKeep, ~std::uint64_t{0} - kPage + 1, kPage),
      Fallocate("PUNCH|KEEP", kKeep | kPunch, 0, kPage),
      Fallocate("PUNCH w/o KEEP", kPunch, 0, kPage),
      Fallocate("PUNCH|KEEP beyond EOF", kKeep | kPunch, 100 * kPage, kPage),
      Fallocate("PUNCH|KEEP unaligned", kKeep | kPunch, 1, kPage),
      Fallocate("ZERO_RANGE|KEEP", kKeep | FALLOC_FL_ZERO_RANGE, 0, kPage),
      Fallocate("ZERO_RANGE", FALLOC_FL_ZERO_RANGE, 0, kPage),
      Fallocate("COLLAPSE", FALLOC_FL_COLLAPSE_RANGE, 0, kPage),
      Fallocate("mode 0x8000", 0x8000, 0, kPage),
      Fallocate("KEEP|0x8000", 0x8001, 0, kPage),
      {"blocks after",
       [](Program& p) {
         const FileStatus status = p.task().Fstat(p.g3).value();
         return absl::StrFormat("%d size=%d", status.blocks, status.size);
       }},
  };
}

}  // namespace

std::vector<ProgramRow> GuestMemfdRows() {
  std::vector<ProgramRow> rows = CreateRows();
  // Of the second VM's file nothing was printed.
  rows.back().run = [last = rows.back().run](Program& p) {
    std::string printed = last(p);
    p.gx = p.machine.CreateGuestMemfd(p.vm2, 1, 0).value();
    return printed;
  };
  for (const auto& part : {FileRows(), FallocateRows()}) {
    rows.insert(rows.end(), part.begin(), part.end());
  }
  return rows;
}

}  // namespace kvm_model
