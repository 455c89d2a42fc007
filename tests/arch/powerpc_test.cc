// powerpc's answers to KVM_CHECK_EXTENSION, on hosts of every family.
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kvm_model/host.h"
#include "kvm_model/trail.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

using ::testing::HasSubstr;
using uapi::Cap;
using Settings = std::vector<SettingAssignment>;

constexpr std::string_view kRevisions[] = {"linux-6.12", "linux-6.18", "linux-7.0", "rfc-v4",
                                           "next-20260923"};

Settings operator+(Settings settings, const Settings& more) {
  settings.insert(settings.end(), more.begin(), more.end());
  return settings;
}

const Settings kPowernv = {};
const Settings kPower8 = {{"hw.arch_300", "n"}};
const Settings kPseries = {{"hw.pseries", "y"}};
// HV and PR loaded: /dev/kvm answers for HV, each VM for itself.
const Settings kBoth = {{"CONFIG_KVM_BOOK3S_64_PR", "y"}};
const Settings kPr = {{"CONFIG_KVM_BOOK3S_64_HV", "n"}, {"CONFIG_KVM_BOOK3S_64_PR", "y"}};
// The kernel has the HV module, and only PR's is loaded.
const Settings kHvNotLoaded = {{"CONFIG_KVM_BOOK3S_64_HV", "n"},
                               {"CONFIG_KVM_BOOK3S_HV_POSSIBLE", "y"},
                               {"CONFIG_KVM_BOOK3S_64_PR", "y"}};
const Settings kE500v2 = {{"CONFIG_KVM_E500V2", "y"}};
const Settings kE500mc = {{"CONFIG_KVM_E500MC", "y"}};
const Settings kBook3s32 = {{"CONFIG_KVM_BOOK3S_32", "y"}};

constexpr std::uint64_t kDefault = 0;

struct Row {
  std::string name;
  Settings settings;
  std::int64_t capability;
  std::int64_t system;
  std::uint64_t vm_type;
  std::int64_t vm;
  // What decides the VM's answer, as the trail says; may be empty.
  std::string predicate;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

struct Rows {
  std::vector<Row> all;

