// What follows from the decision table, on every x86 host that the relevant settings can make.
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arch/registry.h"
#include "gtest/gtest.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "tests/capabilities/table.h"
#include "tests/kvm_model/machine.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using uapi::Errno;

constexpr std::int64_t kPrivate = std::int64_t{uapi::kMemoryAttributePrivate};
// By rfc-v4's numbers, whatever the revision's own are.
constexpr std::array<std::int64_t, 6> kSix = {233, 234, 244, 248, 249, 250};

// The revision's number of one of them; nothing where it hasn't got it.
std::optional<std::int64_t> NumberIn(const Revision& revision, std::int64_t capability) {
  switch (capability) {
    case 248:
      return revision.memory_attributes2_cap;
    case 249:
      return revision.guest_memfd_attributes_cap;
    case 250:
      return revision.content_modes_cap;
    default:
      return capability;
  }
}
constexpr std::uint64_t kVmTypes = 6;
// How an architecture that lacks an ioctl answers it; every x86 VM.
constexpr Errno kUnknown = Errno::kENOTTY;

using Choices = std::vector<std::vector<SettingAssignment>>;

Choices Switch(const std::string& name) { return {{{name, "n"}}, {{name, "y"}}}; }

// Every combination of one choice of each kind.
Choices Combine(const std::vector<Choices>& kinds) {
  Choices all = {{}};
  for (const Choices& kind : kinds) {
    Choices longer;
    for (const auto& prefix : all) {
      for (const auto& choice : kind) {
        longer.push_back(prefix);
        longer.back().insert(longer.back().end(), choice.begin(), choice.end());
      }
    }
    all = std::move(longer);
  }
  return all;
}

Choices PerVmAttributes(const Revision& revision) {
  if (revision.attribute_switch == AttributeSwitch::kNone) return {{}};
  const std::string symbol = "CONFIG_KVM_VM_MEMORY_ATTRIBUTES";
  const std::string parameter = revision.attribute_switch == AttributeSwitch::kInPlaceConversion
                                    ? "kvm.gmem_in_place_conversion"
                                    : "kvm.vm_memory_attributes";
  return {{{symbol, "n"}}, {{symbol, "y"}, {parameter, "0"}}, {{symbol, "y"}, {parameter, "1"}}};
}

std::string Text(const std::vector<SettingAssignment>& settings) {
  std::string text;
  for (const auto& [name, value] : settings) text.append(name + "=" + value + " ");
  return text;
}

// The settings of every x86 host that can be made of these.
std::vector<std::vector<SettingAssignment>> Hosts(const Revision& revision) {
  const Choices asked = Combine({
      Switch("CONFIG_64BIT"),
      {{{"hw.vendor", "any"}},
       {{"hw.vendor", "intel"}},
       {{"hw.vendor", "amd"}},
       {{"hw.vendor", "pvm"}}},
      Switch("hw.tdp"),
      Switch("kvm.tdp_mmu"),
      Switch("CONFIG_KVM_SW_PROTECTED_VM"),
      Switch("CONFIG_KVM_INTEL_TDX"),
      Switch("CONFIG_KVM_AMD_SEV"),
      PerVmAttributes(revision),
      {{{"hw.sev", "n"}, {"hw.sev_es", "n"}, {"hw.snp", "n"}},
       {{"hw.sev", "y"}, {"hw.sev_es", "n"}, {"hw.snp", "n"}},
       {{"hw.sev", "y"}, {"hw.sev_es", "y"}, {"hw.snp", "n"}},
       {{"hw.sev", "y"}, {"hw.sev_es", "y"}, {"hw.snp", "y"}}},
      Switch("hw.tdx"),
  });
  std::vector<std::vector<SettingAssignment>> hosts;
  for (const auto& settings : asked) {
    if (Host::Create(*FindArch("x86"), revision, settings)) hosts.push_back(settings);
  }
  return hosts;
}

// The answers of one host: of /dev/kvm, and of a VM of each type that it can make.
struct Answers {
  std::map<std::int64_t, std::int64_t> system;
  std::map<std::uint64_t, std::map<std::int64_t, std::int64_t>> vms;
};

