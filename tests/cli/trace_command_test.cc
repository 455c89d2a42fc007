// kvmsim run --trace, and kvmsim trace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "tests/cli/command_line.h"
#include "tests/cli/scenario_file.h"

namespace kvm_model::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Json = nlohmann::json;

std::string TraceOf(std::string_view text, int exit_code = 0, std::string_view options = "") {
  const std::string path = WriteFile("traced.kvmt", text);
  const std::string trace = ::testing::TempDir() + "trace.jsonl";
  const Outcome outcome = RunRun(path + " --trace " + trace + " " + std::string(options));
  EXPECT_EQ(outcome.exit_code, exit_code) << outcome.out << outcome.err;
  return ReadFile(trace);
}

std::vector<Json> CallsOf(const std::string& trace) {
  std::vector<Json> calls;
  const std::vector<std::string> lines = absl::StrSplit(trace, '\n', absl::SkipEmpty());
  for (const std::string& line : lines) calls.push_back(Json::parse(line));
  return calls;
}

TEST(RunTraceTest, HasALineForEachCall) {
  const std::vector<Json> calls = CallsOf(TraceOf(kStory));
  ASSERT_EQ(calls.size(), 14U);
  for (std::size_t i = 0; i < calls.size(); ++i) EXPECT_EQ(calls[i]["seq"], i + 1);
  EXPECT_EQ(calls[0]["ioctl"], Json(nullptr));
  EXPECT_EQ(calls[1]["ioctl"]["name"], "KVM_CREATE_VM");
  EXPECT_EQ(calls[1]["arguments"]["type"]["text"], "SW_PROTECTED");
  EXPECT_EQ(calls[13]["process"], Json::parse(R"({"id": 1, "name": "child"})"));
  EXPECT_EQ(calls[13]["line"], 16);
}

TEST(RunTraceTest, TellsAnIoctlsStructAndWhatCameBack) {
  const Json call = CallsOf(TraceOf(kStory)).at(7);
  EXPECT_EQ(call["ioctl"]["name"], "KVM_SET_MEMORY_ATTRIBUTES2");
  EXPECT_EQ(call["ioctl"]["struct"], "kvm_memory_attributes2");
  EXPECT_EQ(call["ioctl"]["fields"]["attributes"],
            Json::parse(R"({"value": 8, "text": "PRIVATE"})"));
  EXPECT_EQ(call["ioctl"]["fields"]["error_offset"]["value"], 0);
  EXPECT_EQ(call["answer"]["kind"], "errno");
  EXPECT_EQ(call["answer"]["errno"], "EAGAIN");
  EXPECT_EQ(call["answer"]["value"], Json(nullptr));
  EXPECT_EQ(call["answer"]["fields"]["error_offset"]["value"], 4096);
  bool busy = false;
  for (const Json& step : call["trail"]) {
    EXPECT_TRUE(step.contains("function") && step.contains("certainty") && step.contains("depth"));
    busy = busy || step["kind"] == "errno";
  }
  EXPECT_TRUE(busy);
}

TEST(RunTraceTest, TheSameRunGivesTheSameBytes) { EXPECT_EQ(TraceOf(kStory), TraceOf(kStory)); }

TEST(RunTraceTest, AFailureIsInTheTrace) {
  const std::vector<Json> calls = CallsOf(TraceOf("host x86 rfc-v4\nkvm = open() -> EINVAL\n", 1));
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0]["answer"]["text"], "fd");
}

