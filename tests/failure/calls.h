// Every ioctl that the model handles and every system call that makes something, with good
// arguments in a hostile::World: what the campaigns of failing allocations, full descriptor tables
// and bad user memory run over.
#ifndef KVM_MODEL_TESTS_FAILURE_CALLS_H_
#define KVM_MODEL_TESTS_FAILURE_CALLS_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/hostile/picture.h"
#include "tests/hostile/world.h"
#include "uapi/ioctls.h"

namespace kvm_model::failure {

using hostile::HostChoice;
using hostile::Picture;
using hostile::World;

// How a call ended: "ok", the name of an errno or a signal, or "exit " and the errno of a memory
// fault's exit.
using Outcome = std::string;

inline constexpr std::string_view kOk = "ok";

struct Call {
  std::string_view name;  // of the ioctl, or the system call and what is special about it
  std::optional<uapi::FdKind> kind;  // of the descriptor that an ioctl goes to; none: a system call
  std::function<Outcome(World&)> make;
  // How it ends when an allocation fails.
  std::string_view without_memory = "ENOMEM";
  // The architecture on whose hosts it allocates memory; "all", "none", or "private" for those
  // whose VM has private memory.
  std::string_view allocates_on = "all";
  bool gives_descriptor = false;
  // What has been done before the failure stays: parts of the names of what then differs.
  std::vector<std::string_view> keeps = {};
  // What a second call answers when the first has failed late.
  std::string_view again = kOk;
};

// The rows; some fail on some hosts even with everything there is.
const std::vector<Call>& Calls();
// How the call ends in a new world in which nothing is short.
Outcome Plain(const Call& call, const HostChoice& choice);
// Whether it makes an allocation on that host.
bool Allocates(const Call& call, const HostChoice& choice);

// What differs between the pictures, without what the call may keep.
std::string Unexpected(const Call& call, Picture before, Picture after);

}  // namespace kvm_model::failure

#endif  // KVM_MODEL_TESTS_FAILURE_CALLS_H_