std::map<std::int64_t, std::int64_t> Ask(Machine& machine, int fd) {
  std::map<std::int64_t, std::int64_t> answers;
  for (const std::int64_t capability : kSix) {
    const auto number = NumberIn(machine.host().revision(), capability);
    answers[capability] = number.has_value() ? machine.Check(fd, *number).value() : 0;
  }
  return answers;
}

class ConsequencesTest : public ::testing::TestWithParam<const Revision*> {
 protected:
  // Calls `check(machine, answers)` for every host.
  template <typename Check>
  void ForEachHost(Check check) {
    const auto hosts = Hosts(*GetParam());
    ASSERT_GE(hosts.size(), GetParam()->x86_tdx ? 100U : 80U);
    for (const auto& settings : hosts) {
      SCOPED_TRACE(Text(settings));
      Machine machine("x86", settings, GetParam()->name);
      Answers answers;
      answers.system = Ask(machine, machine.kvm());
      vms_.clear();
      for (std::uint64_t type = 0; type < kVmTypes; ++type) {
        const Result<int> vm = machine.CreateVm(type);
        if (!vm) continue;
        vms_[type] = *vm;
        answers.vms[type] = Ask(machine, *vm);
      }
      ASSERT_TRUE(answers.vms.contains(uapi::kX86DefaultVm));
      check(machine, answers);
      if (HasFatalFailure()) return;
    }
  }

  std::map<std::uint64_t, int> vms_;
};

TEST_P(ConsequencesTest, AVmAnswersASubsetOfWhatDevKvmAnswers) {
  ForEachHost([](Machine&, const Answers& answers) {
    for (const auto& [type, vm] : answers.vms) {
      for (const auto& [capability, value] : vm) {
        EXPECT_EQ(value & ~answers.system.at(capability), 0) << capability << " type " << type;
      }
    }
  });
}

TEST_P(ConsequencesTest, TheUnionOverEveryVmTypeIsWhatDevKvmAnswersWhereAllTypesCanBeMade) {
  int complete = 0;
  const std::size_t types = GetParam()->x86_tdx ? kVmTypes : kVmTypes - 1;
  ForEachHost([&complete, types](Machine&, const Answers& answers) {
    if (answers.vms.size() != types) return;
    ++complete;
    for (const std::int64_t capability : kSix) {
      std::int64_t all = 0;
      for (const auto& [type, vm] : answers.vms) all |= vm.at(capability);
      EXPECT_EQ(all, answers.system.at(capability)) << capability;
    }
  });
  EXPECT_GT(complete, 0);
}

TEST_P(ConsequencesTest, TheTwoCapabilitiesOfPerVmAttributesAreIdentical) {
  const bool second_form = GetParam()->memory_attributes2_cap.has_value();
  ForEachHost([second_form](Machine&, const Answers& answers) {
    EXPECT_EQ(answers.system.at(248), second_form ? answers.system.at(233) : 0);
    for (const auto& [type, vm] : answers.vms) {
      EXPECT_EQ(vm.at(248), second_form ? vm.at(233) : 0) << "type " << type;
    }
  });
}

TEST_P(ConsequencesTest, AttributesAreTrackedByVmsOrByGuestMemfdsAndNeverByBoth) {
  ForEachHost([](Machine&, const Answers& answers) {
    const bool per_vm = answers.system.at(233) != 0;
    const bool per_file = answers.system.at(249) != 0;
    EXPECT_FALSE(per_vm && per_file);
    for (const auto& [type, vm] : answers.vms) {
      EXPECT_FALSE(vm.at(233) != 0 && vm.at(249) != 0);
      EXPECT_FALSE(per_vm && vm.at(249) != 0);
      EXPECT_FALSE(per_file && vm.at(233) != 0);
      EXPECT_FALSE(vm.at(233) != 0 && vm.at(250) != 0);
    }
  });
}

