// The order of the checks of the ioctls on /dev/kvm, VMs and vCPUs, as the decision trail shows it.
// KVM_SET_USER_MEMORY_REGION and the conversion of a guest_memfd have tests of their own.
#include "tests/kvm_model/check_order.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/allocation_gate.h"
#include "kvm_model/fd_table.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vcpu.h"
#include "kvm_model/vm.h"
#include "tests/kvm_model/machine.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/header_version.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using Settings = std::vector<SettingAssignment>;
using uapi::Cap;

constexpr std::size_t kManyDescriptors = 100;
// Nothing is mapped there.
constexpr std::uint64_t kNowhere = 8;

// The ioctl with the struct, or with a pointer to nothing.
template <typename T>
void Ioctl(Machine& machine, TrailRecorder& recorder, int fd, uapi::IoctlId id, T args,
           bool unreadable = false) {
  const std::uint64_t arg = unreadable ? kNowhere : reinterpret_cast<std::uint64_t>(&args);
  Listen(machine, recorder, [&] { return machine.task().Ioctl(fd, machine.Request(id), arg); });
}

struct CreateVm {
  std::size_t descriptors = kManyDescriptors;
  std::uint64_t failing_allocation = 0;
  std::uint64_t type = uapi::kX86SwProtectedVm;

  void Make(TrailRecorder& recorder) const {
    Machine machine;
    machine.task().fds().SetLimit(descriptors);
    machine.kernel().allocations().FailNth(failing_allocation);
    Listen(machine, recorder, [&] { return machine.CreateVm(type); });
  }
};

TEST(CheckOrderTest, CreateVm) {
  ExpectInOrder<CreateVm>({
      {"no free descriptor", [](CreateVm& call) { call.descriptors = 0; }},
      {"memory for the VM is short", [](CreateVm& call) { call.failing_allocation = 1; }},
      {"type < 32", [](CreateVm& call) { call.type = 32; }},
      {"the type's bit is in supported_vm_types", [](CreateVm& call) { call.type = 31; }},
  });
}

struct CreateVmOn {
  std::string_view arch;
  std::uint64_t type = 0;

  void Make(TrailRecorder& recorder) const {
    Machine machine(arch);
    Listen(machine, recorder, [&] { return machine.CreateVm(type); });
  }
};

TEST(CheckOrderTest, TypesOfVmsByArchitecture) {
  struct OnArm64 : CreateVmOn {
    OnArm64() : CreateVmOn{"arm64"} {}
  };
  ExpectInOrder<OnArm64>({
      {"type & ~KVM_VM_TYPE_ARM_IPA_SIZE_MASK", [](OnArm64& call) { call.type = 0x100; }},
      {"the IPA size is below the smallest", [](OnArm64& call) { call.type = 31; }},
      {"the IPA size is above the host's limit", [](OnArm64& call) { call.type = 60; }},
  });
  struct OnPowerpc : CreateVmOn {
    OnPowerpc() : CreateVmOn{"powerpc"} {}
  };
  ExpectInOrder<OnPowerpc>({
      {"type > KVM_VM_PPC_PR", [](OnPowerpc& call) { call.type = 3; }},
      {"kvmppc_hv_ops or kvmppc_pr_ops serves the type"},
  });
}

struct CreateVcpu {
  std::uint64_t id = 1;
  std::uint64_t most = 2;
  std::uint64_t max_vcpu_id = 4;
  std::uint64_t failing_allocation = 0;
  std::size_t descriptors = kManyDescriptors;

  void Make(TrailRecorder& recorder) const {
    Machine machine;
    const int vm = *machine.CreateVm();
    (void)machine.EnableCap(vm, Cap("KVM_CAP_MAX_VCPU_ID"), max_vcpu_id);
    (void)machine.CreateVcpu(vm, 0);
    machine.VmOf(vm)->LimitVcpus(most);
    machine.kernel().allocations().FailNth(failing_allocation);
    machine.task().fds().SetLimit(descriptors);
    Listen(machine, recorder, [&] { return machine.CreateVcpu(vm, id); });
  }
};

