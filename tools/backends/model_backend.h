// The model as a backend of scenarios: every call goes through a Task's door, as a system call
// would.
//
// A scenario's structs are put into a page of the process's own memory, so that copying in and out
// is part of what runs. Each call's decisions are recorded and can be told afterwards. The same
// seed gives the same random contents.
#ifndef KVM_MODEL_TOOLS_BACKENDS_MODEL_BACKEND_H_
#define KVM_MODEL_TOOLS_BACKENDS_MODEL_BACKEND_H_

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/guest_fault.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mapping.h"
#include "kvm_model/result.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "tools/backends/backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "uapi/ioctls.h"

namespace kvm_model::scenario {

class ModelBackend final : public Backend {
 public:
  // Whether the decisions behind each answer are recorded for Trail(), which costs more than the
  // calls themselves.
  enum class Record : std::uint8_t { kTrails, kNothing };

  explicit ModelBackend(std::uint64_t seed = 1, Record record = Record::kTrails)
      : seed_(seed), record_(record) {}

  std::string_view Name() const override { return "model"; }
  std::optional<std::string> SkipReason(const Scenario& scenario) override;
  std::expected<void, std::string> Start(const Scenario& scenario) override;
  std::uint64_t PageSize() const override { return kernel_->host().page_size(); }
  std::uint64_t BadAddress() const override { return PageSize(); }
  Answer Execute(const CallRequest& request) override;
  std::string Trail() const override { return recorder_.ToText(); }
  void Finish() override;

  // The guest_memfd behind a descriptor of a process, for those that draw one; null when it is
  // none.
  std::shared_ptr<GuestMemfd> FindGuestMemfd(int fd, ProcessId process = kFirstProcess);
  // The processes that there are, in the order of their numbers; and one of them, null where the
  // number is nobody's.
  std::vector<ProcessId> Processes() const;
  Task* FindTask(ProcessId process);
  // The steps of Trail(), until the next call.
  const TrailRecorder& recorder() const { return recorder_; }

 private:
  // One process, and where its structs are put.
  struct Process {
    std::unique_ptr<Task> task;
    std::uint64_t scratch = 0;
    std::uint64_t bitmap = 0;  // kDirtyBitmapArea bytes
    // References on pages are the process's own; a child's numbers go on from its parent's.
    std::map<std::uint64_t, std::unique_ptr<PagePin>> pins = {};
    std::uint64_t last_pin = 0;
  };

  Answer Dispatch(Process& process, const CallRequest& request);
  Answer CreateGuestMemfd(Process& process, const CallRequest& request);
  Answer EnableCap(Process& process, const CallRequest& request);
  Answer SetUserMemoryRegion(Process& process, const CallRequest& request);
  Answer SetUserMemoryRegion2(Process& process, const CallRequest& request);
  Answer SetMemoryAttributes(Process& process, const CallRequest& request);
  Answer SetMemoryAttributes2(Process& process, const CallRequest& request);
  Answer PreFault(Process& process, const CallRequest& request);
  Answer GuestAccess(Process& process, const CallRequest& request);
  Answer Populate(Process& process, const CallRequest& request);
  Answer Pin(Process& process, const CallRequest& request);
  Answer Unpin(Process& process, const CallRequest& request);
  Answer Fork(const Process& process);
  Answer Poison(Process& process, const CallRequest& request);
  Answer Attributes(Process& process, const CallRequest& request);
  Answer Resident(Process& process, const CallRequest& request);
  Answer Peek(Process& process, const CallRequest& request);
  Answer Mapped(Process& process, const CallRequest& request);
  Answer GuestMapped(Process& process, const CallRequest& request);
  Answer GetDirtyLog(Process& process, const CallRequest& request);
  Answer ClearDirtyLog(Process& process, const CallRequest& request);
  Answer Madvise(Process& process, const CallRequest& request);

  Result<std::int64_t> Ioctl(Process& process, int fd, uapi::IoctlId id, std::uint64_t arg);
  // Puts the struct into the process's memory, makes the call, and takes back what is there then.
  template <typename T>
  Result<std::int64_t> IoctlOn(Process& process, int fd, uapi::IoctlId id, T& argument);
  // The trail of a call that is the language's own and no system call.
  kvm_model::Trail TrailOf(std::string_view call);
  // EBADF, ENOTTY (it is another file), EIO (another process's VM).
  Result<std::shared_ptr<Vm>> VmOf(Process& process, int fd, const kvm_model::Trail& trail);
  Result<std::shared_ptr<GuestMemfd>> GuestMemfdOf(Process& process, int fd,
                                                   const kvm_model::Trail& trail);
  // Lets the process's bitmap begin with these words, and be zero behind them.
  Result<> FillBitmap(Process& process, std::span<const std::uint64_t> words);

  // The host of the scenario; the last one's is used again where it is the same.
  std::expected<std::shared_ptr<const Host>, std::string> BootedHost(const HostLine& line);

  const std::uint64_t seed_;
  const Record record_;
  HostLine host_line_;
  std::shared_ptr<const Host> host_;
  std::shared_ptr<Kernel> kernel_;
  std::map<ProcessId, Process> processes_;
  TrailRecorder recorder_;
};

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_BACKENDS_MODEL_BACKEND_H_