// A bad address tells whether an ioctl looks at its argument at all.
bool TakesItsArgument(Machine& machine, int fd, uapi::IoctlId id) {
  const Result<std::int64_t> answer = machine.task().Ioctl(fd, machine.Request(id), 0);
  EXPECT_FALSE(answer.has_value());
  EXPECT_TRUE(answer.error() == Errno::kEFAULT || answer.error() == kUnknown)
      << uapi::ErrnoName(answer.error());
  return answer.error() == Errno::kEFAULT;
}

TEST_P(ConsequencesTest, OfVmAndGuestMemfdAtMostOneTakesTheSecondForm) {
  constexpr uapi::IoctlId kSecond = uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES2");
  int by_vm = 0;
  int by_file = 0;
  ForEachHost([&](Machine& machine, const Answers& answers) {
    const int vm = vms_.begin()->second;
    const bool vm_takes_it = TakesItsArgument(machine, vm, kSecond);
    const Result<int> file = machine.CreateGuestMemfd(vm, 1, 0);
    EXPECT_EQ(file.has_value(), answers.system.at(234) == 1);
    const bool file_takes_it = file && TakesItsArgument(machine, *file, kSecond);
    EXPECT_FALSE(vm_takes_it && file_takes_it);
    EXPECT_EQ(vm_takes_it, answers.system.at(248) != 0);
    EXPECT_EQ(file_takes_it, answers.system.at(249) != 0);
    EXPECT_FALSE(file_takes_it && answers.system.at(248) != 0);
    by_vm += vm_takes_it ? 1 : 0;
    by_file += file_takes_it ? 1 : 0;
  });
  EXPECT_EQ(by_vm > 0, GetParam()->memory_attributes2_cap.has_value());
  EXPECT_EQ(by_file > 0, GetParam()->guest_memfd_attributes);
}

