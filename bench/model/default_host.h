// Hosts with default settings, and which of their answers to capabilities are the architecture's.
#ifndef KVM_MODEL_BENCH_MODEL_DEFAULT_HOST_H_
#define KVM_MODEL_BENCH_MODEL_DEFAULT_HOST_H_

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/revision.h"
#include "kvm_model/vm.h"

namespace kvm_model::bench {

// A kernel that was booted with default settings, or which host can't be and why.
std::expected<std::shared_ptr<Kernel>, std::string> BootDefaultKernel(const Arch& arch,
                                                                      const Revision& revision);

// Whether the generic function leaves the answer to the architecture: on a VM, or with a null `vm`
// on /dev/kvm. Seen in the trail of one asking.
bool IsLeftToArchitecture(const Host& host, const Vm* vm, std::int64_t capability);

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_MODEL_DEFAULT_HOST_H_
