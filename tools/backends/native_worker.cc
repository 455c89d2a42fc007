#include "tools/backends/native_worker.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <vector>

#include "tools/backends/backend.h"
#include "tools/backends/native_calls.h"
#include "tools/backends/native_wire.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/call_table.h"
#include "uapi/errno.h"

namespace kvm_model::scenario {
namespace {

// Above the pipes of pinned pages; the limit leaves room for it.
constexpr int kControlDescriptor = 1000;
constexpr rlim_t kMaxDescriptors = 1024;

class Worker {
 public:
  explicit Worker(int socket) : socket_(socket) {}

  [[noreturn]] void Serve() {
    WireRequest wire;
    while (Receive(socket_, &wire, sizeof(wire))) {
      const CallRequest request = Unpack(wire);
      if (request.id == CallId::kFork) {
        Fork();
      } else {
        Reply(calls_.Execute(request));
      }
    }
    for (const pid_t child : children_) {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
    _exit(0);
  }

 private:
  void Reply(const Answer& answer, int fd = -1) {
    const WireReply reply = Pack(answer);
    if (!Send(socket_, &reply, sizeof(reply), fd)) _exit(1);
  }

  // The child serves a socket of its own, whose other end goes along with the answer.
  void Fork() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
      return Reply(answer::Errno{.error = static_cast<uapi::Errno>(errno)});
    }
    const pid_t child = fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      close(ends[0]);
      dup3(ends[1], kControlDescriptor, O_CLOEXEC);
      close(ends[1]);
      children_.clear();
      calls_.ForgetPins();
      return;
    }
    const int error = errno;
    close(ends[1]);
    if (child < 0) {
      Reply(answer::Errno{.error = static_cast<uapi::Errno>(error)});
    } else {
      children_.push_back(child);
      Reply(answer::Ok{}, ends[0]);
    }
    close(ends[0]);
  }

  int socket_;
  NativeCalls calls_;
  std::vector<pid_t> children_;
};

void LeaveOnlyTheSocket(int socket) {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min(kMaxDescriptors, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
  if (socket != kControlDescriptor) dup3(socket, kControlDescriptor, O_CLOEXEC);
  close_range(STDERR_FILENO + 1, kControlDescriptor - 1, 0);
  close_range(kControlDescriptor + 1, ~0U, 0);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  close(null);
}

}  // namespace

void ServeNativeCalls(int socket) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // A terminal's Ctrl-C is for the program that asks: it would end calls with EINTR here.
  std::signal(SIGINT, SIG_IGN);
  LeaveOnlyTheSocket(socket);
  Worker(kControlDescriptor).Serve();
}

}  // namespace kvm_model::scenario
