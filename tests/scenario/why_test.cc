// Each answer of the model comes with the decision that led to it: the calls here answer what their
// line says, which is held against its opposite to be told why.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/scenario/parsing.h"
#include "tools/backends/model_backend.h"
#include "tools/scenario/runner.h"

namespace kvm_model::scenario {
namespace {

using ::testing::HasSubstr;

// The trail of the last line, which has no expectation but the answer that it gives.
std::string Why(std::string_view before, std::string_view call, std::string_view answer,
                std::string_view revision = "rfc-v4") {
  ModelBackend backend;
  const std::string text = "host x86 " + std::string(revision) +
                           "\nkvm = open()\nvm = create_vm(kvm, SNP)\n" + std::string(before) +
                           "\n" + std::string(call) + " -> not " + std::string(answer) + "\n";
  const Verdict verdict = RunScenario(Parsed(text), backend);
  EXPECT_EQ(verdict.outcome, Verdict::Outcome::kFail) << text;
  EXPECT_FALSE(verdict.trail.empty()) << verdict.call << ": " << verdict.reason << verdict.actual;
  return verdict.trail;
}

constexpr std::string_view kPrivateMap =
    "g = create_guest_memfd(vm, 1p, MMAP)\nmap = mmap(g, 0, 2p)";
constexpr std::string_view kSharedMap =
    "g = create_guest_memfd(vm, 1p, MMAP|INIT_SHARED)\nmap = mmap(g, 0, 2p)";

struct Decided {
  std::string_view before;
  std::string_view call;
  std::string_view answer;
  std::string_view why;
};

constexpr Decided kDecisions[] = {
    {kPrivateMap, "host_read(map, 0)", "SIGBUS", "the page is private: yes (page=0)"},
    {kPrivateMap, "host_write(map, 0, 'a')", "SIGBUS", "* the access raises SIGBUS"},
    {kPrivateMap, "pin(map, 0)", "SIGBUS", "kvm_gmem_fault_user_mapping()"},
    {kSharedMap, "host_read(map, 1p)", "SIGBUS",
     "the page lies past the end of the file: yes (page=1, pages=1)"},
    {"", "host_read(4096, 0)", "SIGSEGV", "nothing is mapped there: yes (address=0x1000)"},
    {"", "pin(4096, 0)", "SIGSEGV", "* the access raises SIGSEGV"},
    {"map = mmap(-1, 0, 1p, prot=none, flags=PRIVATE|ANONYMOUS)", "host_read(map, 0)", "SIGSEGV",
     "the mapping can't be read: yes"},
    {"map = mmap(-1, 0, 1p, prot=r, flags=PRIVATE|ANONYMOUS)", "host_write(map, 0, 1)", "SIGSEGV",
     "the mapping can't be written: yes"},
    {"", "munmap(1)", "EINVAL", "address is not page aligned: yes (address=1)"},
    {"", "mmap(-1, 0, 17592186044416, flags=PRIVATE|ANONYMOUS)", "ENOMEM",
     "the model has not so many addresses left: yes"},
    {"", "close(99)", "EBADF", "the descriptor is not open: yes (fd=0x63)"},
    {"", "dup(99)", "EBADF", "the descriptor is not open: yes (fd=0x63)"},
    {"", "check_extension(99, 0)", "EBADF",
     "the descriptor is not open, or for its path alone: yes (fd=0x63)"},
    {"", "mmap(99, 0, 1p)", "EBADF", "the descriptor is not open, or for its path alone: yes"},
    {"", "fallocate(99, 0, 0, 1p)", "EBADF", "the descriptor is not open, or for its path alone"},
    {"", "guest_read(99, 0)", "EBADF", "the descriptor is not open: yes"},
    {"", "guest_read(kvm, 0)", "ENOTTY", "the file is no VM: yes"},
    {"", "resident(vm)", "ENOTTY", "the file is no guest_memfd: yes"},
    {"", "unpin(7)", "EINVAL", "no page is pinned by that name: yes (pin=7)"},
    {"", "populate(vm, 1, 'a')", "EINVAL", "gpa is not page aligned: yes (gpa=1)"},
    {"fail_allocation(1)", "open()", "ENOMEM", "memory for the file is short: yes"},
    {kSharedMap, "poison(g, 0)", "ENOENT", "the page is a hole: yes (page=0)"},
    {kSharedMap, "poison(g, 1p)", "ENOENT", "the page lies past the end of the file: yes (page=1)"},
    {kSharedMap, "peek(g, 1p)", "EINVAL", "offset >= i_size: yes"},
};

TEST(WhyTest, TheDecisionIsTold) {
  for (const Decided& decided : kDecisions) {
    EXPECT_THAT(Why(decided.before, decided.call, decided.answer), HasSubstr(decided.why))
        << decided.call;
  }
}

TEST(WhyTest, BeforeTheSeriesTheFileDecidesWhoMayMapIt) {
  EXPECT_THAT(Why(kPrivateMap, "host_read(map, 0)", "SIGBUS", "linux-6.18"),
              HasSubstr("the file has no GUEST_MEMFD_FLAG_INIT_SHARED: yes"));
}

// A slot may reach past its file's end where the check of its offset is signed.
TEST(WhyTest, PopulatingPastTheEndOfAFile) {
  EXPECT_THAT(Why("g = create_guest_memfd(vm, 1p)\n"
                  "set_user_memory_region2(vm, 1, GUEST_MEMFD, 0, 1p, 0, g, 0x7ffffffffffff000)",
                  "populate(vm, 0, 'a')", "EFAULT"),
              HasSubstr("the page lies past the end of the file: yes"));
}

// What the release of a file takes from guests is part of the close that caused it.
TEST(WhyTest, ClosingAFileTellsWhatGuestsLose) {
  const std::string trail =
      Why("g = create_guest_memfd(vm, 1p)\n"
          "set_user_memory_region2(vm, 1, GUEST_MEMFD, 0, 1p, 0, g, 0)",
          "close(g)", "0");
  EXPECT_THAT(trail, HasSubstr("close()\n"));
  EXPECT_THAT(trail, HasSubstr("  kvm_gmem_release()\n"
                               "    * guest mappings of the gfns are zapped (start=0, end=1)\n"));
}

// The last mapping of a closed file releases it.
TEST(WhyTest, UnmappingAClosedFileTellsWhatGuestsLose) {
  EXPECT_THAT(Why(std::string(kSharedMap) +
                      "\nset_user_memory_region2(vm, 1, GUEST_MEMFD, 0, 1p, 0, g, 0)\nclose(g)",
                  "munmap(map)", "0"),
              HasSubstr("kvm_gmem_release()"));
}

// With a memslot that shows the mapping of the same file, guests lose the range before the pages in
// use are found.
TEST(WhyTest, AConversionThatEndsInEagainMarksWhatIsInferred) {
  const std::string slot = std::string(kSharedMap) + "\npin(map, 0)\n";
  const std::string_view convert = "set_memory_attributes2(g, 0, 1p, PRIVATE)";
  const std::string_view inferred =
      "inferred: a guest that has the mapping behind a memslot lost the range all the same";
  EXPECT_THAT(Why(slot + "set_user_memory_region(vm, 1, 0, 0, 1p, map)", convert, "EAGAIN"),
              HasSubstr(inferred));
  EXPECT_THAT(Why(slot + "set_user_memory_region(vm, 1, 0, 0, 1p, 0)", convert, "EAGAIN"),
              ::testing::Not(HasSubstr("inferred")));
}

TEST(WhyTest, AnEndlessCallHasAShortTrail) {
  const std::string trail =
      Why("plain = create_vm(kvm)\nv = create_vcpu(plain)\n"
          "mem = mmap(-1, 0, 1G, flags=PRIVATE|ANONYMOUS)\n"
          "set_user_memory_region(plain, 1, 0, 0, 1G, mem)",
          "pre_fault(v, 0, 1G)", "0");
  EXPECT_LT(trail.size(), 1000000u);
  EXPECT_THAT(trail, HasSubstr(" steps left out ..."));
  EXPECT_THAT(trail, HasSubstr("ioctl()"));
}

}  // namespace
}  // namespace kvm_model::scenario
