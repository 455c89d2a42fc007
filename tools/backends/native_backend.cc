#include "tools/backends/native_backend.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <expected>
#include <optional>
#include <string>
#include <thread>
#include <variant>

#include "absl/strings/str_format.h"
#include "tools/backends/backend.h"
#include "tools/backends/machine.h"
#include "tools/backends/native_wire.h"
#include "tools/backends/native_worker.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"

namespace kvm_model::scenario {
namespace {

constexpr std::chrono::seconds kCallTime(10);
constexpr std::chrono::seconds kScenarioTime(60);
// What a process that was told to end gets before it is killed.
constexpr std::chrono::seconds kEndTime(5);

// Below the lowest address that the kernel maps anything at by itself.
constexpr std::uint64_t kBadAddress = 0x1000;

// True once the process is gone.
bool Reap(pid_t process, std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds kPause(1);
  for (auto waited = std::chrono::milliseconds(0);; waited += kPause) {
    const pid_t reaped = waitpid(process, nullptr, WNOHANG);
    if (reaped == process || (reaped < 0 && errno == ECHILD)) return true;
    if (waited >= patience) return false;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace

std::optional<std::string> NativeBackend::SkipReason(const Scenario& scenario) {
  return scenario::SkipReason(machine_, scenario);
}

std::expected<void, std::string> NativeBackend::Start(const Scenario&) {
  Finish();
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
    return std::unexpected(absl::StrFormat("socketpair: %s", std::strerror(errno)));
  }
  first_process_ = fork();
  if (first_process_ == 0) ServeNativeCalls(ends[1]);
  const int error = errno;
  close(ends[1]);
  sockets_.push_back(ends[0]);
  if (first_process_ < 0) {
    Finish();
    return std::unexpected(absl::StrFormat("fork: %s", std::strerror(error)));
  }
  deadline_ = Clock::now() + kScenarioTime;
  return {};
}

std::uint64_t NativeBackend::PageSize() const {
  return static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t NativeBackend::BadAddress() const { return kBadAddress; }

Answer NativeBackend::Execute(const CallRequest& request) {
  if (request.process >= sockets_.size()) return Broken("there is no such process");
  const int socket = sockets_[request.process];
  const WireRequest wire = Pack(request);
  if (!Send(socket, &wire, sizeof(wire))) return Broken("the process is gone");
  if (!AnswerCame(socket)) return Broken("no answer came in time");
  WireReply reply;
  int child = -1;
  if (!Receive(socket, &reply, sizeof(reply), &child)) return Broken("the call ended the process");
  Answer answer = Unpack(reply);
  if (request.id == CallId::kFork && child >= 0) {
    sockets_.push_back(child);
    std::get<answer::Ok>(answer).value = sockets_.size() - 1;
  }
  return answer;
}

bool NativeBackend::AnswerCame(int socket) const {
  const Clock::time_point until = std::min(deadline_, Clock::now() + kCallTime);
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    if (left.count() <= 0) return false;
    pollfd wait = {.fd = socket, .events = POLLIN, .revents = 0};
    const int ready = poll(&wait, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

Answer NativeBackend::Broken(const std::string& reason) {
  if (first_process_ > 0) kill(first_process_, SIGKILL);
  return answer::Broken{reason};
}

// The children's sockets first: each process ends, and reaps its own, when its socket is closed.
void NativeBackend::Finish() {
  for (auto socket = sockets_.rbegin(); socket != sockets_.rend(); ++socket) close(*socket);
  sockets_.clear();
  if (first_process_ <= 0) return;
  if (!Reap(first_process_, kEndTime)) {
    kill(first_process_, SIGKILL);
    Reap(first_process_, kEndTime);
  }
  first_process_ = -1;
}

}  // namespace kvm_model::scenario