TEST(CheckOrderTest, CreateVcpu) {
  ExpectInOrder<CreateVcpu>({
      {"the caller's mm is not the VM's"},
      {"id >= KVM_MAX_VCPU_IDS", [](CreateVcpu& call) { call.id = std::uint64_t{1} << 20; }},
      {"created_vcpus >= max_vcpus", [](CreateVcpu& call) { call.most = 1; }},
      {"id >= kvm->arch.max_vcpu_ids", [](CreateVcpu& call) { call.id = 4; }},
      {"memory for the vCPU is short", [](CreateVcpu& call) { call.failing_allocation = 1; }},
      {"a vCPU has that id", [](CreateVcpu& call) { call.id = 0; }},
      {"no free descriptor", [](CreateVcpu& call) { call.descriptors = 0; }},
  });
}

struct CreateDevice {
  bool unreadable = false;
  std::uint32_t type = uapi::kDevTypeArmVgicV3;
  std::size_t descriptors = kManyDescriptors;

  void Make(TrailRecorder& recorder) const {
    Machine machine("arm64");
    const int vm = *machine.CreateVm();
    machine.task().fds().SetLimit(descriptors);
    uapi::kvm_create_device args{};
    args.type = type;
    Ioctl(machine, recorder, vm, uapi::Ioctl("KVM_CREATE_DEVICE"), args, unreadable);
  }
};

TEST(CheckOrderTest, CreateDevice) {
  ExpectInOrder<CreateDevice>({
      {"the argument can't be read", [](CreateDevice& call) { call.unreadable = true; }},
      {"the type is one of the architecture's", [](CreateDevice& call) { call.type = 99; }},
      {"no free descriptor", [](CreateDevice& call) { call.descriptors = 0; }},
      {"the argument can't be written"},
  });
}

struct SetRegion {
  bool unreadable = false;
  std::uint32_t flags = 0;

  void Make(TrailRecorder& recorder) const {
    Machine machine;
    const int vm = *machine.CreateVm();
    uapi::kvm_userspace_memory_region args{};
    args.flags = flags;
    args.memory_size = machine.page_size();
    Ioctl(machine, recorder, vm, uapi::Ioctl("KVM_SET_USER_MEMORY_REGION"), args, unreadable);
  }
};

TEST(CheckOrderTest, FirstFormOfSetUserMemoryRegion) {
  ExpectInOrder<SetRegion>({
      {"the argument can't be read", [](SetRegion& call) { call.unreadable = true; }},
      {"flags & ~(LOG_DIRTY_PAGES|READONLY)",
       [](SetRegion& call) { call.flags = uapi::kMemGuestMemfd; }},
      {"slot id >= KVM_USER_MEM_SLOTS"},
  });
}

struct SetVmAttributes {
  Settings settings = {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}};
  bool unreadable = false;
  std::uint64_t failing_allocation = 0;
  uapi::kvm_memory_attributes2 args = Valid();

  static uapi::kvm_memory_attributes2 Valid() {
    uapi::kvm_memory_attributes2 args{};
    args.address = 0x10000;
    args.size = 0x1000;
    args.attributes = uapi::kMemoryAttributePrivate;
    return args;
  }

  void Make(TrailRecorder& recorder) const {
    Machine machine("x86", settings);
    const int vm = *machine.CreateVm(uapi::kX86SwProtectedVm);
    machine.kernel().allocations().FailNth(failing_allocation);
    Ioctl(machine, recorder, vm, uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES2"), args, unreadable);
  }
};

TEST(CheckOrderTest, SetMemoryAttributesOfAVm) {
  using Call = SetVmAttributes;
  ExpectInOrder<Call>({
      {"CONFIG_KVM_VM_MEMORY_ATTRIBUTES",
       [](Call& call) { call.settings = {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "n"}}; }},
      {"vm_memory_attributes",
       [](Call& call) { call.settings.push_back({"kvm.vm_memory_attributes", "0"}); }},
      {"the argument can't be read", [](Call& call) { call.unreadable = true; }},
      {"flags != 0", [](Call& call) { call.args.flags = 1; }},
      {"attributes & ~supported", [](Call& call) { call.args.attributes = 1; }},
      {"size == 0", [](Call& call) { call.args.size = 0; }},
      {"address + size wraps", [](Call& call) { call.args.address = 0 - call.args.size / 2; }},
      {"address is not page aligned", [](Call& call) { call.args.address += 1; }},
      {"size is not page aligned", [](Call& call) { call.args.size += 1; }},
      {"error_offset != 0", [](Call& call) { call.args.error_offset = 1; }},
      {"any of reserved[] != 0", [](Call& call) { call.args.reserved[10] = 1; }},
      {"the whole range has these attributes already",
       [](Call& call) { call.args.attributes = 0; }},
      {"memory for the entries is short", [](Call& call) { call.failing_allocation = 1; }},
  });
}

