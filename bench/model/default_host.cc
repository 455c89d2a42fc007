#include "bench/model/default_host.h"

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "kvm_model/arch.h"
#include "kvm_model/capability.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"

namespace kvm_model::bench {
namespace {

// Sees whether an answer was left to the architecture.
class ArchitectureAsked final : public TrailListener {
 public:
  void OnStep(const TrailStep& step) override {
    asked_ |= step.kind == TrailStep::Kind::kEnter && step.function == kFunction;
  }
  bool asked() const { return asked_; }

 private:
  static constexpr std::string_view kFunction = "kvm_vm_ioctl_check_extension";
  bool asked_ = false;
};

}  // namespace

std::expected<std::shared_ptr<Kernel>, std::string> BootDefaultKernel(const Arch& arch,
                                                                      const Revision& revision) {
  const auto host = Host::Create(arch, revision);
  if (!host) {
    return std::unexpected(
        absl::StrFormat("%s, %s: %s", arch.traits().name, revision.name, host.error().message));
  }
  return std::make_shared<Kernel>(*host);
}

bool IsLeftToArchitecture(const Host& host, const Vm* vm, std::int64_t capability) {
  ArchitectureAsked listener;
  static_cast<void>(CheckExtension(host, vm, capability, Trail(&listener)));
  return listener.asked();
}

}  // namespace kvm_model::bench