// As merged, the first form goes by the configuration alone, and then supports nothing while
// guest_memfds track attributes.
TEST_P(ConsequencesTest, TheFirstFormIsTakenWhereTheCapabilitySaysSo) {
  const bool by_config = GetParam()->attribute_switch == AttributeSwitch::kInPlaceConversion;
  ForEachHost([&](Machine& machine, const Answers& answers) {
    EXPECT_EQ(
        TakesItsArgument(machine, vms_.begin()->second, uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES")),
        by_config ? machine.host().facts().vm_memory_attributes_config
                  : answers.system.at(233) != 0);
  });
}

// What a client does: 249, then 248, then 233. The ioctl that it settles on converts a page of
// every VM that has private memory, and where it finds none nothing can be converted.
TEST_P(ConsequencesTest, TheOrderOfDiscoveryFindsTheIoctlThatWorks) {
  int found = 0;
  ForEachHost([&](Machine& machine, const Answers& answers) {
    const std::uint64_t page = machine.page_size();
    for (const auto& [type, vm] : answers.vms) {
      uapi::kvm_memory_attributes2 args{};
      args.size = page;
      args.attributes = uapi::kMemoryAttributePrivate;
      const int fd = vms_.at(type);
      const auto second = machine.Request(uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES2"));
      const auto first = machine.Request(uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES"));
      const Result<int> file = machine.CreateGuestMemfd(fd, 1, 0);
      Result<std::int64_t> answer = 0;
      if (vm.at(249) > 0) {
        EXPECT_EQ(vm.at(249), kPrivate);
        answer = machine.task().Ioctl(*file, second, &args);
      } else if (vm.at(248) > 0) {
        EXPECT_EQ(vm.at(248), kPrivate);
        answer = machine.task().Ioctl(fd, second, &args);
      } else if (vm.at(233) > 0) {
        EXPECT_EQ(vm.at(233), kPrivate);
        answer = machine.task().Ioctl(fd, first, &args);
      } else {
        EXPECT_FALSE(machine.task().Ioctl(fd, first, &args).has_value());
        EXPECT_FALSE(machine.task().Ioctl(fd, second, &args).has_value());
        EXPECT_FALSE(file && machine.task().Ioctl(*file, second, &args).has_value());
        continue;
      }
      EXPECT_TRUE(answer.has_value()) << "type " << type;
      ++found;
    }
  });
  EXPECT_GT(found, 0);
}

// A mode that is reported works in some direction; ZERO in one only.
TEST_P(ConsequencesTest, ReportedContentModesSayNothingOfTheDirection) {
  if (!GetParam()->content_modes()) {
    ForEachHost([](Machine&, const Answers& answers) { EXPECT_EQ(answers.system.at(250), 0); });
    return;
  }
  ForEachHost([&](Machine& machine, const Answers& answers) {
    for (const auto& [type, vm] : answers.vms) {
      const Result<int> file = machine.CreateGuestMemfd(vms_.at(type), 1, 0);
      if (vm.at(249) == 0) continue;
      for (const std::uint64_t mode :
           {uapi::kSetMemoryAttributes2Zero, uapi::kSetMemoryAttributes2Preserve}) {
        const bool reported = (static_cast<std::uint64_t>(vm.at(250)) & mode) != 0;
        const bool zero = mode == uapi::kSetMemoryAttributes2Zero;
        EXPECT_EQ(machine.Convert(*file, {0, 1}, 0, mode).has_value(), reported);
        EXPECT_EQ(machine.Convert(*file, {0, 1}, uapi::kMemoryAttributePrivate, mode).has_value(),
                  reported && !zero);
      }
    }
  });
}

// The flags that a VM reports are the flags that it takes.
TEST_P(ConsequencesTest, GuestMemfdFlagsAreExactlyThoseThatCanBeUsed) {
  ForEachHost([&](Machine& machine, const Answers& answers) {
    if (answers.system.at(234) == 0) return;
    for (const auto& [type, vm] : answers.vms) {
      const auto reported = static_cast<std::uint64_t>(vm.at(244));
      for (std::uint64_t flags = 0; flags < 8; ++flags) {
        EXPECT_EQ(machine.CreateGuestMemfd(vms_.at(type), 1, flags).has_value(),
                  (flags & ~reported) == 0)
            << "type " << type << " flags " << flags;
      }
    }
  });
}

std::vector<const Revision*> AllRevisions() {
  std::vector<const Revision*> all;
  for (const Revision& revision : Revisions()) all.push_back(&revision);
  return all;
}

INSTANTIATE_TEST_SUITE_P(X86, ConsequencesTest, ::testing::ValuesIn(AllRevisions()),
                         [](const auto& which) {
                           return TestName(std::string(which.param->name));
                         });

// Other architectures have no private memory: whatever they report of it on a VM is nothing. Only
// /dev/kvm over-reports the content modes where guest_memfd is compiled in.
TEST(OtherArchitecturesTest, ReportNoPrivateMemoryAndNoModeOnAVm) {
  for (const Arch* arch : Architectures()) {
    if (!arch->traits().private_mem_symbols.empty()) continue;
    for (const Revision& revision : Revisions()) {
      Machine machine(arch->traits().name, {}, revision.name);
      const int vm = machine.CreateVm().value();
      const std::optional<std::int64_t> modes = revision.content_modes_cap;
      for (const std::optional<std::int64_t> capability :
           {std::optional<std::int64_t>(uapi::Cap("KVM_CAP_MEMORY_ATTRIBUTES")),
            revision.memory_attributes2_cap, revision.guest_memfd_attributes_cap, modes}) {
        if (!capability.has_value()) continue;
        EXPECT_EQ(machine.Check(vm, *capability).value(), 0);
        if (capability == modes) continue;
        EXPECT_EQ(machine.Check(machine.kvm(), *capability).value(), 0);
      }
      const bool over_reports = modes.has_value() && machine.Check(vm, 234).value() == 1;
      if (modes.has_value()) {
        EXPECT_EQ(machine.Check(machine.kvm(), *modes).value(), over_reports ? 3 : 0);
      }
      EXPECT_EQ(over_reports, arch->traits().name == "arm64" && revision.name == "rfc-v4");
    }
  }
}

}  // namespace
}  // namespace kvm_model