struct CreateGuestMemfd {
  Settings settings = {};
  bool unreadable = false;
  std::uint64_t flags = uapi::kGuestMemfdFlagMmap;
  std::uint64_t size = 0x1000;
  std::size_t descriptors = kManyDescriptors;
  std::uint64_t failing_allocation = 0;

  void Make(TrailRecorder& recorder) const {
    Machine machine("x86", settings);
    const int vm = *machine.CreateVm();
    machine.task().fds().SetLimit(descriptors);
    machine.kernel().allocations().FailNth(failing_allocation);
    uapi::kvm_create_guest_memfd args{};
    args.size = size;
    args.flags = flags;
    Ioctl(machine, recorder, vm, uapi::Ioctl("KVM_CREATE_GUEST_MEMFD"), args, unreadable);
  }
};

TEST(CheckOrderTest, CreateGuestMemfd) {
  using Call = CreateGuestMemfd;
  ExpectInOrder<Call>({
      {"CONFIG_KVM_GUEST_MEMFD", [](Call& call) { call.settings = {{"CONFIG_64BIT", "n"}}; }},
      {"the argument can't be read", [](Call& call) { call.unreadable = true; }},
      {"flags & ~supported", [](Call& call) { call.flags = 4; }},
      {"size <= 0", [](Call& call) { call.size = 0; }},
      {"size is not page aligned", [](Call& call) { call.size += 1; }},
      {"no free descriptor", [](Call& call) { call.descriptors = 0; }},
      {"memory for the guest_memfd is short", [](Call& call) { call.failing_allocation = 1; }},
      {"memory for the inode is short", [](Call& call) { call.failing_allocation = 2; }},
      {"memory for the tree of attributes is short",
       [](Call& call) { call.failing_allocation = 3; }},
      {"memory for the file is short", [](Call& call) { call.failing_allocation = 4; }},
  });
}

struct RunVcpu {
  std::uint32_t request = uapi::RequestOf("KVM_RUN");
  std::uint64_t arg = 0;
  bool in_another_process = false;

  void Make(TrailRecorder& recorder) const {
    Machine machine;
    const int vcpu = *machine.CreateVcpu(*machine.CreateVm());
    const auto child = machine.task().Fork();
    Task& task = in_another_process ? *child : machine.task();
    task.SetTrailListener(&recorder);
    (void)task.Ioctl(vcpu, request, arg);
    task.SetTrailListener(nullptr);
  }
};

TEST(CheckOrderTest, RunAVcpu) {
  ExpectInOrder<RunVcpu>({
      {"the caller's mm is not the VM's", [](RunVcpu& call) { call.in_another_process = true; }},
      {"the request's type is not KVMIO", [](RunVcpu& call) { call.request = 0x1234; }},
      {"arg != 0", [](RunVcpu& call) { call.arg = 1; }},
      {"immediate_exit"},
  });
}

struct EnableVcpuCap {
  std::string_view arch = "powerpc";
  bool unreadable = false;

  void Make(TrailRecorder& recorder) const {
    Machine machine(arch);
    const int vcpu = *machine.CreateVcpu(*machine.CreateVm());
    const uapi::kvm_enable_cap args{};
    Ioctl(machine, recorder, vcpu, uapi::Ioctl("KVM_ENABLE_CAP"), args, unreadable);
  }
};

TEST(CheckOrderTest, EnableACapabilityOfAVcpu) {
  using Call = EnableVcpuCap;
  ExpectInOrder<Call>({
      {"the architecture enables capabilities on vCPUs", [](Call& call) { call.arch = "riscv"; }},
      {"the argument can't be read", [](Call& call) { call.unreadable = true; }},
  });
}