TEST(RunTraceTest, EveryIoctlOfTheLanguageHasItsStruct) {
  const std::string trace = TraceOf(R"(host x86 rfc-v4
kvm = open()
vm  = create_vm(kvm)
check_extension(vm, KVM_CAP_USER_MEMORY) -> any
enable_cap(vm, KVM_CAP_HALT_POLL, args=[5]) -> any
g   = create_guest_memfd(vm, 1p, reserved=3) -> any
m   = mmap(-1, 0, 1p, flags=PRIVATE|ANONYMOUS)
set_user_memory_region(vm, slot=1, flags=LOG_DIRTY_PAGES, gpa=0, size=1p, hva=m)
set_user_memory_region2(vm, 2, 0, 1p, 1p, m, -1, 0) -> any
set_memory_attributes(vm, 0, 1p, PRIVATE) -> any
set_memory_attributes2(vm, 0, 1p, PRIVATE, reserved=7) -> any
v   = create_vcpu(vm, 3)
get_dirty_log(vm, 1)
clear_dirty_log(vm, 1, 0, 64) -> any
pre_fault(v, 0, 1p) -> any
ioctl(vm, KVM_GET_DIRTY_LOG, BAD) -> EFAULT
ioctl(vm, 0x12345678, 1) -> any
madvise(m, 0, 1p, DONTNEED)
guest_read(vm, 2p) -> MMIO
guest_read(vm, 0, as=shared) -> any
)",
                                    0);
  std::set<std::string> structs;
  for (const Json& call : CallsOf(trace)) {
    if (!call["ioctl"].is_null() && call["ioctl"]["struct"].is_string()) {
      structs.insert(call["ioctl"]["struct"]);
    }
  }
  EXPECT_EQ(structs.size(), 9U);
  EXPECT_THAT(trace,
              AllOf(HasSubstr(R"("reserved[0]":{"value":7)"), HasSubstr(R"("args[0]":{"value":5)"),
                    HasSubstr(R"("text":"LOG_DIRTY_PAGES")"), HasSubstr(R"("kind":"mmio")"),
                    HasSubstr(R"("text":"DONTNEED")")));
  WriteFile("trace.jsonl", trace);
  EXPECT_THAT(RunTrace("show " + ::testing::TempDir() + "trace.jsonl").out,
              AllOf(HasSubstr("ioctl(4, 0x12345678, 1) = -1 ENOTTY (Inappropriate ioctl for"),
                    HasSubstr("ioctl(4, KVM_CHECK_EXTENSION, ")));
}

TEST(RunTraceTest, ADashIsRefusedUnlessItHasStdoutForItself) {
  const std::string path = WriteFile("traced.kvmt", kStory);
  const Outcome refused = RunRun(path + " --trace -");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.out, IsEmpty());
  EXPECT_THAT(refused.err, HasSubstr("--format none"));
  const Outcome alone = RunRun(path + " --trace - --format none");
  EXPECT_EQ(alone.exit_code, 0);
  EXPECT_EQ(alone.out, TraceOf(kStory));
}

TEST(RunTraceTest, AFileThatCannotBeWrittenGivesTwo) {
  const std::string path = WriteFile("traced.kvmt", kStory);
  const Outcome outcome = RunRun(path + " --trace /nowhere/at/all");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("/nowhere/at/all: No such file or directory"));
}

TEST(RunTraceTest, SkippedScenariosLeaveNoLine) {
  // A machine that runs this is no mips.
  EXPECT_THAT(TraceOf("host mips rfc-v4\nkvm = open()\n", 4, "--backend native"), IsEmpty());
}

class TraceTest : public ::testing::Test {
 protected:
  std::string Written(std::string_view trace) { return WriteFile("read.jsonl", trace); }
};

TEST_F(TraceTest, ShowPrintsALineACall) {
  const Outcome outcome = RunTrace("show " + Written(TraceOf(kStory)));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(
      outcome.out,
      AllOf(HasSubstr("traced.kvmt [model]\n    3  open() = 3\n"
                      "    4  ioctl(3, KVM_CREATE_VM, SW_PROTECTED) = 4\n"
                      "    5  ioctl(4, KVM_CREATE_GUEST_MEMFD, {size=0x4000, "
                      "flags=MMAP|INIT_SHARED}) = 5\n"),
            HasSubstr("attributes=PRIVATE, flags=PRESERVE, error_offset=0}) = -1 EAGAIN (Resource "
                      "temporarily unavailable) {error_offset=0x1000}\n"),
            HasSubstr("   15  fork() = 1\n   16      [child] host_write("),
            HasSubstr("offset=0x1000) = SIGBUS\n"), Not(HasSubstr("kvm_gmem"))));
}

TEST_F(TraceTest, ShowWithTrailTellsTheDecisions) {
  const Outcome outcome = RunTrace("show --trail " + Written(TraceOf(kStory)));
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("\n           kvm_gmem_fault_user_mapping()\n"),
                    HasSubstr("the page is private: yes (page=1)\n"), HasSubstr("= EAGAIN\n")));
}

