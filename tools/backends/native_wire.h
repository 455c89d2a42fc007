// How the native backend talks to the processes that make its calls: one message each way a call,
// over a socket that keeps messages whole.
//
// Messages are plain structs: both ends are the same program.
#ifndef KVM_MODEL_TOOLS_BACKENDS_NATIVE_WIRE_H_
#define KVM_MODEL_TOOLS_BACKENDS_NATIVE_WIRE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "tools/backends/backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/call_table.h"

namespace kvm_model::scenario {

struct WireRequest {
  CallId id{};
  std::array<std::uint64_t, kArgumentIds> values{};
  std::array<std::uint64_t, kMaxListValues> list{};
  std::size_t list_size = 0;
};

// What a system call can answer: no exits, no runs.
struct WireReply {
  enum class Kind : std::uint8_t {
    kOk,
    kFd,
    kNumber,
    kErrno,
    kByte,
    kSigbus,
    kSigsegv,
    kProgress,
    kRuns,
    kNotModelled,
  };
  static constexpr std::size_t kMaxReason = 128;
  static constexpr std::size_t kMaxRuns = 64;
  struct Run {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
  };

  Kind kind = Kind::kOk;
  std::uint64_t value = 0;
  bool has_error_offset = false;
  std::uint64_t error_offset = 0;
  bool has_progress = false;
  std::uint64_t gpa = 0;
  std::uint64_t size = 0;
  std::array<Run, kMaxRuns> runs{};
  std::size_t run_count = 0;
  std::array<char, kMaxReason> reason{};  // Closed by a null byte.
};

WireRequest Pack(const CallRequest& request);
CallRequest Unpack(const WireRequest& request);
WireReply Pack(const Answer& answer);
Answer Unpack(const WireReply& reply);

// One message of that size, with a descriptor if `fd` isn't -1. False when the other end is gone.
bool Send(int socket, const void* message, std::size_t size, int fd = -1);
// The same, into `message`; a descriptor that came along is left in `*fd` where that isn't null.
bool Receive(int socket, void* message, std::size_t size, int* fd = nullptr);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_BACKENDS_NATIVE_WIRE_H_