// Capabilities that the generic code enables.
template <int kCapability>
struct EnableCap {
  std::string_view arch = "x86";
  std::uint32_t flags = 0;
  std::uint64_t arg = 0x10000;
  bool ring = false;
  bool vcpu = false;
  bool slot = false;

  void Make(TrailRecorder& recorder) const {
    Machine machine(arch);
    const int vm = *machine.CreateVm();
    if (ring) (void)machine.EnableCap(vm, Cap("KVM_CAP_DIRTY_LOG_RING_ACQ_REL"), 0x10000);
    if (vcpu) (void)machine.CreateVcpu(vm);
    if (slot) (void)machine.SetSlot(vm, 0, 0, 1);
    Listen(machine, recorder, [&] { return machine.EnableCap(vm, kCapability, arg, flags); });
  }
};

TEST(CheckOrderTest, EnableManualDirtyLogProtect) {
  using Call = EnableCap<Cap("KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2")>;
  struct Manual : Call {
    Manual() { arg = uapi::kDirtyLogManualProtectEnable; }
  };
  ExpectInOrder<Manual>({
      // Without it the architecture's own capabilities are looked through.
      {"CONFIG_KVM_GENERIC_DIRTYLOG_READ_PROTECT"},
      {"flags != 0", [](Manual& call) { call.flags = 1; }},
      {"args[0] & ~allowed", [](Manual& call) { call.arg = 4; }},
  });
}

TEST(CheckOrderTest, EnableHaltPoll) {
  using Call = EnableCap<Cap("KVM_CAP_HALT_POLL")>;
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.flags = 1; }},
      {"args[0] > UINT_MAX", [](Call& call) { call.arg = std::uint64_t{1} << 32; }},
  });
}

TEST(CheckOrderTest, EnableDirtyRing) {
  using Call = EnableCap<Cap("KVM_CAP_DIRTY_LOG_RING_ACQ_REL")>;
  ExpectInOrder<Call>({
      {"KVM_CHECK_EXTENSION(cap) is 0", [](Call& call) { call.arch = "mips"; }},
      {"the size is 0 or no power of two", [](Call& call) { call.arg = 0x3000; }},
      {"the size is below a page, or below the reserved entries",
       [](Call& call) { call.arg = 0x800; }},
      {"more than KVM_DIRTY_RING_MAX_ENTRIES", [](Call& call) { call.arg = 0x200000; }},
      {"a ring size is set already", [](Call& call) { call.ring = true; }},
      {"a vCPU was created", [](Call& call) { call.vcpu = true; }},
  });
}

TEST(CheckOrderTest, EnableDirtyRingWithBitmap) {
  using Call = EnableCap<Cap("KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP")>;
  struct WithBitmap : Call {
    WithBitmap() { arch = "arm64", ring = true; }
  };
  ExpectInOrder<WithBitmap>({
      {"CONFIG_NEED_KVM_DIRTY_RING_WITH_BITMAP is off",
       [](WithBitmap& call) { call.arch = "x86"; }},
      {"no ring yet", [](WithBitmap& call) { call.ring = false; }},
      {"flags != 0", [](WithBitmap& call) { call.flags = 1; }},
      {"a memslot exists", [](WithBitmap& call) { call.slot = true; }},
  });
}

// KVM_CHECK_EXTENSION of a number, on a software-protected VM.
template <int kNumber>
struct CheckCapability {
  std::string_view revision = "rfc-v4";
  Settings settings = {};
  std::uint64_t vm_type = uapi::kX86SwProtectedVm;

  void Make(TrailRecorder& recorder) const {
    Machine machine("x86", settings, revision);
    const int vm = *machine.CreateVm(vm_type);
    Listen(machine, recorder, [&] { return machine.Check(vm, kNumber); });
  }
};

constexpr int kAttributesOfFiles =
    Cap("KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES", uapi::HeaderVersion::kRfcV4);
constexpr int kContentModes = Cap("KVM_CAP_MEMORY_ATTRIBUTES2_FLAGS", uapi::HeaderVersion::kRfcV4);

