#include "tools/backends/native_wire.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "tools/backends/backend.h"
#include "tools/scenario/answer.h"
#include "uapi/errno.h"

namespace kvm_model::scenario {
namespace {

using Kind = WireReply::Kind;

// Room for one descriptor beside a message.
union Control {
  cmsghdr header;
  char room[CMSG_SPACE(sizeof(int))];
};

struct Packer {
  WireReply reply;

  void SetErrorOffset(const std::optional<std::uint64_t>& error_offset) {
    reply.has_error_offset = error_offset.has_value();
    reply.error_offset = error_offset.value_or(0);
  }
  void SetReason(std::string_view reason) {
    reply.kind = Kind::kNotModelled;
    const std::size_t length = std::min(reason.size(), WireReply::kMaxReason - 1);
    std::memcpy(reply.reason.data(), reason.data(), length);
  }

  void operator()(const answer::Ok& ok) {
    reply.kind = Kind::kOk;
    reply.value = ok.value;
  }
  void operator()(const answer::Fd& fd) {
    reply.kind = Kind::kFd;
    reply.value = static_cast<std::uint64_t>(fd.number);
  }
  void operator()(const answer::Number& number) {
    reply.kind = Kind::kNumber;
    reply.value = number.value;
    SetErrorOffset(number.error_offset);
  }
  void operator()(const answer::Errno& error) {
    reply.kind = Kind::kErrno;
    reply.value = static_cast<std::uint64_t>(error.error);
    SetErrorOffset(error.error_offset);
    reply.has_progress = error.gpa.has_value();
    reply.gpa = error.gpa.value_or(0);
    reply.size = error.size.value_or(0);
  }
  void operator()(const answer::Byte& byte) {
    reply.kind = Kind::kByte;
    reply.value = byte.value;
  }
  void operator()(answer::Signal signal) {
    reply.kind = signal == answer::Signal::kSigbus ? Kind::kSigbus : Kind::kSigsegv;
  }
  void operator()(const answer::Progress& progress) {
    reply.kind = Kind::kProgress;
    reply.gpa = progress.gpa;
    reply.size = progress.size;
  }
  void operator()(const answer::Runs& runs) {
    if (runs.runs.size() > WireReply::kMaxRuns) return SetReason("more runs than a message holds");
    reply.kind = Kind::kRuns;
    for (const answer::Run& run : runs.runs) reply.runs[reply.run_count++] = {run.start, run.end};
  }
  void operator()(const answer::NotModelled& unknown) { SetReason(unknown.reason); }
  void operator()(const auto&) { SetReason("no system call answers so"); }
};

}  // namespace

WireRequest Pack(const CallRequest& request) {
  WireRequest wire;
  wire.id = request.id;
  wire.values = request.values;
  wire.list_size = std::min(request.list.size(), wire.list.size());
  std::copy_n(request.list.begin(), wire.list_size, wire.list.begin());
  return wire;
}

CallRequest Unpack(const WireRequest& request) {
  const auto* list = request.list.data();
  return {.id = request.id,
          .process = kFirstProcess,
          .values = request.values,
          .list = {list, list + request.list_size}};
}

WireReply Pack(const Answer& answer) {
  Packer packer;
  std::visit(packer, answer);
  return packer.reply;
}

Answer Unpack(const WireReply& reply) {
  std::optional<std::uint64_t> error_offset;
  if (reply.has_error_offset) error_offset = reply.error_offset;
  switch (reply.kind) {
    case Kind::kOk:
      return answer::Ok{reply.value};
    case Kind::kFd:
      return answer::Fd{static_cast<int>(reply.value)};
    case Kind::kNumber:
      return answer::Number{reply.value, error_offset};
    case Kind::kErrno: {
      answer::Errno error{.error = static_cast<uapi::Errno>(reply.value),
                          .error_offset = error_offset};
      if (reply.has_progress) {
        error.gpa = reply.gpa;
        error.size = reply.size;
      }
      return error;
    }
    case Kind::kByte:
      return answer::Byte{static_cast<std::uint8_t>(reply.value)};
    case Kind::kSigbus:
      return answer::Signal::kSigbus;
    case Kind::kSigsegv:
      return answer::Signal::kSigsegv;
    case Kind::kProgress:
      return answer::Progress{reply.gpa, reply.size};
    case Kind::kRuns: {
      answer::Runs runs;
      for (const WireReply::Run& run : std::span(reply.runs).first(reply.run_count)) {
        runs.runs.push_back({run.start, run.end, std::nullopt});
      }
      return runs;
    }
    case Kind::kNotModelled:
      break;
  }
  return answer::NotModelled{std::string(reply.reason.data())};
}

bool Send(int socket, const void* message, std::size_t size, int fd) {
  iovec part = {.iov_base = const_cast<void*>(message), .iov_len = size};
  msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  Control control = {};
  if (fd >= 0) {
    header.msg_control = control.room;
    header.msg_controllen = sizeof(control.room);
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
  }
  ssize_t sent = 0;
  do {
    sent = sendmsg(socket, &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(size);
}

bool Receive(int socket, void* message, std::size_t size, int* fd) {
  iovec part = {.iov_base = message, .iov_len = size};
  msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  Control control = {};
  header.msg_control = control.room;
  header.msg_controllen = sizeof(control.room);
  ssize_t received = 0;
  do {
    received = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  const cmsghdr* rights = CMSG_FIRSTHDR(&header);
  if (fd != nullptr && rights != nullptr && rights->cmsg_type == SCM_RIGHTS) {
    std::memcpy(fd, CMSG_DATA(rights), sizeof(*fd));
  }
  return received == static_cast<ssize_t>(size);
}

}  // namespace kvm_model::scenario
