#include "kvm_model/sparse_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

namespace kvm_model {
namespace {

// How far the program may write in a file (bytes); from there on a write raises SIGXFSZ.
std::uint64_t FileSizeLimit() {
  rlimit limit{};
  return getrlimit(RLIMIT_FSIZE, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

}  // namespace

SparseMemory::~SparseMemory() {
  if (fd() >= 0) close(fd());
}

int SparseMemory::EnsureFile() {
  int existing = fd();
  if (existing >= 0) return existing;
  const int created = memfd_create("guest_memfd contents", MFD_CLOEXEC);
  if (created < 0) return -1;
  if (fd_.compare_exchange_strong(existing, created, std::memory_order_acq_rel)) return created;
  close(created);
  return existing;
}

void SparseMemory::Read(std::uint64_t offset, std::span<std::byte> bytes) const {
  std::size_t done = 0;
  while (fd() >= 0 && done < bytes.size()) {
    const ssize_t got =
        pread(fd(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(done), bytes.end(), std::byte{0});
}

bool SparseMemory::Write(std::uint64_t offset, std::span<const std::byte> bytes) {
  const int file = EnsureFile();
  if (file < 0) return false;
  const std::uint64_t limit = FileSizeLimit();
  std::size_t done = 0;
  while (done < bytes.size()) {
    if (offset + done >= limit) return false;
    const ssize_t put =
        pwrite(file, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (put <= 0) return false;
    done += static_cast<std::size_t>(put);
  }
  return true;
}

void SparseMemory::Discard(std::uint64_t offset, std::uint64_t length) {
  if (fd() < 0 || length == 0) return;
  int result = 0;
  do {
    result = fallocate(fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                       static_cast<off_t>(length));
  } while (result != 0 && errno == EINTR);
  if (result == 0) return;
  // A machine that punches no holes: the memory stays, its contents don't.
  constexpr std::array<std::byte, 4096> kZeros{};
  for (std::uint64_t done = 0; done < length; done += kZeros.size()) {
    const std::uint64_t count = std::min<std::uint64_t>(kZeros.size(), length - done);
    (void)Write(offset + done, std::span(kZeros).first(static_cast<std::size_t>(count)));
  }
}

}  // namespace kvm_model