TEST(CheckOrderTest, CapabilityOfAttributesThatVmsTrack) {
  struct Call : CheckCapability<Cap("KVM_CAP_MEMORY_ATTRIBUTES")> {
    Call() { settings = {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}}; }
  };
  ExpectInOrder<Call>({
      {"CONFIG_KVM_VM_MEMORY_ATTRIBUTES",
       [](Call& call) { call.settings = {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "n"}}; }},
      {"vm_memory_attributes",
       [](Call& call) { call.settings.push_back({"kvm.vm_memory_attributes", "0"}); }},
      {"kvm_arch_has_private_mem is defined in this build"},
      {"kvm == NULL"},
      {"kvm_arch_has_private_mem(kvm)"},
  });
}

TEST(CheckOrderTest, MergedCapabilityOfAttributesThatFilesTrack) {
  struct Call : CheckCapability<Cap("KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES",
                                    uapi::HeaderVersion::kNext20260923)> {
    Call() { revision = "next-20260923"; }
  };
  ExpectInOrder<Call>({
      {"CONFIG_KVM_GUEST_MEMFD",
       [](Call& call) {
         call.settings = {{"CONFIG_64BIT", "n"}};
         call.vm_type = uapi::kX86DefaultVm;
       }},
      {"gmem_in_place_conversion",
       [](Call& call) { call.settings = {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}}; }},
      {"kvm_arch_has_private_mem is defined in this build"},
      {"kvm == NULL"},
      {"kvm_arch_has_private_mem(kvm)"},
  });
}

TEST(CheckOrderTest, CapabilityOfAttributesThatFilesTrack) {
  using Call = CheckCapability<kAttributesOfFiles>;
  ExpectInOrder<Call>({
      {"CONFIG_KVM_GUEST_MEMFD",
       [](Call& call) {
         call.settings = {{"CONFIG_64BIT", "n"}};
         call.vm_type = uapi::kX86DefaultVm;
       }},
      {"vm_memory_attributes",
       [](Call& call) { call.settings = {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}}; }},
      {"kvm_arch_has_private_mem is defined in this build"},
      {"kvm == NULL"},
      {"kvm_arch_has_private_mem(kvm)"},
  });
}

TEST(CheckOrderTest, CapabilityOfContentModes) {
  using Call = CheckCapability<kContentModes>;
  ExpectInOrder<Call>({
      {"CONFIG_KVM_GUEST_MEMFD",
       [](Call& call) {
         call.settings = {{"CONFIG_64BIT", "n"}};
         call.vm_type = uapi::kX86DefaultVm;
       }},
      {"vm_memory_attributes",
       [](Call& call) { call.settings = {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}}; }},
      {"CONFIG_KVM_GUEST_MEMFD"},
      {"kvm == NULL"},
      {"kvm_arch_gmem_supported_content_modes(kvm) != 0"},
  });
}

TEST(CheckOrderTest, CapabilityOfAFilesFlags) {
  using Call = CheckCapability<Cap("KVM_CAP_GUEST_MEMFD_FLAGS")>;
  ExpectInOrder<Call>({
      {"CONFIG_KVM_GUEST_MEMFD",
       [](Call& call) {
         call.settings = {{"CONFIG_64BIT", "n"}};
         call.vm_type = uapi::kX86DefaultVm;
       }},
      {"kvm == NULL"},
      {"kvm_arch_supports_gmem_init_shared(kvm)"},
  });
}

template <int kNumber>
void ExpectUnknownBeforeTheSeries() {
  CheckCapability<kNumber> call;
  call.revision = "linux-7.0";
  constexpr OrderedCheck<CheckCapability<kNumber>> kQuestions[] = {
      {"CONFIG_KVM_GUEST_MEMFD"},
      {"CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES"},
      {"CONFIG_KVM_VM_MEMORY_ATTRIBUTES"},
      {"vm_memory_attributes"},
  };
  EXPECT_EQ(Asked<CheckCapability<kNumber>>(call, kQuestions), std::vector<std::string>());
}

TEST(CheckOrderTest, ARevisionWithoutTheSeriesAsksNothingAboutItsCapabilities) {
  ExpectUnknownBeforeTheSeries<kAttributesOfFiles>();
  ExpectUnknownBeforeTheSeries<kContentModes>();
  ExpectUnknownBeforeTheSeries<Cap("KVM_CAP_MEMORY_ATTRIBUTES2", uapi::HeaderVersion::kRfcV4)>();
}

}  // namespace
}  // namespace kvm_model
