#include "tests/live/steps.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/live/comparison.h"
#include "uapi/capabilities.h"

namespace kvm_model {
namespace {

using uapi::Cap;
using Call = Step::Call;
using Argument = Step::Argument;

constexpr std::uint64_t kMost = ~std::uint64_t{0};
constexpr std::uint64_t kTwo32 = std::uint64_t{1} << 32;
// The most nanoseconds of a bus cycle: 0xffffffff * 128 of them fill 64 bits.
constexpr std::uint64_t kMostBusCycleNs = kMost / (0xffffffff * std::uint64_t{128});

constexpr auto kEdges = std::to_array<std::uint64_t>({
    0,          1,
    2,          3,
    4,          5,
    6,          7,
    8,          9,
    10,         11,
    12,         15,
    16,         24,
    31,         32,
    63,         64,
    100,        256,
    511,        512,
    1023,       1024,
    1025,       2048,
    4095,       4096,
    4097,       8191,
    8192,       8193,
    16383,      16384,
    16385,      32768,
    65536,      1048575,
    1048576,    1048577,
    2097152,    0x7fffffff,
    0x80000000, 0xffffffff,
    kTwo32,     kTwo32 + 1,
    kTwo32 + 2, kTwo32 + 4096,
    kTwo32 * 7, kMostBusCycleNs,
    kMost >> 1, kMostBusCycleNs + 1,
    kMost - 1,  kMost,
});

constexpr Step Enable(std::uint32_t capability, std::uint64_t arg, std::uint32_t flags = 0) {
  return {.call = Call::kEnableCap, .arg = arg, .capability = capability, .flags = flags};
}
constexpr Step EnableWith(std::uint32_t capability, Argument argument) {
  return {.call = Call::kEnableCap, .capability = capability, .argument = argument};
}
constexpr Step OnVcpu(std::uint32_t capability, std::uint64_t arg, std::uint32_t flags = 0) {
  return {.call = Call::kEnableVcpuCap, .arg = arg, .capability = capability, .flags = flags};
}
constexpr Step OnVcpuWith(std::uint32_t capability, Argument argument) {
  return {.call = Call::kEnableVcpuCap, .capability = capability, .argument = argument};
}
constexpr Step CreateVcpu(std::uint64_t id) { return {.call = Call::kCreateVcpu, .arg = id}; }
constexpr Step CreateIrqchip() { return {.call = Call::kCreateIrqchip}; }
constexpr Step SetBootCpuId(std::uint64_t id) { return {.call = Call::kSetBootCpuId, .arg = id}; }
constexpr Step SplitIrqchip(std::uint64_t pins = 24) {
  return Enable(Cap("KVM_CAP_SPLIT_IRQCHIP"), pins);
}

std::vector<Sequence> GenericSequences() {
  constexpr std::uint32_t kManual = Cap("KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2");
  constexpr std::uint32_t kRing = Cap("KVM_CAP_DIRTY_LOG_RING");
  constexpr std::uint32_t kRingAcqRel = Cap("KVM_CAP_DIRTY_LOG_RING_ACQ_REL");
  constexpr std::uint32_t kWithBitmap = Cap("KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP");
  return {
      {"dirty log protection changes",
       {Enable(kManual, 3), Enable(kManual, 0), Enable(kManual, 1)}},
      {"a ring twice", {Enable(kRingAcqRel, 65536), Enable(kRingAcqRel, 65536)}},
      {"the other ring after one", {Enable(kRing, 65536), Enable(kRingAcqRel, 65536)}},
      {"a ring that is too large, twice", {Enable(kRing, 1048576), Enable(kRing, 2097152)}},
      {"a ring after a vCPU", {CreateVcpu(0), Enable(kRingAcqRel, 65536)}},
      {"a bitmap without and with a ring",
       {Enable(kWithBitmap, 0), Enable(kRingAcqRel, 65536), Enable(kWithBitmap, 0),
        Enable(kWithBitmap, 0, 1)}},
      {"a vCPU twice", {CreateVcpu(1), CreateVcpu(1), CreateVcpu(0)}},
      {"a struct that can't be read",
       {EnableWith(kRing, Argument::kNothing), CreateVcpu(0),
        OnVcpuWith(kRing, Argument::kNothing)}},
  };
}

std::vector<Sequence> ControllerSequences() {
  constexpr std::uint32_t kX2apic = Cap("KVM_CAP_X2APIC_API");
  constexpr std::uint32_t kBusCycles = Cap("KVM_CAP_X86_APIC_BUS_CYCLES_NS");
  return {
      {"the controllers twice", {CreateIrqchip(), CreateIrqchip(), SplitIrqchip()}},
      {"the full controllers after the split ones", {SplitIrqchip(), CreateIrqchip()}},
      {"split controllers twice", {SplitIrqchip(0), SplitIrqchip(4096), SplitIrqchip(4097)}},
      {"the controllers after a vCPU",
       {CreateVcpu(0), CreateIrqchip(), SplitIrqchip(), SplitIrqchip(4097)}},
      {"the x2APIC's flags without controllers",
       {Enable(kX2apic, 4), Enable(kX2apic, 8), Enable(kX2apic, 3)}},
      {"the x2APIC's flags with full controllers", {CreateIrqchip(), Enable(kX2apic, 4)}},
      {"the x2APIC's flags with split controllers",
       {SplitIrqchip(), Enable(kX2apic, 4), Enable(kX2apic, 8), Enable(kX2apic, 12),
        Enable(kX2apic, 0)}},
      {"bus cycles before and after the controllers",
       {Enable(kBusCycles, 10), SplitIrqchip(), Enable(kBusCycles, 10),
        Enable(kBusCycles, kMostBusCycleNs), Enable(kBusCycles, kMostBusCycleNs + 1)}},
      {"bus cycles after a vCPU", {CreateIrqchip(), CreateVcpu(0), Enable(kBusCycles, 10)}},
      {"bus cycles after a vCPU without controllers", {CreateVcpu(0), Enable(kBusCycles, 10)}},
  };
}

std::vector<Sequence> VcpuLimitSequences() {
  constexpr std::uint32_t kMaxId = Cap("KVM_CAP_MAX_VCPU_ID");
  return {
      {"a limit on ids", {Enable(kMaxId, 2), CreateVcpu(2), CreateVcpu(1), SetBootCpuId(3)}},
      {"a limit twice", {Enable(kMaxId, 10), Enable(kMaxId, 10), Enable(kMaxId, 11)}},
      {"no limit, then one", {Enable(kMaxId, 0), Enable(kMaxId, 5), Enable(kMaxId, 0)}},
      {"a limit after a vCPU",
       {CreateVcpu(0), Enable(kMaxId, 10), Enable(kMaxId, 4096), Enable(kMaxId, 0)}},
      {"the boot CPU above a limit",
       {Enable(kMaxId, 2), SetBootCpuId(2), SetBootCpuId(3), SetBootCpuId(0)}},
      {"a limit below the boot CPU",
       {SetBootCpuId(3), Enable(kMaxId, 2), Enable(kMaxId, 3), Enable(kMaxId, 4), SetBootCpuId(3),
        SetBootCpuId(4)}},
      {"boot CPUs at the edges",
       {SetBootCpuId(4095), SetBootCpuId(4096), SetBootCpuId(4097), SetBootCpuId(kTwo32),
        SetBootCpuId(kMost)}},
      {"the boot CPU after a vCPU", {CreateVcpu(0), SetBootCpuId(0), SetBootCpuId(kMost)}},
      {"vCPUs at the edges",
       {CreateVcpu(4096), CreateVcpu(4095), CreateVcpu(kTwo32), CreateVcpu(kMost)}},
  };
}

// What no longer can be enabled once a vCPU is there.
std::vector<Sequence> AfterVcpuSequences() {
  constexpr auto kCapabilities = std::to_array<std::uint32_t>({
      Cap("KVM_CAP_X86_DISABLE_EXITS"),
      Cap("KVM_CAP_VM_DISABLE_NX_HUGE_PAGES"),
      Cap("KVM_CAP_PMU_CAPABILITY"),
      Cap("KVM_CAP_X86_NOTIFY_VMEXIT"),
      Cap("KVM_CAP_DISABLE_QUIRKS2"),
      Cap("KVM_CAP_DISABLE_QUIRKS"),
      Cap("KVM_CAP_X86_USER_SPACE_MSR"),
      Cap("KVM_CAP_EXIT_HYPERCALL"),
      Cap("KVM_CAP_X86_BUS_LOCK_EXIT"),
      Cap("KVM_CAP_MSR_PLATFORM_INFO"),
      Cap("KVM_CAP_EXCEPTION_PAYLOAD"),
      Cap("KVM_CAP_X86_TRIPLE_FAULT_EVENT"),
      Cap("KVM_CAP_EXIT_ON_EMULATION_FAILURE"),
      Cap("KVM_CAP_HALT_POLL"),
      Cap("KVM_CAP_X2APIC_API"),
  });
  std::vector<Sequence> sequences;
  for (const std::uint32_t capability : kCapabilities) {
    Sequence sequence{"capability " + std::to_string(capability) + " after a vCPU",
                      {CreateVcpu(0)}};
    for (const std::uint64_t arg : kEdges) sequence.steps.push_back(Enable(capability, arg));
    sequence.steps.push_back(Enable(capability, 0, 1));
    sequences.push_back(sequence);
  }
  return sequences;
}

std::vector<Sequence> DescriptorSequences() {
  Sequence sequence{"descriptors and addresses in args[0]", {}};
  constexpr auto kCapabilities = std::to_array<std::uint32_t>({
      Cap("KVM_CAP_SGX_ATTRIBUTE"),
      Cap("KVM_CAP_VM_COPY_ENC_CONTEXT_FROM"),
      Cap("KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM"),
  });
  for (const std::uint32_t capability : kCapabilities) {
    for (const Argument argument :
         {Argument::kVmDescriptor, Argument::kKvmDescriptor, Argument::kBuffer}) {
      sequence.steps.push_back(EnableWith(capability, argument));
    }
  }
  return {sequence};
}

// Hyper-V's interfaces of a vCPU, whose checks ask for the interrupt controller.
std::vector<Sequence> VcpuCapabilitySequences() {
  constexpr auto kCapabilities = std::to_array<std::uint32_t>({
      Cap("KVM_CAP_HYPERV_SYNIC"),
      Cap("KVM_CAP_HYPERV_SYNIC2"),
      Cap("KVM_CAP_HYPERV_ENLIGHTENED_VMCS"),
      Cap("KVM_CAP_HYPERV_DIRECT_TLBFLUSH"),
      Cap("KVM_CAP_HYPERV_ENFORCE_CPUID"),
      Cap("KVM_CAP_ENFORCE_PV_FEATURE_CPUID"),
  });
  std::vector<Step> steps = {CreateVcpu(0)};
  for (const std::uint32_t capability : kCapabilities) {
    for (const std::uint64_t arg : {std::uint64_t{0}, std::uint64_t{1}, kMost}) {
      steps.push_back(OnVcpu(capability, arg));
      steps.push_back(OnVcpu(capability, arg, 1));
    }
    steps.push_back(OnVcpuWith(capability, Argument::kBuffer));
  }
  std::vector<Sequence> sequences = {{"a vCPU's capabilities without controllers", steps}};
  steps.insert(steps.begin(), CreateIrqchip());
  sequences.push_back({"a vCPU's capabilities with full controllers", steps});
  steps.front() = SplitIrqchip();
  sequences.push_back({"a vCPU's capabilities with split controllers", steps});
  return sequences;
}

// What random sequences enable: the capabilities that have checks or effects of their own.
constexpr auto kGenericChoices = std::to_array<std::uint32_t>({
    Cap("KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2"),
    Cap("KVM_CAP_HALT_POLL"),
    Cap("KVM_CAP_DIRTY_LOG_RING"),
    Cap("KVM_CAP_DIRTY_LOG_RING_ACQ_REL"),
    Cap("KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP"),
    Cap("KVM_CAP_MEMORY_ATTRIBUTES"),
});
constexpr auto kX86Choices = std::to_array<std::uint32_t>({
    Cap("KVM_CAP_SPLIT_IRQCHIP"),
    Cap("KVM_CAP_X2APIC_API"),
    Cap("KVM_CAP_MAX_VCPU_ID"),
    Cap("KVM_CAP_X86_APIC_BUS_CYCLES_NS"),
    Cap("KVM_CAP_X86_DISABLE_EXITS"),
    Cap("KVM_CAP_DISABLE_QUIRKS2"),
    Cap("KVM_CAP_X86_NOTIFY_VMEXIT"),
    Cap("KVM_CAP_PMU_CAPABILITY"),
    Cap("KVM_CAP_VM_DISABLE_NX_HUGE_PAGES"),
    Cap("KVM_CAP_X86_BUS_LOCK_EXIT"),
    Cap("KVM_CAP_SGX_ATTRIBUTE"),
});
constexpr auto kX86VcpuChoices = std::to_array<std::uint32_t>({
    Cap("KVM_CAP_HYPERV_SYNIC"),
    Cap("KVM_CAP_HYPERV_SYNIC2"),
    Cap("KVM_CAP_ENFORCE_PV_FEATURE_CPUID"),
});
constexpr auto kVcpuIds = std::to_array<std::uint64_t>({0, 1, 2, 3, 10, 4095, 4096, kMost});

template <typename T, std::size_t kCount>
T Pick(const std::array<T, kCount>& choices, std::mt19937_64& random) {
  return choices[random() % kCount];
}

Step RandomX86Step(std::mt19937_64& random) {
  const std::uint32_t flags = random() % 16 == 0 ? 1 : 0;
  switch (random() % 8) {
    case 0:
      return CreateVcpu(Pick(kVcpuIds, random));
    case 1:
      return CreateIrqchip();
    case 2:
      return SetBootCpuId(Pick(kVcpuIds, random));
    case 3:
      return OnVcpu(Pick(kX86VcpuChoices, random), random() % 3, flags);
    default:
      return Enable(Pick(kX86Choices, random), Pick(kEdges, random), flags);
  }
}

Step RandomGenericStep(std::mt19937_64& random) {
  if (random() % 6 == 0) return CreateVcpu(Pick(kVcpuIds, random));
  return Enable(Pick(kGenericChoices, random), Pick(kEdges, random), random() % 16 == 0 ? 1 : 0);
}

}  // namespace

std::span<const std::uint64_t> EdgeArguments() { return kEdges; }

std::vector<Sequence> Sequences(std::string_view arch) {
  std::vector<Sequence> all = GenericSequences();
  if (arch != "x86") return all;
  for (const auto& part : {ControllerSequences(), VcpuLimitSequences(), AfterVcpuSequences(),
                           DescriptorSequences(), VcpuCapabilitySequences()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

std::vector<Step> RandomSteps(std::string_view arch, std::mt19937_64& random) {
  std::vector<Step> steps;
  const std::size_t count = 2 + random() % 9;
  for (std::size_t i = 0; i < count; ++i) {
    const bool x86 = arch == "x86" && random() % 4 != 0;
    Step step = x86 ? RandomX86Step(random) : RandomGenericStep(random);
    step.rest = random() % 2 == 0 ? 0 : 0xff;
    steps.push_back(step);
  }
  return steps;
}

}  // namespace kvm_model
