// KVM_SET_MEMORY_ATTRIBUTES and KVM_SET_MEMORY_ATTRIBUTES2 on a VM.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/allocation_gate.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mm.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using ::testing::ElementsAre;
using uapi::Errno;
using Args = uapi::kvm_memory_attributes2;
using uapi::kMemoryAttributePrivate;

constexpr std::uint64_t kPageSize = 4096;
constexpr std::uint32_t kFirstForm = uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES");
constexpr std::uint32_t kSecondForm = uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES2");
constexpr std::size_t kFirstFormBytes = sizeof(uapi::kvm_memory_attributes);
const std::vector<SettingAssignment> kPerVm = {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}};

Args Valid() {
  Args args{};
  args.address = 16 * kPageSize;
  args.size = 4 * kPageSize;
  args.attributes = kMemoryAttributePrivate;
  return args;
}

std::vector<AttributeRun> RunsOf(Vm& vm) {
  const ReaderLock lock(vm.slots_lock());
  return vm.gfn_attributes().Runs();
}

// Calls with the argument at the end of mapped memory, of which `readable` bytes remain.
Result<std::int64_t> CallAtTheEdge(Machine& machine, int vm, std::uint32_t request,
                                   const Args& args, std::size_t readable) {
  const auto end =
      *machine.task().Mmap(kPageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) +
      kPageSize;
  const auto bytes = std::as_bytes(std::span(&args, 1)).first(readable);
  EXPECT_THAT(machine.task().mm().CopyToUser(end - readable, bytes), Succeeds());
  return machine.task().Ioctl(vm, request, end - readable);
}

class VmAttributesTest : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  Result<std::int64_t> Call(Args& args) { return machine_.task().Ioctl(vm_, GetParam(), &args); }
  bool second_form() const { return GetParam() == kSecondForm; }

  Machine machine_{"x86", kPerVm};
  int vm_ = *machine_.CreateVm(uapi::kX86SwProtectedVm);
};

TEST_P(VmAttributesTest, StoresAndClearsWithoutAMemslot) {
  Args args = Valid();
  EXPECT_THAT(Call(args), Answers(0));
  const auto whole = Vm::MaxGfns(machine_.host());
  EXPECT_THAT(RunsOf(*machine_.VmOf(vm_)),
              ElementsAre(AttributeRun{{0, 16}, 0}, AttributeRun{{16, 20}, 8},
                          AttributeRun{{20, whole}, 0}));
  args.attributes = 0;
  EXPECT_THAT(Call(args), Answers(0));
  EXPECT_THAT(RunsOf(*machine_.VmOf(vm_)), ElementsAre(AttributeRun{{0, whole}, 0}));
}

TEST_P(VmAttributesTest, ZapsWhatTheGuestHasMapped) {
  const std::shared_ptr<Vm> vm = machine_.VmOf(vm_);
  ASSERT_THAT(machine_.SetSlot(vm_, 0, 10, 20), Succeeds());
  for (PageIndex gfn = 14; gfn < 22; ++gfn)
    ASSERT_TRUE(vm->MapStage2(gfn, /*is_private=*/false, vm->invalidate_seq()));
  Args args = Valid();
  args.attributes = 0;
  EXPECT_THAT(Call(args), Answers(0));
  EXPECT_THAT(vm->MappedStage2(), ElementsAre(PageRange{14, 22})) << "nothing changed";
  args.attributes = kMemoryAttributePrivate;
  EXPECT_THAT(Call(args), Answers(0));
  EXPECT_THAT(vm->MappedStage2(), ElementsAre(PageRange{14, 16}, PageRange{20, 22}));
}

TEST_P(VmAttributesTest, TheHighestGfnThatCanBeNamed) {
  Args args = Valid();
  args.address = 0 - 2 * kPageSize;
  args.size = kPageSize;
  EXPECT_THAT(Call(args), Answers(0));
  args.size = 2 * kPageSize;
  EXPECT_THAT(Call(args), FailsWith(Errno::kEINVAL)) << "an end of 2^64 wraps";
}

