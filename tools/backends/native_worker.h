// The process that a scenario's calls are made in: it takes a request, makes the call, sends the
// answer, until the other end of its socket is closed.
//
// A process of its own keeps the caller safe from hostile arguments, starts with the descriptors
// and the memory that a fresh program would have, and gives everything back by ending.
#ifndef KVM_MODEL_TOOLS_BACKENDS_NATIVE_WORKER_H_
#define KVM_MODEL_TOOLS_BACKENDS_NATIVE_WORKER_H_

namespace kvm_model::scenario {

// For the child of a fork: serves `socket` and ends the process. Descriptors other than 0, 1, 2 and
// the socket are closed first; 0 and 1 become /dev/null.
[[noreturn]] void ServeNativeCalls(int socket);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_BACKENDS_NATIVE_WORKER_H_
