#include "kvm_model/fd_table.h"

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "kvm_model/file.h"
#include "kvm_model/mutex.h"
#include "kvm_model/result.h"
#include "uapi/errno.h"

namespace kvm_model {

FdTable::FdTable() {
  const WriterLock lock(lock_);
  for (int standard = 0; standard < 3; ++standard)
    entries_.push_back({true, false, false, nullptr});
}

FdTable::Reservation::~Reservation() {
  if (table_ != nullptr) table_->Release(fd_);
}

int FdTable::Reservation::Install(std::shared_ptr<File> file, bool path_only) && {
  std::exchange(table_, nullptr)->Put(fd_, std::move(file), path_only);
  return fd_;
}

Result<int> FdTable::TakeLowest(bool close_on_exec) {
  std::size_t fd = 0;
  while (fd < entries_.size() && entries_[fd].used) ++fd;
  if (fd >= limit_) return Failure(uapi::Errno::kEMFILE);
  if (fd == entries_.size()) entries_.emplace_back();
  entries_[fd] = {true, false, close_on_exec, nullptr};
  return static_cast<int>(fd);
}

void FdTable::Release(int fd) {
  const WriterLock lock(lock_);
  entries_[static_cast<std::size_t>(fd)] = {};
}

void FdTable::Put(int fd, std::shared_ptr<File> file, bool path_only) {
  const WriterLock lock(lock_);
  Entry& entry = entries_[static_cast<std::size_t>(fd)];
  entry.path_only = path_only;
  entry.file = std::move(file);
}

Result<FdTable::Reservation> FdTable::Reserve(bool close_on_exec) {
  const WriterLock lock(lock_);
  const Result<int> fd = TakeLowest(close_on_exec);
  if (!fd) return Failure(fd.error());
  return Reservation(this, *fd);
}

Result<int> FdTable::Install(std::shared_ptr<File> file, bool path_only, bool close_on_exec) {
  const WriterLock lock(lock_);
  const Result<int> fd = TakeLowest(close_on_exec);
  if (!fd) return fd;
  entries_[static_cast<std::size_t>(*fd)] = {true, path_only, close_on_exec, std::move(file)};
  return fd;
}

Result<std::shared_ptr<File>> FdTable::Get(int fd) const {
  const ReaderLock lock(lock_);
  if (!IsOpen(fd)) return Failure(uapi::Errno::kEBADF);
  const Entry& entry = entries_[static_cast<std::size_t>(fd)];
  if (entry.path_only) return Failure(uapi::Errno::kEBADF);
  return entry.file;
}

Result<FdTable::Descriptor> FdTable::Look(int fd) const {
  const ReaderLock lock(lock_);
  if (!IsOpen(fd)) return Failure(uapi::Errno::kEBADF);
  const Entry& entry = entries_[static_cast<std::size_t>(fd)];
  return Descriptor{entry.file, entry.path_only, entry.close_on_exec};
}

void FdTable::SetCloseOnExec(int fd, bool on) {
  const WriterLock lock(lock_);
  if (IsOpen(fd)) entries_[static_cast<std::size_t>(fd)].close_on_exec = on;
}

Result<> FdTable::Close(int fd) {
  std::shared_ptr<File> released;  // its destructor runs after the lock is dropped
  const WriterLock lock(lock_);
  if (!IsOpen(fd)) return Failure(uapi::Errno::kEBADF);
  released = std::move(entries_[static_cast<std::size_t>(fd)].file);
  entries_[static_cast<std::size_t>(fd)] = {};
  return {};
}

Result<int> FdTable::Dup(int fd) {
  const WriterLock lock(lock_);
  if (!IsOpen(fd)) return Failure(uapi::Errno::kEBADF);
  Entry copy = entries_[static_cast<std::size_t>(fd)];
  copy.close_on_exec = false;
  const Result<int> taken = TakeLowest(false);
  if (!taken) return taken;
  entries_[static_cast<std::size_t>(*taken)] = std::move(copy);
  return taken;
}

void FdTable::SetLimit(std::size_t limit) {
  const WriterLock lock(lock_);
  limit_ = limit;
}

std::vector<int> FdTable::Open() const {
  const ReaderLock lock(lock_);
  std::vector<int> open;
  for (std::size_t fd = 0; fd < entries_.size(); ++fd) {
    if (entries_[fd].file != nullptr) open.push_back(static_cast<int>(fd));
  }
  return open;
}

FdTable::FdTable(std::vector<Entry> entries, std::size_t limit)
    : entries_(std::move(entries)), limit_(limit) {}

std::unique_ptr<FdTable> FdTable::Fork() const {
  const ReaderLock lock(lock_);
  std::vector<Entry> entries = entries_;
  // Numbers that a call of another thread has reserved are not open in the child.
  for (std::size_t fd = 3; fd < entries.size(); ++fd) {
    if (entries[fd].file == nullptr) entries[fd] = {};
  }
  return std::unique_ptr<FdTable>(new FdTable(std::move(entries), limit_));
}

}  // namespace kvm_model