TEST_F(TraceTest, BadTracesAreToldWithTheirPlace) {
  const std::string trace = TraceOf(kStory);
  const std::string first = trace.substr(0, trace.find('\n') + 1);
  const auto told = [this](std::string_view text) {
    const Outcome shown = RunTrace("show " + Written(text));
    EXPECT_EQ(shown.exit_code, 2) << text;
    const Outcome events = RunTrace("perfetto " + Written(text));
    EXPECT_EQ(events.exit_code, 2) << text;
    EXPECT_EQ(shown.err, events.err);
    return shown.err;
  };
  const auto replaced = [&first](const std::string& from, const std::string& to) {
    const std::string text = absl::StrReplaceAll(first, {{from, to}});
    EXPECT_NE(text, first) << from;
    return text;
  };
  EXPECT_THAT(told(""), HasSubstr("read.jsonl:1: there is no call in it"));
  EXPECT_THAT(told("hello\n"), HasSubstr("read.jsonl:1: this is no JSON"));
  EXPECT_THAT(told(first + "\n"), HasSubstr("read.jsonl:2: this is no JSON"));
  EXPECT_THAT(told(first + "[1]\n"), HasSubstr("read.jsonl:2: this is no JSON object"));
  EXPECT_THAT(told(trace.substr(0, first.size() + 40)),
              HasSubstr("read.jsonl:2: the trace breaks off in the middle of this line"));
  EXPECT_THAT(told(first + first), HasSubstr("read.jsonl:2: \"seq\" doesn't grow"));
  EXPECT_THAT(told(replaced("\"answer\":", "\"anwser\":")),
              HasSubstr("read.jsonl:1: the field \"answer\" is missing"));
  EXPECT_THAT(told(replaced("\"kind\":\"fd\"", "\"kind\":7")),
              HasSubstr("the field \"kind\" is no text"));
  EXPECT_THAT(told(replaced("\"line\":3", "\"line\":-3")), HasSubstr("\"line\" is out of range"));
  EXPECT_THAT(told(replaced("\"line\":3", "\"line\":3e3")), HasSubstr("\"line\" is no whole"));
  EXPECT_THAT(told(replaced("\"line\":3", "\"line\":99999999999999999999")),
              HasSubstr("\"line\" is no whole"));
  EXPECT_THAT(told(replaced("\"arguments\":{}", "\"arguments\":[]")),
              HasSubstr("\"arguments\" is no object"));
  EXPECT_THAT(told(replaced("\"arguments\":{}", "\"arguments\":{\"a\":1}")),
              HasSubstr("\"a\" is no object"));
  EXPECT_THAT(told(replaced("\"depth\":1", "\"depth\":-1")),
              HasSubstr("\"depth\" is out of range"));
  EXPECT_THAT(told(std::string(100'000, '[') + "\n"), HasSubstr("read.jsonl:1: this is no JSON"));
}

// Whatever byte is lost or changed, the answer is a message or a picture.
TEST_F(TraceTest, SurvivesAnyDamage) {
  const std::string trace = TraceOf("host x86 rfc-v4\nkvm = open()\nvm = create_vm(kvm)\n");
  for (std::size_t at = 0; at < trace.size(); at += 7) {
    std::string damaged = trace;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x15);
    const int exit_code = RunTrace("perfetto " + Written(damaged)).exit_code;
    EXPECT_TRUE(exit_code == 0 || exit_code == 2);
  }
}

TEST_F(TraceTest, BadUsageGivesTwo) {
  EXPECT_EQ(RunTrace("").exit_code, 2);
  EXPECT_EQ(RunTrace("show").exit_code, 2);
  EXPECT_EQ(RunTrace("show /nowhere").exit_code, 2);
  EXPECT_EQ(RunTrace("show " + ::testing::TempDir()).exit_code, 2);
  EXPECT_EQ(RunTrace("perfetto " + Written(TraceOf(kStory)) + " --output /nowhere/x").exit_code, 2);
}

TEST_F(TraceTest, ABadTraceLeavesNoOutput) {
  const std::string trace = TraceOf(kStory);
  const std::string output = WriteFile("events.json", "as it was");
  EXPECT_EQ(RunTrace("perfetto " + Written(trace + "x\n") + " --output " + output).exit_code, 2);
  EXPECT_EQ(ReadFile(output), "as it was");
  EXPECT_EQ(RunTrace("perfetto " + Written(trace) + " --output " + output).exit_code, 0);
  EXPECT_EQ(ReadFile(output), RunTrace("perfetto " + Written(trace)).out);
}

// The rules of the trace-event format: what each phase must have, time that doesn't run back on a
// thread, and every begin with its end inside the slice that it began in.
void CheckTraceEvents(const Json& events) {
  struct Thread {
    std::uint64_t now = 0;
    std::uint64_t slice_end = 0;
    std::vector<std::string> running;
  };
  std::map<std::pair<int, int>, Thread> threads;
  std::set<std::pair<std::string, int>> named;
  ASSERT_TRUE(events.is_array());
  for (const Json& event : events) {
    for (const char* field : {"name", "ph", "pid", "tid"}) {
      ASSERT_TRUE(event.contains(field)) << event;
    }
    const std::string phase = event["ph"];
    const int process = event["pid"];
    if (phase == "M") {
      ASSERT_TRUE(event["args"]["name"].is_string()) << event;
      named.insert({event["name"], process});
      continue;
    }
    ASSERT_TRUE(named.contains({"process_name", process}) &&
                named.contains({"thread_name", process}));
    ASSERT_TRUE(event["ts"].is_number_unsigned()) << event;
    Thread& thread = threads[{process, event["tid"].get<int>()}];
    const std::uint64_t time = event["ts"];
    ASSERT_GE(time, thread.now) << event;
    thread.now = time;
    if (phase == "X") {
      ASSERT_TRUE(event["dur"].is_number_unsigned()) << event;
      ASSERT_THAT(thread.running, IsEmpty()) << event;
      ASSERT_GE(time, thread.slice_end) << event;
      thread.slice_end = time + event["dur"].get<std::uint64_t>();
      ASSERT_TRUE(event["args"].contains("answer"));
    } else if (phase == "B") {
      thread.running.push_back(event["name"]);
    } else if (phase == "E") {
      ASSERT_FALSE(thread.running.empty()) << event;
      ASSERT_EQ(thread.running.back(), event["name"].get<std::string>());
      thread.running.pop_back();
    } else {
      ASSERT_EQ(phase, "i") << event;
      ASSERT_EQ(event["s"], "t");
    }
    ASSERT_LE(time, thread.slice_end) << event;
  }
  for (const auto& [place, thread] : threads) ASSERT_THAT(thread.running, IsEmpty());
}

TEST_F(TraceTest, PerfettoFollowsTheRulesOfTraceEvents) {
  const Outcome outcome = RunTrace("perfetto " + Written(TraceOf(kStory)));
  EXPECT_EQ(outcome.exit_code, 0);
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json["displayTimeUnit"], "ns");
  const Json& events = json["traceEvents"];
  CheckTraceEvents(events);
  std::set<std::string> processes;
  int calls = 0;
  int depth = 0;
  int deepest = 0;
  for (const Json& event : events) {
    if (event["name"] == "process_name") processes.insert(event["args"]["name"]);
    if (event["ph"] == "X") ++calls;
    if (event["ph"] == "B") deepest = std::max(deepest, ++depth);
    if (event["ph"] == "E") --depth;
  }
  EXPECT_EQ(calls, 14);
  EXPECT_EQ(processes.size(), 2U);
  EXPECT_GE(deepest, 4);
}

TEST_F(TraceTest, PerfettoNestsWhateverDepthsATraceClaims) {
  const std::string first = TraceOf("host x86 rfc-v4\nkvm = open()\n");
  std::string odd = "[";
  for (const int depth : {5, 2, 9, 9, 0, 3, 1}) {
    odd += odd.size() == 1 ? "" : ",";
    odd += R"js({"depth":)js" + std::to_string(depth) +
           R"js(,"function":"f","kind":"enter","text":"f()"},{"depth":)js" +
           std::to_string(depth + 1) + R"js(,"function":"f","kind":"note","text":"x"})js";
  }
  const std::size_t trail = first.find("\"trail\":");
  const Outcome outcome = RunTrace(
      "perfetto " + Written(first.substr(0, trail) + "\"trail\":" + odd + "],\"left_out\":0}\n"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  CheckTraceEvents(Json::parse(outcome.out)["traceEvents"]);
}

}  // namespace
}  // namespace kvm_model::cli