TEST_P(VmAttributesTest, RunningOutOfMemoryChangesNothing) {
  Args args = Valid();
  machine_.kernel().allocations().FailNth(1);
  EXPECT_THAT(Call(args), FailsWith(Errno::kENOMEM));
  EXPECT_EQ(RunsOf(*machine_.VmOf(vm_)).size(), 1u);
  EXPECT_EQ(args.error_offset, 0u) << "nothing is written back";
  machine_.kernel().allocations().FailNth(1);
  args.attributes = 0;
  EXPECT_THAT(Call(args), Answers(0)) << "what is there already needs no memory";
}

TEST_P(VmAttributesTest, AVmWithoutPrivateMemoryTakesOnlyZero) {
  for (const std::uint64_t type : {uapi::kX86DefaultVm, uapi::kX86SevVm, uapi::kX86SevEsVm}) {
    const int vm = *machine_.CreateVm(type);
    Args args = Valid();
    EXPECT_THAT(machine_.task().Ioctl(vm, GetParam(), &args), FailsWith(Errno::kEINVAL));
    args.attributes = 0;
    EXPECT_THAT(machine_.task().Ioctl(vm, GetParam(), &args), Answers(0));
  }
}

TEST_P(VmAttributesTest, ContentModesAreNotForVms) {
  for (int bit = 0; bit < 64; ++bit) {
    Args args = Valid();
    args.flags = std::uint64_t{1} << bit;
    EXPECT_THAT(Call(args), FailsWith(Errno::kEINVAL)) << bit;
  }
}

TEST_P(VmAttributesTest, ExactlyItsOwnBytesAreRead) {
  const std::size_t bytes = second_form() ? sizeof(Args) : kFirstFormBytes;
  EXPECT_THAT(CallAtTheEdge(machine_, vm_, GetParam(), Valid(), bytes), Answers(0));
  EXPECT_THAT(CallAtTheEdge(machine_, vm_, GetParam(), Valid(), bytes - 1),
              FailsWith(Errno::kEFAULT));
}

TEST_P(VmAttributesTest, AForkedChildIsRefusedBeforeAnythingElse) {
  const std::unique_ptr<Task> child = machine_.task().Fork();
  Args args = Valid();
  EXPECT_THAT(child->Ioctl(vm_, GetParam(), &args), FailsWith(Errno::kEIO));
  EXPECT_THAT(child->Ioctl(vm_, GetParam(), std::uint64_t{0}), FailsWith(Errno::kEIO));
  EXPECT_EQ(RunsOf(*machine_.VmOf(vm_)).size(), 1u);
}

TEST_P(VmAttributesTest, AParameterThatIsOffIsEnottyBeforeTheArgumentIsRead) {
  Machine machine("x86",
                  {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}, {"kvm.vm_memory_attributes", "n"}});
  const int vm = *machine.CreateVm(uapi::kX86SwProtectedVm);
  EXPECT_THAT(machine.task().Ioctl(vm, GetParam(), std::uint64_t{0}), FailsWith(Errno::kENOTTY));
}

TEST_P(VmAttributesTest, WithoutTheSymbolEachArchitectureAnswersAsToAnUnknownIoctl) {
  struct Case {
    std::string_view arch;
    Errno error;
  };
  for (const auto& [arch, error] : {Case{"x86", Errno::kENOTTY}, Case{"arm64", Errno::kEINVAL},
                                    Case{"riscv", Errno::kEINVAL}}) {
    Machine machine(arch);
    EXPECT_THAT(machine.task().Ioctl(*machine.CreateVm(), GetParam(), std::uint64_t{0}),
                FailsWith(error))
        << arch;
  }
}

TEST_P(VmAttributesTest, GuestMemfdTakesConversionsOnlyWhileVmsDoNot) {
  const int file = *machine_.CreateGuestMemfd(vm_, 8, uapi::kGuestMemfdFlagMmap);
  EXPECT_THAT(machine_.Convert(file, {0, 1}, 0), FailsWith(Errno::kENOTTY));
}

INSTANTIATE_TEST_SUITE_P(Form, VmAttributesTest, ::testing::Values(kFirstForm, kSecondForm),
                         [](const auto& test) {
                           return test.param == kFirstForm ? "First" : "Second";
                         });

