#include "tools/cli/vm_preparations.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "tools/cli/capability_query.h"
#include "uapi/capabilities.h"
#include "uapi/capability_facts.h"
#include "uapi/constants.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model::cli {
namespace {

using Call = VmPreparation::Call;
using uapi::Cap;

struct Row {
  std::string_view arch;
  Call call;
  std::string_view text;
  std::uint64_t number = 0;
  std::uint64_t argument = 0;
};

constexpr std::uint64_t kTwoMegabytes = std::uint64_t{2} << 20;

constexpr Row kRows[] = {
    {"x86", Call::kEnableCap, "KVM_ENABLE_CAP(KVM_CAP_SPLIT_IRQCHIP, 24)",
     Cap("KVM_CAP_SPLIT_IRQCHIP"), 24},
    {"x86", Call::kCreateIrqchip, "KVM_CREATE_IRQCHIP"},
    {"arm64", Call::kCreateIrqchip, "KVM_CREATE_IRQCHIP"},
    {"arm64", Call::kCreateDevice, "KVM_CREATE_DEVICE(KVM_DEV_TYPE_ARM_VGIC_V2)",
     uapi::kDevTypeArmVgicV2},
    {"arm64", Call::kCreateDevice, "KVM_CREATE_DEVICE(KVM_DEV_TYPE_ARM_VGIC_V3)",
     uapi::kDevTypeArmVgicV3},
    {"arm64", Call::kCreateDevice, "KVM_CREATE_DEVICE(KVM_DEV_TYPE_ARM_VGIC_ITS)",
     uapi::kDevTypeArmVgicIts},
    {"arm64", Call::kEnableCap, "KVM_ENABLE_CAP(KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE, 2M)",
     Cap("KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE"), kTwoMegabytes},
    {"powerpc", Call::kEnableCap, "KVM_ENABLE_CAP(KVM_CAP_PPC_SMT, 1)", Cap("KVM_CAP_PPC_SMT"), 1},
    {"powerpc", Call::kEnableCap, "KVM_ENABLE_CAP(KVM_CAP_PPC_SMT, 8)", Cap("KVM_CAP_PPC_SMT"), 8},
    {"loongarch", Call::kCreateIrqchip, "KVM_CREATE_IRQCHIP"},
    {"s390", Call::kEnableCap, "KVM_ENABLE_CAP(KVM_CAP_S390_IRQCHIP)", Cap("KVM_CAP_S390_IRQCHIP")},
};

}  // namespace

std::vector<VmPreparation> PreparationsFor(const Host& host, const CapabilityName& capability) {
  std::vector<VmPreparation> preparations;
  for (const Row& row : kRows) {
    if (row.arch != host.arch().traits().name) continue;
    preparations.push_back({std::string(row.text), row.call, row.number, row.argument});
  }
  const auto number = static_cast<std::uint64_t>(capability.number);
  const uapi::CapabilityFacts* facts = uapi::FindCapabilityFacts(capability.name);
  const bool tabled = std::ranges::any_of(preparations, [number](const VmPreparation& each) {
    return each.call == Call::kEnableCap && each.number == number;
  });
  if (facts != nullptr && facts->enable_on_vm && !tabled) {
    preparations.push_back(
        {absl::StrFormat("KVM_ENABLE_CAP(%s, 1)", capability.name), Call::kEnableCap, number, 1});
  }
  return preparations;
}

bool Prepare(CapabilityAsker& vm, const VmPreparation& preparation) {
  const uapi::Encoding encoding = vm.host().arch().traits().ioctl_encoding;
  switch (preparation.call) {
    case Call::kCreateIrqchip:
      return vm.task()
          .Ioctl(vm.fd(), uapi::Request(uapi::Ioctl("KVM_CREATE_IRQCHIP"), encoding),
                 std::uint64_t{0})
          .has_value();
    case Call::kCreateDevice: {
      uapi::kvm_create_device device{};
      device.type = static_cast<std::uint32_t>(preparation.number);
      return vm.task()
          .Ioctl(vm.fd(), uapi::Request(uapi::Ioctl("KVM_CREATE_DEVICE"), encoding),
                 vm.memory().Put(device))
          .has_value();
    }
    case Call::kEnableCap: {
      uapi::kvm_enable_cap enable{};
      enable.cap = static_cast<std::uint32_t>(preparation.number);
      enable.args[0] = preparation.argument;
      return vm.task()
          .Ioctl(vm.fd(), uapi::Request(uapi::Ioctl("KVM_ENABLE_CAP"), encoding),
                 vm.memory().Put(enable))
          .has_value();
    }
  }
  return false;
}

}  // namespace kvm_model::cli
