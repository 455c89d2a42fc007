#include "tools/scenario/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tests/scenario/fake_backend.h"
#include "tests/scenario/parsing.h"
#include "tools/backends/backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model::scenario {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using Outcome = Verdict::Outcome;
using A = ArgumentId;

constexpr std::string_view kHost = "host x86 rfc-v4\n";

// Runs one text against the answers.
Verdict RunOn(FakeBackend& backend, std::string_view text) {
  return RunScenario(Parsed(std::string(kHost) + std::string(text)), backend);
}
Verdict RunWith(std::vector<Answer> answers, std::string_view text) {
  FakeBackend backend(std::move(answers));
  return RunOn(backend, text);
}
Outcome OutcomeOf(Answer answer, std::string_view call) {
  const Verdict verdict = RunWith({answer}, call);
  EXPECT_TRUE(verdict.reason.empty()) << verdict.reason;
  return verdict.outcome;
}

answer::Number Num(std::uint64_t value) { return {value, std::nullopt}; }
answer::Errno Err(uapi::Errno error) { return {.error = error}; }

TEST(RunnerTest, GetDirtyLogIsNotCutShort) {
  EXPECT_EQ(OutcomeOf(answer::Runs{}, "get_dirty_log(3, 1, pages=65536)"), Outcome::kPass);
  FakeBackend backend({answer::Runs{}});
  const Verdict verdict = RunOn(backend, "get_dirty_log(3, 1, pages=65537)");
  EXPECT_EQ(verdict.outcome, Outcome::kFail);
  EXPECT_EQ(verdict.reason, "get_dirty_log tells of 65536 pages at most, not 65537");
  EXPECT_THAT(backend.requests, SizeIs(0));
}

TEST(RunnerTest, EvaluatesArgumentsAndFillsInDefaults) {
  FakeBackend backend({answer::Fd{3}, answer::Fd{4}, answer::Fd{5}, answer::Ok{0x10000}, Num(0)});
  const Verdict verdict = RunOn(backend,
                                "kvm = open()\n"
                                "vm = create_vm(kvm)\n"
                                "gmem = create_guest_memfd(vm, size=4p, flags=MMAP)\n"
                                "map = mmap(gmem, 1p, 2p)\n"
                                "set_user_memory_region(vm, 1, 0, 4G, 2p, map+1p)\n");
  EXPECT_EQ(verdict.outcome, Outcome::kPass) << verdict.reason;
  ASSERT_THAT(backend.requests, SizeIs(5));
  EXPECT_EQ(backend.requests[1][A::kKvm], 3U);
  EXPECT_EQ(backend.requests[1][A::kType], uapi::kX86DefaultVm);
  EXPECT_EQ(backend.requests[2][A::kVm], 4U);
  EXPECT_EQ(backend.requests[2][A::kSize], 0x4000U);
  EXPECT_EQ(backend.requests[2][A::kFlags], uapi::kGuestMemfdFlagMmap);
  EXPECT_EQ(backend.requests[2][A::kReserved], 0U);
  EXPECT_EQ(backend.requests[3][A::kProt], uapi::kProtRead | uapi::kProtWrite);
  EXPECT_EQ(backend.requests[3][A::kFlags], uapi::kMapShared);
  EXPECT_EQ(backend.requests[4][A::kHva], 0x11000U);
  EXPECT_EQ(backend.finished, 1);
}

TEST(RunnerTest, PagesAreThoseOfTheHost) {
  FakeBackend backend({answer::Fd{3}});
  backend.page_size = 65536;
  RunOn(backend, "create_guest_memfd(3, 2p+1)");
  EXPECT_EQ(backend.requests[0][A::kSize], 0x20001U);

  const Verdict verdict = RunOn(backend, "create_guest_memfd(3, 0x1000000000000p)");
  EXPECT_EQ(verdict.outcome, Outcome::kFail);
  EXPECT_EQ(verdict.reason, "281474976710656p doesn't fit in 64 bits where a page has 65536 bytes");
}