// The order of the checks on the second form, which has all of them: of two neighbours the earlier
// answers, as the trail tells.
struct Check {
  std::string_view text;
  void (*violate)(Args&);
};

constexpr auto kChecks = std::to_array<Check>({
    {"flags != 0", [](Args& args) { args.flags = 1; }},
    {"attributes & ~supported", [](Args& args) { args.attributes = 1; }},
    {"address + size wraps",
     [](Args& args) { args.address = 0 - kPageSize, args.size = 2 * kPageSize; }},
    {"address is not page aligned", [](Args& args) { args.address += 1; }},
    {"error_offset != 0", [](Args& args) { args.error_offset = 1; }},
    {"any of reserved[] != 0", [](Args& args) { args.reserved[10] = 1; }},
});

std::string DecidingPredicate(Machine& machine, int vm, Args args) {
  TrailRecorder recorder;
  machine.task().SetTrailListener(&recorder);
  EXPECT_THAT(machine.task().Ioctl(vm, kSecondForm, &args), FailsWith(Errno::kEINVAL));
  machine.task().SetTrailListener(nullptr);
  std::string_view text;
  for (const TrailStep& step : recorder.steps()) {
    if (step.kind == TrailStep::Kind::kPredicate && step.outcome) text = step.text;
  }
  return std::string(text);
}

TEST(VmAttributesOrderTest, OfTwoChecksTheEarlierAnswers) {
  Machine machine("x86", kPerVm);
  const int vm = *machine.CreateVm(uapi::kX86SwProtectedVm);
  for (std::size_t i = 0; i < kChecks.size(); ++i) {
    for (std::size_t j = i; j < kChecks.size(); ++j) {
      Args args = Valid();
      kChecks[i].violate(args);
      if (j != i) kChecks[j].violate(args);
      EXPECT_EQ(DecidingPredicate(machine, vm, args), kChecks[i].text) << kChecks[j].text;
    }
  }
}

TEST(VmAttributesOrderTest, SizesThatAreNone) {
  Machine machine("x86", kPerVm);
  const int vm = *machine.CreateVm(uapi::kX86SwProtectedVm);
  Args args = Valid();
  args.size = 0;
  args.address += 1;
  EXPECT_EQ(DecidingPredicate(machine, vm, args), "size == 0");
  args = Valid();
  args.size += 1;
  args.error_offset = 1;
  EXPECT_EQ(DecidingPredicate(machine, vm, args), "size is not page aligned");
}

TEST(VmAttributesOlderRevisionTest, TheFirstFormWorksAndTheSecondIsUnknown) {
  for (const std::string_view revision : {"linux-6.12", "linux-6.18", "linux-7.0"}) {
    Machine machine("x86", {}, revision);
    const int vm = *machine.CreateVm(uapi::kX86SwProtectedVm);
    Args args = Valid();
    EXPECT_THAT(machine.task().Ioctl(vm, kSecondForm, &args), FailsWith(Errno::kENOTTY));
    EXPECT_THAT(machine.task().Ioctl(vm, kFirstForm, &args), Answers(0));
    EXPECT_EQ(RunsOf(*machine.VmOf(vm)).size(), 3u);
    const int file = *machine.CreateGuestMemfd(vm, 8, 0);
    EXPECT_THAT(machine.task().Ioctl(file, kSecondForm, &args), FailsWith(Errno::kENOTTY));
  }
}

TEST(VmAttributesOlderRevisionTest, WithoutPrivateVmTypesThereIsNoIoctl) {
  Machine machine("x86",
                  {{"CONFIG_KVM_SW_PROTECTED_VM", "n"},
                   {"CONFIG_KVM_INTEL_TDX", "n"},
                   {"CONFIG_KVM_AMD_SEV", "n"}},
                  "linux-7.0");
  Args args = Valid();
  EXPECT_THAT(machine.task().Ioctl(*machine.CreateVm(), kFirstForm, &args),
              FailsWith(Errno::kENOTTY));
}

}  // namespace
}  // namespace kvm_model
