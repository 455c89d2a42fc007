#include "bench/gate/capability_operations.h"

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "bench/gate/operation.h"
#include "bench/model/default_host.h"
#include "kvm_model/arch.h"
#include "kvm_model/capability.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mm.h"
#include "kvm_model/privileges.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_type.h"

namespace kvm_model::bench {
namespace {

constexpr std::int64_t kFirstNumber = -1;
constexpr std::int64_t kLastNumber = 255;

constexpr Limit kGenericLimit = {"capability, generic", 100};
constexpr Limit kAnyLimit = {"capability, any", 500};

const Trail kNobodyListens(nullptr);

// Who is asked: a host's /dev/kvm, without a VM, or a VM.
struct Asked {
  std::shared_ptr<Kernel> kernel;
  std::shared_ptr<const Vm> vm;
};

std::shared_ptr<Kernel> DefaultKernel(const Arch& arch, const Revision& revision) {
  const auto kernel = BootDefaultKernel(arch, revision);
  if (!kernel) {
    std::cerr << kernel.error() << '\n';
    std::exit(1);
  }
  return *kernel;
}

Operation AnswerOf(const Asked& asked, std::string_view prefix, std::int64_t capability) {
  const Host& host = asked.kernel->host();
  const bool left = IsLeftToArchitecture(host, asked.vm.get(), capability);

  Operation operation;
  operation.name = absl::StrFormat("%s/%d", prefix, capability);
  operation.group = host.arch().traits().name;
  if (!left) operation.limits.push_back(kGenericLimit);
  operation.limits.push_back(kAnyLimit);
  operation.run = [asked, &host, vm = asked.vm.get(), capability] {
    static_cast<void>(CheckExtension(host, vm, capability, kNobodyListens));
  };
  return operation;
}

// Appends the answers to every number.
void AppendAnswers(const Asked& asked, std::string_view scope, std::vector<Operation>& operations) {
  const Host& host = asked.kernel->host();
  const std::string prefix = absl::StrFormat("capability/%s/%s/%s", host.arch().traits().name,
                                             host.revision().name, scope);
  for (std::int64_t number = kFirstNumber; number <= kLastNumber; ++number) {
    operations.push_back(AnswerOf(asked, prefix, number));
  }
}

}  // namespace

std::vector<Operation> CapabilityOperations() {
  std::vector<Operation> operations;
  for (const Arch* arch : Architectures()) {
    for (const Revision& revision : Revisions()) {
      const std::shared_ptr<Kernel> kernel = DefaultKernel(*arch, revision);
      const Host& host = kernel->host();
      AppendAnswers({kernel, nullptr}, "dev", operations);
      for (const VmType& named : arch->named_vm_types()) {
        const Result<VmType> type = arch->InitVm(host, Privileges{}, named.number, Trail(nullptr));
        if (!type) continue;
        const auto mm = std::make_shared<Mm>(host.facts().page_shift, nullptr);
        AppendAnswers({kernel, std::make_shared<const Vm>(kernel, mm, *type)}, named.name,
                      operations);
      }
    }
  }
  return operations;
}

}  // namespace kvm_model::bench