TEST(RunnerTest, HandsOnPointersListsAndBytes) {
  FakeBackend backend({Num(0), Num(0), answer::Ok{}});
  RunOn(backend, "ioctl(3, 1, BAD+1)\nenable_cap(3, 1, args=[7, -1])\nhost_write(1, 2, '\\n')");
  EXPECT_EQ(backend.requests[0][A::kArg], 0xbad001U);
  EXPECT_THAT(backend.requests[1].list, ElementsAre(7, ~std::uint64_t{0}));
  EXPECT_EQ(backend.requests[2][A::kByte], std::uint64_t{'\n'});
}

TEST(RunnerTest, MunmapTakesWhatThatMmapMapped) {
  FakeBackend backend({answer::Ok{0x10000}, Num(0), Num(0)});
  RunOn(backend, "m = mmap(3, 0, 3p)\nmunmap(m)\nmunmap(m)\n");
  EXPECT_EQ(backend.requests[1][A::kSize], 0x3000U);
  EXPECT_EQ(backend.requests[2][A::kSize], 0x1000U);
}

TEST(RunnerTest, AFailedCallLeavesMinusOneBehind) {
  FakeBackend backend({Err(uapi::Errno::kEMFILE), Err(uapi::Errno::kEBADF)});
  EXPECT_EQ(RunOn(backend, "kvm = open() -> EMFILE\nclose(kvm) -> EBADF").outcome, Outcome::kPass);
  EXPECT_EQ(backend.requests[1].Int(A::kFd), -1);
}

TEST(RunnerTest, RepeatsCountFromZeroAndTheInnerOneCovers) {
  FakeBackend backend({answer::Byte{0}});
  RunOn(backend,
        "repeat 2 {\n"
        "  host_read($ip, $i)\n"
        "  repeat 2 { host_read(100, $i) }\n"
        "  host_read(200, $i)\n"
        "}\n"
        "repeat 0 { host_read(300, 0) }\n");
  std::vector<std::pair<std::uint64_t, std::uint64_t>> seen;
  for (const CallRequest& request : backend.requests) {
    seen.emplace_back(request[A::kMap], request[A::kOffset]);
  }
  using P = std::pair<std::uint64_t, std::uint64_t>;
  EXPECT_THAT(seen, ElementsAre(P(0, 0), P(100, 0), P(100, 1), P(200, 0), P(4096, 1), P(100, 0),
                                P(100, 1), P(200, 1)));
}

TEST(RunnerTest, AChildHasItsOwnNamesFromTheForkOn) {
  FakeBackend backend({answer::Fd{3}, answer::Ok{1}, answer::Fd{9}, Num(0), Num(0)});
  const Verdict verdict = RunOn(backend,
                                "f = open()\n"
                                "child = fork()\n"
                                "child: f = open()\n"
                                "close(f)\n"
                                "child: close(f)\n");
  EXPECT_EQ(verdict.outcome, Outcome::kPass);
  EXPECT_EQ(backend.requests[2].process, 1U);
  EXPECT_EQ(backend.requests[3][A::kFd], 3U);
  EXPECT_EQ(backend.requests[3].process, kFirstProcess);
  EXPECT_EQ(backend.requests[4][A::kFd], 9U);
  EXPECT_EQ(backend.requests[4].process, 1U);
}

TEST(RunnerTest, StopsAtTheFirstLineThatAnswersSomethingElse) {
  FakeBackend backend({answer::Fd{3}, Num(3)});
  const Verdict verdict =
      RunOn(backend, "kvm = open() -> fd\ncheck_extension(kvm, 250) -> ZERO\nclose(kvm)");
  EXPECT_EQ(verdict.outcome, Outcome::kFail);
  EXPECT_EQ(verdict.line, 3);
  EXPECT_EQ(verdict.call, "check_extension(kvm, 250)");
  EXPECT_EQ(verdict.expected, "ZERO");
  EXPECT_EQ(verdict.actual, "ZERO|PRESERVE");
  EXPECT_EQ(verdict.trail, "because");
  EXPECT_THAT(backend.requests, SizeIs(2));
  EXPECT_EQ(backend.finished, 1);
}

