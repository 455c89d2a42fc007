// FdTable: a process's file descriptors.
//
// The lowest free number is given out. A slot is reserved before the file behind it is made, as the
// kernel does, so that a call which runs out of descriptors (EMFILE) leaves nothing behind.
// Thread-safe.
#ifndef KVM_MODEL_KVM_MODEL_FD_TABLE_H_
#define KVM_MODEL_KVM_MODEL_FD_TABLE_H_

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "kvm_model/file.h"
#include "kvm_model/mutex.h"
#include "kvm_model/result.h"

namespace kvm_model {

class FdTable {
 public:
  // RLIMIT_NOFILE's usual soft limit.
  static constexpr std::size_t kDefaultLimit = 1024;

  // Descriptors 0, 1 and 2 are taken, by files that are not KVM's.
  FdTable();

  // A number that is taken but leads nowhere yet. Given back unless Install() is called.
  class Reservation {
   public:
    Reservation(Reservation&& other) noexcept
        : table_(std::exchange(other.table_, nullptr)), fd_(other.fd_) {}
    Reservation& operator=(Reservation&&) = delete;
    ~Reservation();
    // Puts the file in place and returns the descriptor.
    int Install(std::shared_ptr<File> file, bool path_only = false) &&;

   private:
    friend class FdTable;
    Reservation(FdTable* table, int fd) : table_(table), fd_(fd) {}
    FdTable* table_;
    int fd_;
  };

  // What fcntl(2) tells of an open number.
  struct Descriptor {
    std::shared_ptr<File> file;
    bool path_only = false;
    bool close_on_exec = false;
  };

  // EMFILE when the limit is reached.
  Result<Reservation> Reserve(bool close_on_exec = false);
  Result<int> Install(std::shared_ptr<File> file, bool path_only = false,
                      bool close_on_exec = false);

  // EBADF for a number that is not open, and for one opened with O_PATH.
  Result<std::shared_ptr<File>> Get(int fd) const;
  // The same for numbers opened with O_PATH too.
  Result<Descriptor> Look(int fd) const;
  // FIOCLEX and FIONCLEX; nothing for a number that is not open.
  void SetCloseOnExec(int fd, bool on);
  // EBADF for a number that is not open.
  Result<> Close(int fd);
  // EBADF; EMFILE. The new number is not closed by exec(2).
  Result<int> Dup(int fd);

  // RLIMIT_NOFILE; what is open beyond a lower limit stays open.
  void SetLimit(std::size_t limit);
  // The numbers that are open, lowest first.
  std::vector<int> Open() const;

  // The table of a forked child, sharing every file.
  std::unique_ptr<FdTable> Fork() const;

 private:
  struct Entry {
    bool used = false;
    bool path_only = false;
    bool close_on_exec = false;
    std::shared_ptr<File> file;
  };

  FdTable(std::vector<Entry> entries, std::size_t limit);

  Result<int> TakeLowest(bool close_on_exec) ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock_);
  bool IsOpen(int fd) const ABSL_SHARED_LOCKS_REQUIRED(lock_) {
    const auto number = static_cast<std::size_t>(fd);  // a negative one is beyond them all
    return number < entries_.size() && entries_[number].file != nullptr;
  }
  void Release(int fd);
  void Put(int fd, std::shared_ptr<File> file, bool path_only);

  mutable SharedMutex lock_{LockRank::kFdTable};
  std::vector<Entry> entries_ ABSL_GUARDED_BY(lock_);
  std::size_t limit_ ABSL_GUARDED_BY(lock_) = kDefaultLimit;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_FD_TABLE_H_