  // Both scopes the same.
  void Same(const std::string& name, const Settings& settings, std::int64_t capability,
            std::int64_t value, const std::string& predicate = {}) {
    all.push_back({name, settings, capability, value, kDefault, value, predicate});
  }
  // 1 where the hypervisor mode makes the VM, or 0 there and 1 elsewhere.
  void ByHv(const std::string& name, std::int64_t capability, bool with_hv) {
    const std::int64_t hv = with_hv ? 1 : 0;
    Same(name + "_hv", kPowernv, capability, hv, "is_kvmppc_hv_enabled(kvm): yes");
    all.push_back({name + "_both_pr_vm", kBoth, capability, hv, uapi::kVmPpcPr, 1 - hv,
                   "is_kvmppc_hv_enabled(kvm): no"});
    all.push_back({name + "_both_hv_vm", kBoth, capability, hv, uapi::kVmPpcHv, hv,
                   "is_kvmppc_hv_enabled(kvm): yes"});
    Same(name + "_hv_not_loaded", kHvNotLoaded, capability, 1 - hv,
         "is_kvmppc_hv_enabled(kvm): no");
  }
  // 1 with all that it needs; 0 for want of each one.
  void Needs(const std::string& name, const Settings& settings, std::int64_t capability,
             const std::vector<Settings>& wanting) {
    Same(name, settings, capability, 1);
    int number = 0;
    for (const Settings& off : wanting) {
      Same(name + "_wanting_" + std::to_string(++number), settings + off, capability, 0);
    }
  }
};

void AddFamilies(Rows& rows) {
  struct Family {
    std::string name;
    Settings settings;
    bool booke;
    bool book3s_64;
  };
  const Family kFamilies[] = {{"book3s_64", kPowernv, false, true},
                              {"book3s_64_pr", kPr, false, true},
                              {"book3s_32", kBook3s32, false, false},
                              {"e500v2", kE500v2, true, false},
                              {"e500mc", kE500mc, true, false}};
  for (const auto& [name, settings, booke, book3s_64] : kFamilies) {
    const auto add = [&](std::int64_t capability, bool value) {
      rows.Same(name + "_" + std::to_string(capability), settings, capability, value ? 1 : 0);
    };
    for (const std::int64_t capability :
         {Cap("KVM_CAP_PPC_BOOKE_SREGS"), Cap("KVM_CAP_PPC_BOOKE_WATCHDOG"), Cap("KVM_CAP_PPC_EPR"),
          Cap("KVM_CAP_SW_TLB"), Cap("KVM_CAP_IRQ_MPIC")}) {
      add(capability, booke);
    }
    for (const std::int64_t capability :
         {Cap("KVM_CAP_PPC_SEGSTATE"), Cap("KVM_CAP_PPC_HIOR"), Cap("KVM_CAP_PPC_PAPR")}) {
      add(capability, !booke);
    }
    for (const std::int64_t capability :
         {Cap("KVM_CAP_PPC_UNSET_IRQ"), Cap("KVM_CAP_PPC_IRQ_LEVEL"), Cap("KVM_CAP_ENABLE_CAP"),
          Cap("KVM_CAP_ONE_REG"), Cap("KVM_CAP_IOEVENTFD"), Cap("KVM_CAP_IMMEDIATE_EXIT"),
          Cap("KVM_CAP_SET_GUEST_DEBUG"), Cap("KVM_CAP_SYNC_MMU")}) {
      add(capability, true);
    }
    for (const std::int64_t capability :
         {Cap("KVM_CAP_SPAPR_TCE"), Cap("KVM_CAP_SPAPR_TCE_64"), Cap("KVM_CAP_SPAPR_TCE_VFIO"),
          Cap("KVM_CAP_PPC_RTAS"), Cap("KVM_CAP_PPC_FIXUP_HCALL"), Cap("KVM_CAP_PPC_ENABLE_HCALL"),
          Cap("KVM_CAP_PPC_GET_CPU_CHAR"), Cap("KVM_CAP_IRQ_XICS"),
          Cap("KVM_CAP_PPC_GET_SMMU_INFO"), Cap("KVM_CAP_SPAPR_MULTITCE")}) {
      add(capability, book3s_64);
    }
    for (const std::int64_t capability : {Cap("KVM_CAP_PPC_RMA"), Cap("KVM_CAP_IRQCHIP"),
                                          Cap("KVM_CAP_S390_PSW"), Cap("KVM_CAP_MP_STATE")}) {
      add(capability, false);
    }
    // Without an HV module there is none of these.
    if (name == "book3s_64") continue;
    for (const std::int64_t capability :
         {Cap("KVM_CAP_PPC_ALLOC_HTAB"), Cap("KVM_CAP_PPC_SMT"), Cap("KVM_CAP_PPC_SMT_POSSIBLE"),
          Cap("KVM_CAP_PPC_HWRNG"), Cap("KVM_CAP_PPC_MMU_RADIX"), Cap("KVM_CAP_PPC_MMU_HASH_V3"),
          Cap("KVM_CAP_PPC_NESTED_HV"), Cap("KVM_CAP_PPC_HTAB_FD"), Cap("KVM_CAP_SPAPR_RESIZE_HPT"),
          Cap("KVM_CAP_PPC_FWNMI"), Cap("KVM_CAP_PPC_SECURE_GUEST"), Cap("KVM_CAP_PPC_DAWR1"),
          Cap("KVM_CAP_PPC_RPT_INVALIDATE"), Cap("KVM_CAP_PPC_AIL_MODE_3"),
          Cap("KVM_CAP_PPC_IRQ_XIVE")}) {
      add(capability, false);
    }
  }
}

void AddHv(Rows& rows) {
  rows.ByHv("sstep", Cap("KVM_CAP_PPC_GUEST_DEBUG_SSTEP"), false);
  rows.ByHv("paired_singles", Cap("KVM_CAP_PPC_PAIRED_SINGLES"), false);
  rows.ByHv("osi", Cap("KVM_CAP_PPC_OSI"), false);
  rows.ByHv("pvinfo", Cap("KVM_CAP_PPC_GET_PVINFO"), false);
  rows.ByHv("alloc_htab", Cap("KVM_CAP_PPC_ALLOC_HTAB"), true);
  rows.ByHv("htab_fd", Cap("KVM_CAP_PPC_HTAB_FD"), true);
  rows.ByHv("resize_hpt", Cap("KVM_CAP_SPAPR_RESIZE_HPT"), true);
  rows.ByHv("fwnmi", Cap("KVM_CAP_PPC_FWNMI"), true);
  // The mode itself isn't enough for these; what they need besides is there.
  rows.ByHv("hash_v3", Cap("KVM_CAP_PPC_MMU_HASH_V3"), true);
  rows.ByHv("dawr1", Cap("KVM_CAP_PPC_DAWR1"), true);
  rows.ByHv("ail_3", Cap("KVM_CAP_PPC_AIL_MODE_3"), true);

  // Whatever the mode of the VM.
  for (const std::int64_t capability :
       {Cap("KVM_CAP_PPC_HWRNG"), Cap("KVM_CAP_PPC_RPT_INVALIDATE")}) {
    const std::string name = "possible_" + std::to_string(capability);
    rows.Same(name, kPowernv, capability, 1, "CONFIG_KVM_BOOK3S_HV_POSSIBLE: yes");
    rows.Same(name + "_not_loaded", kHvNotLoaded, capability, 1);
    rows.Same(name + "_off", kPr, capability, 0, "CONFIG_KVM_BOOK3S_HV_POSSIBLE: no");
  }
  rows.Needs("hwrng", kPowernv, Cap("KVM_CAP_PPC_HWRNG"), {{{"hw.hwrng", "n"}}});
  rows.Needs("radix", kPowernv, Cap("KVM_CAP_PPC_MMU_RADIX"), {{{"hw.radix", "n"}}});
  rows.Needs("hash_v3_of_the_host", kPowernv, Cap("KVM_CAP_PPC_MMU_HASH_V3"),
             {{{"hw.hash_v3", "n"}}});
  rows.Needs("nested", kPowernv, Cap("KVM_CAP_PPC_NESTED_HV"),
             {{{"kvm_hv.nested", "n"}}, {{"hw.radix", "n"}}, {{"hw.arch_300", "n"}}});
  rows.Needs("nested_on_pseries", kPseries, Cap("KVM_CAP_PPC_NESTED_HV"), {{{"hw.nestedv2", "y"}}});
  rows.Needs("secure_guest", {{"hw.svm", "y"}}, Cap("KVM_CAP_PPC_SECURE_GUEST"), {});
  rows.Same("no_ultravisor", kPowernv, Cap("KVM_CAP_PPC_SECURE_GUEST"), 0,
            "!kvmppc_uvmem_available(): yes");
  rows.Needs("second_watchpoint", kPowernv, Cap("KVM_CAP_PPC_DAWR1"), {{{"hw.dawr1", "n"}}});
  for (const std::int64_t capability :
       {Cap("KVM_CAP_PPC_MMU_RADIX"), Cap("KVM_CAP_PPC_NESTED_HV"), Cap("KVM_CAP_PPC_HTAB_FD")}) {
    rows.Same("pr_alone_" + std::to_string(capability), kHvNotLoaded, capability, 0,
              "is_kvmppc_hv_enabled(kvm): no");
  }
  rows.all.push_back({"secure_guest_pr_vm", kBoth + Settings{{"hw.svm", "y"}},
                      Cap("KVM_CAP_PPC_SECURE_GUEST"), 1, uapi::kVmPpcPr, 0,
                      "is_kvmppc_hv_enabled(kvm): no"});

  rows.Needs("ail_3_without_the_bug", kPowernv, Cap("KVM_CAP_PPC_AIL_MODE_3"),
             {{{"hw.p9_radix_prefetch_bug", "y"}}, {{"hw.arch_207s", "n"}}});
  rows.Needs("ail_3_on_pseries", kPseries, Cap("KVM_CAP_PPC_AIL_MODE_3"),
             {{{"hw.reloc_on_exc", "n"}}});
  rows.Same("ail_3_on_pseries_whatever_the_bug",
            kPseries + Settings{{"hw.p9_radix_prefetch_bug", "y"}}, Cap("KVM_CAP_PPC_AIL_MODE_3"),
            1, "pseries_reloc_on_exception(): yes");
}

void AddInterrupts(Rows& rows) {
  rows.Needs("mpic", kE500mc, Cap("KVM_CAP_IRQ_MPIC"), {{{"CONFIG_KVM_MPIC", "n"}}});
  rows.Needs("xics", kPowernv, Cap("KVM_CAP_IRQ_XICS"), {{{"CONFIG_KVM_XICS", "n"}}});
  rows.Needs("xive", kPowernv, Cap("KVM_CAP_PPC_IRQ_XIVE"),
             {{{"CONFIG_KVM_XICS", "n"}},
              {{"hw.xive", "n"}},
              {{"hw.pseries", "y"}},
              {{"hw.native_xive", "n"}}});
  rows.Needs("resample", kPowernv + Settings{{"hw.xive", "n"}}, Cap("KVM_CAP_IRQFD_RESAMPLE"),
             {{{"CONFIG_KVM_XICS", "n"}}});
  rows.Same("resample_with_xive", kPowernv, Cap("KVM_CAP_IRQFD_RESAMPLE"), 0,
            "xive_enabled(): yes");
  rows.Same("resample_e500", kE500mc, Cap("KVM_CAP_IRQFD_RESAMPLE"), 0, "CONFIG_PPC_BOOK3S_64: no");
  // The generic symbols follow.
  const auto generic = [&rows](const std::string& name, const Settings& settings, bool mpic,
                               bool irqchip, bool mmio) {
    rows.Same(name + "_msi", settings, Cap("KVM_CAP_SIGNAL_MSI"), mpic);
    rows.Same(name + "_routing", settings, Cap("KVM_CAP_IRQ_ROUTING"), mpic ? 4096 : 0);
    rows.Same(name + "_irqfd", settings, Cap("KVM_CAP_IRQFD"), irqchip);
    rows.Same(name + "_mmio", settings, Cap("KVM_CAP_COALESCED_MMIO"), mmio);
    rows.Same(name + "_pio", settings, Cap("KVM_CAP_COALESCED_PIO"), mmio);
  };
  generic("hv", kPowernv, false, true, false);
  generic("pr", kPr, false, true, true);
  generic("both", kBoth, false, true, true);
  generic("no_xics", {{"CONFIG_KVM_XICS", "n"}}, false, false, false);
  generic("e500mc", kE500mc, true, true, true);
  generic("e500v2", kE500v2, true, true, true);
  generic("no_mpic", {{"CONFIG_KVM_E500V2", "y"}, {"CONFIG_KVM_MPIC", "n"}}, false, false, true);
  generic("book3s_32", kBook3s32, false, false, true);
}

void AddThreads(Rows& rows) {
  constexpr std::int64_t kSmt = Cap("KVM_CAP_PPC_SMT");
  constexpr std::int64_t kPossible = Cap("KVM_CAP_PPC_SMT_POSSIBLE");
  rows.Same("smt_loose_threads", kPowernv, kSmt, 1);
  rows.Same("smt_possible_loose_threads", kPowernv, kPossible, 15);
  for (const std::int64_t threads : {1, 2, 4, 8}) {
    const Settings host = kPower8 + Settings{{"hw.threads_per_subcore", std::to_string(threads)}};
    rows.Same("smt_strict_" + std::to_string(threads), host, kSmt, threads);
    rows.Same("smt_possible_strict_" + std::to_string(threads), host, kPossible, 2 * threads - 1);
  }
  rows.all.push_back({"smt_pr_vm", kBoth, kSmt, 1, uapi::kVmPpcPr, 0, "smt_mode is 0"});
  rows.all.push_back({"smt_possible_pr_vm", kBoth, kPossible, 15, uapi::kVmPpcPr, 1,
                      "is_kvmppc_hv_enabled(kvm): no"});
  rows.Same("smt_not_loaded", kHvNotLoaded, kSmt, 0);
  rows.Same("smt_possible_not_loaded", kHvNotLoaded, kPossible, 1);
}

void AddTransactionalMemory(Rows& rows) {
  constexpr std::int64_t kHtm = Cap("KVM_CAP_PPC_HTM");
  const Settings with_assist = {{"hw.p9_tm_hv_assist", "y"}};
  rows.Same("htm_power10", kPowernv, kHtm, 0, "CPU_FTR_P9_TM_HV_ASSIST): no");
  rows.Needs("htm_for_programs", {{"hw.htm", "y"}}, kHtm,
             {{{"CONFIG_PPC_TRANSACTIONAL_MEM", "n"}}});
  rows.Needs("htm_assisted", with_assist, kHtm, {{{"CONFIG_PPC_TRANSACTIONAL_MEM", "n"}}});
  rows.all.push_back({"htm_assisted_pr_vm", kBoth + with_assist, kHtm, 1, uapi::kVmPpcPr, 0,
                      "is_kvmppc_hv_enabled(kvm): no"});
  rows.all.push_back({"htm_for_programs_pr_vm", kBoth + Settings{{"hw.htm", "y"}}, kHtm, 1,
                      uapi::kVmPpcPr, 1, "PPC_FEATURE2_HTM: yes"});
  rows.Same("htm_not_loaded", kHvNotLoaded + with_assist, kHtm, 0);
}

void AddNumbers(Rows& rows) {
  constexpr std::int64_t kRecommended = Cap("KVM_CAP_NR_VCPUS");
  constexpr std::int64_t kMost = Cap("KVM_CAP_MAX_VCPUS");
  constexpr std::int64_t kIds = Cap("KVM_CAP_MAX_VCPU_ID");
  const Settings cpus = {{"hw.cpus", "8"}, {"hw.present_cpus", "64"}, {"CONFIG_NR_CPUS", "100"}};
  rows.Same("present_cpus_hv", cpus, kRecommended, 64, "num_present_cpus() is 64");
  rows.all.push_back({"online_cpus_pr_vm", kBoth + cpus, kRecommended, 64, uapi::kVmPpcPr, 8,
                      "num_online_cpus() is 8"});
  rows.Same("online_cpus_pr", kPr + cpus, kRecommended, 8);
  rows.Same("as_many_as_possible_hv", Settings{{"hw.present_cpus", "64"}, {"CONFIG_NR_CPUS", "63"}},
            kRecommended, 63);
  rows.Same("as_many_as_possible_pr", kPr + Settings{{"CONFIG_NR_CPUS", "7"}}, kRecommended, 7);
  rows.Same("most_hv", cpus, kMost, 100);
  rows.Same("most_pr", kPr + cpus, kMost, 100);
  rows.Same("ids_hv", cpus, kIds, 800);
  rows.Same("ids_both", kBoth + cpus, kIds, 800);
  rows.Same("ids_not_loaded", kHvNotLoaded + cpus, kIds, 800);
  rows.Same("ids_pr", kPr + cpus, kIds, 100);
  rows.Same("most_default", kPowernv, kMost, 2048);
  rows.Same("most_book3s_32", kBook3s32, kMost, 1);
  rows.Same("most_e500v2", kE500v2, kMost, 4);
  rows.Same("most_e500mc", kE500mc, kMost, 32);
  rows.Same("ids_e500mc", kE500mc, kIds, 32);
}

std::vector<Row> AllRows() {
  Rows rows;
  AddFamilies(rows);
  AddHv(rows);
  AddInterrupts(rows);
  AddThreads(rows);
  AddTransactionalMemory(rows);
  AddNumbers(rows);
  return rows.all;
}

class PowerpcCapabilityTest : public ::testing::TestWithParam<Row> {};

TEST_P(PowerpcCapabilityTest, HasItsAnswerOnBothScopesInEveryRevision) {
  const Row& row = GetParam();
  for (const std::string_view revision : kRevisions) {
    Machine machine("powerpc", row.settings, revision);
    EXPECT_THAT(machine.Check(machine.kvm(), row.capability), Answers(row.system)) << revision;
    const auto vm = machine.CreateVm(row.vm_type);
    ASSERT_THAT(vm, Succeeds()) << revision;
    TrailRecorder trail;
    machine.task().SetTrailListener(&trail);
    EXPECT_THAT(machine.Check(*vm, row.capability), Answers(row.vm)) << revision;
    machine.task().SetTrailListener(nullptr);
    EXPECT_THAT(trail.ToText(), HasSubstr(row.predicate)) << revision;
  }
}

INSTANTIATE_TEST_SUITE_P(Hosts, PowerpcCapabilityTest, ::testing::ValuesIn(AllRows()),
                         [](const auto& which) { return which.param.name; });

// What the specification doesn't say is marked: the module's operations, and a VM's threads.
TEST(PowerpcInferenceTest, MarksWhatTheSpecificationLeavesOpenAndNothingElse) {
  Machine machine("powerpc");
  const int vm = *machine.CreateVm();
  for (std::int64_t capability = 0; capability < 256; ++capability) {
    const bool operation = capability == Cap("KVM_CAP_PPC_NESTED_HV") ||
                           capability == Cap("KVM_CAP_PPC_SECURE_GUEST") ||
                           capability == Cap("KVM_CAP_PPC_DAWR1");
    for (const int fd : {machine.kvm(), vm}) {
      TrailRecorder trail;
      machine.task().SetTrailListener(&trail);
      EXPECT_THAT(machine.Check(fd, capability), Succeeds());
      machine.task().SetTrailListener(nullptr);
      EXPECT_EQ(trail.Has(Certainty::kInferred),
                operation || (fd == vm && capability == Cap("KVM_CAP_PPC_SMT")))
          << capability;
      EXPECT_FALSE(trail.Has(Certainty::kNotModelled)) << capability;
    }
  }
}

// A kernel without a module that serves VMs still answers on /dev/kvm.
TEST(PowerpcScopeTest, NoModuleIsLoaded) {
  Machine machine("powerpc", {{"CONFIG_KVM_BOOK3S_64_HV", "n"}});
  EXPECT_THAT(machine.CreateVm(), FailsWith(uapi::Errno::kEINVAL));
  EXPECT_THAT(machine.Check(machine.kvm(), Cap("KVM_CAP_PPC_OSI")), Answers(1));
  EXPECT_THAT(machine.Check(machine.kvm(), Cap("KVM_CAP_PPC_SMT_POSSIBLE")), Answers(0));
  EXPECT_THAT(machine.Check(machine.kvm(), Cap("KVM_CAP_COALESCED_MMIO")), Answers(1));
}

TEST(PowerpcScopeTest, OtherFamiliesMakeVmsInProblemState) {
  for (const Settings& settings : {kE500v2, kE500mc, kBook3s32}) {
    Machine machine("powerpc", settings);
    EXPECT_THAT(machine.CreateVm(kDefault), Succeeds());
    EXPECT_THAT(machine.CreateVm(uapi::kVmPpcPr), Succeeds());
    EXPECT_THAT(machine.CreateVm(uapi::kVmPpcHv), FailsWith(uapi::Errno::kEINVAL));
  }
}

}  // namespace
}  // namespace kvm_model