TEST(RunnerTest, ACallWithoutAnExpectationMustSucceed) {
  EXPECT_EQ(OutcomeOf(Num(7), "ioctl(3, 1, 0)"), Outcome::kPass);
  EXPECT_EQ(OutcomeOf(Err(uapi::Errno::kEINVAL), "ioctl(3, 1, 0)"), Outcome::kFail);
  EXPECT_EQ(OutcomeOf(answer::Signal::kSigbus, "host_read(1, 0)"), Outcome::kFail);
  EXPECT_EQ(OutcomeOf(answer::Mmio{}, "guest_read(1, 0)"), Outcome::kFail);
  EXPECT_EQ(OutcomeOf(answer::MemoryFault{}, "guest_read(1, 0)"), Outcome::kFail);
}

TEST(RunnerTest, SkipsWithTheBackendsReason) {
  FakeBackend backend({Num(0)});
  backend.skip_reason = "it is Monday";
  const Verdict verdict = RunOn(backend, "open()");
  EXPECT_EQ(verdict.outcome, Outcome::kSkip);
  EXPECT_EQ(verdict.reason, "it is Monday");
  EXPECT_TRUE(backend.requests.empty());
}

TEST(RunnerTest, SkipsWhereTheAnswerIsNotKnown) {
  const Verdict verdict = RunWith({answer::NotModelled{"too deep"}}, "open() -> fd");
  EXPECT_EQ(verdict.outcome, Outcome::kSkip);
  EXPECT_EQ(verdict.line, 2);
  EXPECT_EQ(verdict.reason, "too deep");
}

TEST(RunnerTest, FailsWhereTheBackendDoes) {
  const Verdict broken = RunWith({answer::Broken{"it died"}}, "open() -> any");
  EXPECT_EQ(broken.outcome, Outcome::kFail);
  EXPECT_EQ(broken.reason, "it died");

  FakeBackend backend({Num(0)});
  backend.start_error = "no such host";
  const Verdict unstarted = RunOn(backend, "open()");
  EXPECT_EQ(unstarted.outcome, Outcome::kFail);
  EXPECT_EQ(unstarted.line, 1);
  EXPECT_EQ(unstarted.reason, "no such host");
  EXPECT_EQ(backend.finished, 1);
}

TEST(RunnerTest, ANameWhoseCallNeverRanHasNoValue) {
  const Verdict verdict = RunWith({Num(0)}, "repeat 0 { x = open() }\nclose(x)");
  EXPECT_EQ(verdict.outcome, Outcome::kFail);
  EXPECT_EQ(verdict.reason, "x has no value: the call that gives it one did not run");
}

TEST(RunnerTest, ShowsEachCallToTheObserver) {
  std::vector<std::string> seen;
  FakeBackend backend({answer::Fd{3}, Num(0)});
  RunScenario(Parsed("host x86 rfc-v4\nk = open()\nclose(k)"), backend,
              [&](const Call& call, const CallRequest& request, const Answer& answer) {
                seen.push_back(std::string(GetCall(request.id).name) + " " +
                               FormatAnswer(answer, call.answer_domain, {"x86", "rfc-v4"}));
              });
  EXPECT_THAT(seen, ElementsAre("open fd", "close 0"));
}

struct MatchCase {
  std::string_view call;
  std::string_view expectation;
  Answer answer;
  bool met;
};

void PrintTo(const MatchCase& match, std::ostream* out) {
  *out << match.call << " -> " << match.expectation;
}

class MatchTest : public testing::TestWithParam<MatchCase> {};

TEST_P(MatchTest, DecidesTheVerdict) {
  const MatchCase& match = GetParam();
  const std::string line = std::string(match.call) + " -> " + std::string(match.expectation) + "\n";
  EXPECT_EQ(OutcomeOf(match.answer, line), match.met ? Outcome::kPass : Outcome::kFail) << line;
}

constexpr std::string_view kConvert = "set_memory_attributes2(3, 4p, 1p, PRIVATE, error_offset=5)";
constexpr std::string_view kGuest = "guest_read(3, 0)";
constexpr std::string_view kPreFault = "pre_fault(3, 0, 4p)";
constexpr std::string_view kAttributes = "attributes(3)";
const answer::MemoryFault kFault{.gpa = 0x1000, .size = 0x1000, .flags = 8};
const answer::MemoryFault kPoisoned{
    .gpa = 0, .size = 0x1000, .flags = 0, .error = uapi::Errno::kEHWPOISON};
const answer::Errno kAgain{.error = uapi::Errno::kEAGAIN, .error_offset = 0x4000};
const answer::Errno kInvalid{.error = uapi::Errno::kEINVAL, .error_offset = 5};
const answer::Runs kRuns{{{0, 1, 0}, {1, 4, 8}}};

INSTANTIATE_TEST_SUITE_P(
    All, MatchTest,
    testing::Values(
        MatchCase{"open()", "fd", answer::Fd{3}, true},
        MatchCase{"open()", "3", answer::Fd{3}, true},
        MatchCase{"open()", "4", answer::Fd{3}, false},
        MatchCase{"open()", "not fd", answer::Fd{3}, false},
        MatchCase{"open()", "any", Err(uapi::Errno::kEACCES), true},
        MatchCase{"open()", "{fd, EACCES}", Err(uapi::Errno::kEACCES), true},
        MatchCase{"open()", "{fd, EACCES}", Err(uapi::Errno::kEPERM), false},
        MatchCase{"open()", "not {EPERM, EACCES}", Err(uapi::Errno::kENOENT), true},
        MatchCase{"ioctl(3, KVM_CREATE_VM, 0)", "fd", Num(4), true},
        MatchCase{"close(3)", "0", Num(0), true}, MatchCase{"close(3)", "ok", Num(0), true},
        MatchCase{"close(3)", "0", Num(1), false},
        MatchCase{"close(3)", "EBADF", Err(uapi::Errno::kEBADF), true},
        MatchCase{"close(3)", "0", Err(uapi::Errno::kEBADF), false},
        MatchCase{"mmap(3, 0, 1p)", "ok", answer::Ok{0x1000}, true},
        MatchCase{"host_read(1, 0)", "'A'", answer::Byte{65}, true},
        MatchCase{"host_read(1, 0)", "65", answer::Byte{65}, true},
        MatchCase{"host_read(1, 0)", "not 'A'", answer::Byte{66}, true},
        MatchCase{"host_read(1, 0)", "-1", answer::Byte{255}, true},
        MatchCase{"host_read(1, 0)", "SIGBUS", answer::Signal::kSigbus, true},
        MatchCase{"host_read(1, 0)", "SIGBUS", answer::Signal::kSigsegv, false},
        MatchCase{"host_read(1, 0)", "SIGSEGV", answer::Signal::kSigsegv, true},
        MatchCase{kGuest, "MMIO", answer::Mmio{}, true},
        MatchCase{kGuest, "MEMORY_FAULT", kFault, true},
        MatchCase{kGuest, "MEMORY_FAULT gpa=1p", kFault, true},
        MatchCase{kGuest, "MEMORY_FAULT gpa=1p size=1p flags=PRIVATE", kFault, true},
        MatchCase{kGuest, "MEMORY_FAULT flags=0", kFault, false},
        MatchCase{kGuest, "EFAULT", kFault, false}, MatchCase{kGuest, "EHWPOISON", kPoisoned, true},
        MatchCase{kGuest, "MEMORY_FAULT errno=EHWPOISON", kPoisoned, true},
        MatchCase{kGuest, "MEMORY_FAULT errno=EHWPOISON", kFault, false},
        MatchCase{kConvert, "EAGAIN", kAgain, true},
        MatchCase{kConvert, "EAGAIN error_offset=4p", kAgain, true},
        MatchCase{kConvert, "EAGAIN error_offset=5p", kAgain, false},
        MatchCase{kConvert, "EAGAIN error_offset=unwritten", kAgain, false},
        MatchCase{kConvert, "EINVAL error_offset=unwritten", kInvalid, true},
        MatchCase{kConvert, "0 error_offset=unwritten", answer::Number{0, 5}, true},
        MatchCase{kConvert, "0 error_offset=unwritten", answer::Number{0, 0}, false},
        MatchCase{kPreFault, "0", answer::Progress{0x4000, 0}, true},
        MatchCase{kPreFault, "0", answer::Progress{0x1000, 0x3000}, false},
        MatchCase{kPreFault, "0 gpa=1p size=3p", answer::Progress{0x1000, 0x3000}, true},
        MatchCase{kPreFault, "0 gpa=4p size=0", answer::Progress{0x4000, 0}, true},
        MatchCase{kPreFault, "0 gpa=2p", answer::Progress{0x1000, 0x3000}, false},
        MatchCase{kAttributes, "[0,1) 0 [1,4) PRIVATE", kRuns, true},
        MatchCase{kAttributes, "[0,1)0[1,4)PRIVATE", kRuns, true},
        MatchCase{kAttributes, "[0,1) 0 [1,4) 0", kRuns, false},
        MatchCase{kAttributes, "[0,1) 0", kRuns, false},
        MatchCase{kAttributes, "none", kRuns, false},
        MatchCase{"resident(3)", "none", answer::Runs{}, true},
        MatchCase{"resident(3)", "[0,2)", answer::Runs{{{0, 2, std::nullopt}}}, true},
        MatchCase{"check_extension(3, GUEST_MEMFD_FLAGS)", "MMAP|INIT_SHARED", Num(3), true},
        MatchCase{"check_extension(3, VM_TYPES)", "DEFAULT|SNP", Num(0x11), true},
        MatchCase{"check_extension(3, MEMORY_ATTRIBUTES2)", "PRIVATE", Num(8), true}));

// What came back can be pasted into the scenario.
TEST(AnswerTest, PrintsAsTheExpectationThatItMeets) {
  const std::vector<std::pair<std::string_view, Answer>> answers = {
      {"open()", answer::Fd{3}},
      {"open()", Err(uapi::Errno::kEACCES)},
      {"close(3)", Num(0)},
      {"fork()", answer::Ok{1}},
      {"check_extension(3, VM_TYPES)", Num(0x43)},
      {"check_extension(3, GUEST_MEMFD_FLAGS)", Num(7)},
      {"check_extension(3, NR_VCPUS)", Num(4096)},
      {"host_read(1, 0)", answer::Byte{'\''}},
      {"host_read(1, 0)", answer::Byte{0}},
      {"host_read(1, 0)", answer::Byte{255}},
      {"host_read(1, 0)", answer::Signal::kSigbus},
      {"pin(1, 0)", answer::Signal::kSigsegv},
      {kGuest, answer::Mmio{}},
      {kGuest, kFault},
      {kGuest, kPoisoned},
      {kConvert, kAgain},
      {kConvert, kInvalid},
      {kConvert, answer::Number{0, 6}},
      {kPreFault, answer::Progress{0x1000, 0x3000}},
      {kPreFault, answer::Progress{0x1000, 0}},
      {kPreFault, answer::Errno{.error = uapi::Errno::kEINVAL, .gpa = 1, .size = 0x1000}},
      {kAttributes, kRuns},
      {kAttributes, answer::Runs{}},
      {"resident(3)", answer::Runs{{{0, 2, std::nullopt}, {3, 4, std::nullopt}}}},
  };
  for (const auto& [call, answer] : answers) {
    const Scenario bare = Parsed(std::string(kHost) + std::string(call));
    const Call& parsed = std::get<Call>(bare.statements.front().what);
    const std::string printed = FormatAnswer(answer, parsed.answer_domain, {"x86", "rfc-v4"}, 5);
    EXPECT_EQ(OutcomeOf(answer, std::string(call) + " -> " + printed), Outcome::kPass) << printed;
  }
}

}  // namespace
}  // namespace kvm_model::scenario
