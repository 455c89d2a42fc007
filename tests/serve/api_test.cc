// What the server of kvmsim serve answers, asked without a socket.
#include "tools/serve/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "tools/backends/model_backend.h"
#include "tools/scenario/parser.h"
#include "tools/scenario/runner.h"
#include "tools/serve/limits.h"
#include "tools/serve/message.h"

namespace kvm_model::serve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;

constexpr std::string_view kWorld =
    "host x86 rfc-v4\n"
    "kvm = open()\n"
    "vm = create_vm(kvm, SW_PROTECTED)\n"
    "gmem = create_guest_memfd(vm, size=8p, flags=MMAP|INIT_SHARED)\n"
    "map = mmap(gmem, 0, 8p)\n"
    "set_user_memory_region2(vm, slot=1, flags=GUEST_MEMFD, gpa=4G, size=8p, hva=map, "
    "guest_memfd=gmem, offset=0)\n";

class ApiTest : public ::testing::Test {
 protected:
  Response Post(std::string_view target, std::string body) {
    Request request;
    request.method = "POST";
    request.target = std::string(target);
    request.body = std::move(body);
    return api_.Answer(request);
  }
  Response Get(std::string_view target) {
    Request request;
    request.method = "GET";
    request.target = std::string(target);
    return api_.Answer(request);
  }

  // The JSON of an answer that succeeds.
  Json Ask(std::string_view target, const Json& body) {
    const Response response = Post(target, body.dump());
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.content_type, "application/json");
    return Json::parse(response.body);
  }
  // The message of one that is refused.
  std::string Refusal(std::string_view target, const Json& body) {
    const Response response = Post(target, body.dump());
    EXPECT_EQ(response.status, 400) << response.body;
    return Json::parse(response.body)["error"];
  }
  Json Run(const std::string& text) { return Ask("/api/run", {{"scenario", text}}); }
  Json RunInWorld(std::string_view lines) { return Run(std::string(kWorld) + std::string(lines)); }

  Api api_{OpenedFile{}};
};

std::string EndOf(const Json& run) {
  return run["end"].is_null() ? "" : run["end"]["reason"].get<std::string>();
}

// The marks of a row of the file after its last change.
std::string Marks(const Json& run, std::string_view file, std::string_view label) {
  std::string marks;
  for (const Json& step : run["steps"]) {
    if (!step["changed"].contains(file)) continue;
    for (const Json& row : step["changed"][std::string(file)]["rows"]) {
      if (row["label"] != label) continue;
      marks.clear();
      for (const Json& each : row["runs"]) {
        const int pages = each[1].get<int>() - each[0].get<int>();
        marks += std::string(static_cast<std::size_t>(pages), each[2].get<std::string>()[0]);
      }
    }
  }
  return marks;
}

TEST_F(ApiTest, ARunTellsEachCallItsAnswerAndThePages) {
  const Json run = RunInWorld(
      "host_write(map, 2p, 'A')\n"
      "set_memory_attributes2(gmem, 1p, 3p, PRIVATE, PRESERVE) -> 0\n");
  ASSERT_EQ(run["steps"].size(), 7U);
  EXPECT_EQ(EndOf(run), "");
  const Json& last = run["steps"][6];
  EXPECT_EQ(last["line"], 8);
  EXPECT_EQ(last["call"], "set_memory_attributes2(gmem, 1p, 3p, PRIVATE, PRESERVE)");
  EXPECT_EQ(last["process"], "");
  EXPECT_EQ(last["result"], "");
  EXPECT_EQ(last["name"], "set_memory_attributes2");
  const Json arguments = {{"fd", "gmem"},
                          {"offset", "1p"},
                          {"size", "3p"},
                          {"attributes", "PRIVATE"},
                          {"flags", "PRESERVE"}};
  EXPECT_EQ(last["arguments"], arguments);
  EXPECT_THAT(last["c"].get<std::string>(), HasSubstr("KVM_SET_MEMORY_ATTRIBUTES2_PRESERVE"));
  EXPECT_EQ(last["answer"], "0");
  EXPECT_EQ(last["outcome"], "ok");
  EXPECT_TRUE(last["met"]);
  EXPECT_EQ(last["trail"][0]["text"], "ioctl()");
  EXPECT_EQ(Marks(run, "gmem", "attributes"), "SPPPSSSS");
  EXPECT_EQ(Marks(run, "gmem", "contents"), "..A.....");
}

TEST_F(ApiTest, AnErrnoIsExplainedAndTheRunGoesOn) {
  const Json run = RunInWorld(
      "pin1 = pin(map, 1p)\n"
      "set_memory_attributes2(gmem, 0, 4p, PRIVATE) -> 0\n"
      "unpin(pin1)\n");
  ASSERT_EQ(run["steps"].size(), 8U);
  const Json& failed = run["steps"][6];
  EXPECT_EQ(failed["answer"], "EAGAIN error_offset=0x1000");
  EXPECT_EQ(failed["outcome"], "failed");
  EXPECT_EQ(failed["expected"], "0");
  EXPECT_FALSE(failed["met"]);
  EXPECT_THAT(failed["meaning"]["means"].get<std::string>(),
              StartsWith("A page that is to become"));
  EXPECT_EQ(run["steps"][7]["answer"], "ok");
}

TEST_F(ApiTest, SignalsAndExitsAreExplained) {
  const Json run = RunInWorld(
      "set_memory_attributes2(gmem, 0, 1p, PRIVATE) -> any\n"
      "host_read(map, 0) -> any\n"
      "guest_read(vm, 8G) -> any\n");
  EXPECT_EQ(run["steps"][6]["answer"], "SIGBUS");
  EXPECT_THAT(run["steps"][6]["meaning"]["means"].get<std::string>(), HasSubstr("private"));
  EXPECT_THAT(run["steps"][6]["meaning"]["helps"].get<std::string>(), HasSubstr("to shared"));
  EXPECT_THAT(run["steps"][7]["meaning"]["means"].get<std::string>(), HasSubstr("No memslot"));
}

// Not every exit asks for a conversion.
TEST_F(ApiTest, ABrokenPageIsNotToldToBeConverted) {
  const Json run = RunInWorld(
      "host_write(map, 0, 'A')\n"
      "poison(gmem, 0)\n"
      "guest_read(vm, 4G) -> any\n");
  const Json& exit = run["steps"][7];
  EXPECT_THAT(exit["answer"].get<std::string>(), StartsWith("MEMORY_FAULT"));
  EXPECT_THAT(exit["meaning"]["means"].get<std::string>(), HasSubstr("the page broken"));
}

// The text of the step that decided the run's last call; empty where none is told.
std::string DecidesLast(const Json& run) {
  const Json& step = run["steps"].back();
  if (step["decides"].is_null()) return "";
  return step["trail"][step["decides"].get<std::size_t>()]["text"];
}

TEST_F(ApiTest, TheStepThatDecidedIsTold) {
  EXPECT_EQ(DecidesLast(RunInWorld("host_read(map, 0)\n")), "");
  EXPECT_THAT(DecidesLast(RunInWorld("set_memory_attributes2(gmem, 0, 0, PRIVATE) -> any\n")),
              StartsWith("size == 0: yes"));
  EXPECT_THAT(DecidesLast(RunInWorld("set_memory_attributes2(gmem, 0, 1p, PRIVATE)\n"
                                     "host_read(map, 0) -> any\n")),
              StartsWith("the page is private: yes"));
  EXPECT_THAT(DecidesLast(RunInWorld("set_user_memory_region(vm, 2, READONLY, 8G, 1p, map)\n"
                                     "guest_write(vm, 8G, 'A') -> any\n")),
              StartsWith("a write to a read-only slot: yes"));
  EXPECT_THAT(DecidesLast(RunInWorld("guest_read(vm, 4G, private) -> any\n")),
              StartsWith("the access is private, the attributes are not"));
  EXPECT_THAT(DecidesLast(RunInWorld("host_write(map, 0, 'A')\npoison(gmem, 0)\n"
                                     "vcpu = create_vcpu(vm)\npre_fault(vcpu, 4G, 1p) -> any\n")),
              StartsWith("the page is poisoned: yes"));
}

TEST_F(ApiTest, ErrorsAreToldWithLineAndColumn) {
  const Json run = Run("host x86 rfc-v4\nkvm = open()\nvm = create_vm(kvm, TDXX)\n");
  EXPECT_EQ(run["errors"][0]["line"], 3);
  EXPECT_EQ(run["errors"][0]["column"], 21);
  EXPECT_THAT(run["errors"][0]["message"].get<std::string>(), HasSubstr("TDXX"));
  EXPECT_FALSE(run.contains("steps"));
}

TEST_F(ApiTest, AHostThatCanNotBeIsAnErrorOfItsLine) {
  const Json run = Run("# about\nhost x86 rfc-v4 CONFIG_NO_SUCH=y\nkvm = open()\n");
  EXPECT_EQ(run["errors"][0]["line"], 2);
  EXPECT_EQ(run["errors"][0]["column"], 1);
}

TEST_F(ApiTest, AWorldIsMadeOfWhatTheVmAnswers) {
  const auto world = [this](const std::string& host) {
    return Ask("/api/world", {{"host", host}, {"pages", 4}})["text"].get<std::string>();
  };
  EXPECT_THAT(world("x86/rfc-v4/SW_PROTECTED"), HasSubstr("size=4p, flags=MMAP|INIT_SHARED)"));
  EXPECT_THAT(world("x86/linux-6.18/DEFAULT,CONFIG_KVM_HYPERV=n"),
              StartsWith("host x86 linux-6.18 CONFIG_KVM_HYPERV=n\n"));
  EXPECT_THAT(world("x86/linux-6.12/SW_PROTECTED"), HasSubstr("mmap(-1, 0, 4p"));
  for (const char* host : {"x86/rfc-v4/TDX", "arm64/rfc-v4", "x86/linux-6.12/SW_PROTECTED"}) {
    const Json run = Run(world(host));
    for (const Json& step : run["steps"]) EXPECT_TRUE(step["met"]) << step;
  }
}

TEST_F(ApiTest, EveryWorldPassesAsTheScenarioThatItIs) {
  const Json start = Json::parse(Get("/api/start").body);
  int worlds = 0;
  for (const Json& arch : start["architectures"]) {
    for (const Json& revision : start["revisions"]) {
      for (const Json& type : arch["vm_types"]) {
        const std::string host =
            absl::StrFormat("%s/%s/%s", arch["name"].get<std::string>(),
                            revision.get<std::string>(), type.get<std::string>());
        const std::string text = Ask("/api/world", {{"host", host}, {"pages", 4}})["text"];
        const auto parsed = scenario::Parse(host, text);
        ASSERT_TRUE(parsed.has_value()) << text;
        scenario::ModelBackend backend;
        const scenario::Verdict verdict = scenario::RunScenario(*parsed, backend);
        EXPECT_EQ(verdict.outcome, scenario::Verdict::Outcome::kPass) << host << "\n" << text;
        ++worlds;
      }
    }
  }
  EXPECT_EQ(worlds, 80);
}

TEST_F(ApiTest, AWorldHasBounds) {
  for (const Json& pages : {Json(0), Json(kMostFilePages + 1), Json(-1), Json("8"), Json(1.5)}) {
    EXPECT_EQ(Refusal("/api/world", {{"host", "x86"}, {"pages", pages}}), "pages is 1 to 512");
  }
}

TEST_F(ApiTest, EveryCapabilityIsListed) {
  const Json list = Ask("/api/list", {{"host", "x86/rfc-v4/SNP"}});
  EXPECT_EQ(list["host"], "x86/rfc-v4/SNP");
  EXPECT_GT(list["rows"].size(), 200U);
  const auto row = std::ranges::find_if(list["rows"], [](const Json& each) {
    return each["name"] == "KVM_CAP_MEMORY_ATTRIBUTES2_FLAGS";
  });
  ASSERT_NE(row, list["rows"].end());
  EXPECT_EQ((*row)["number"], 250);
  EXPECT_EQ((*row)["text"], "1 (ZERO)");
}

TEST_F(ApiTest, HostsAreCompared) {
  const Json diff =
      Ask("/api/diff", {{"from", "x86/rfc-v4/SNP"}, {"to", "x86/rfc-v4/SW_PROTECTED"}});
  ASSERT_FALSE(diff["differences"].empty());
  for (const Json& each : diff["differences"]) EXPECT_EQ(each["because"][0]["name"], "VM type");
}

TEST_F(ApiTest, AnAnswerIsExplained) {
  const Json answer = Ask("/api/explain", {{"host", "x86"}, {"capability", "X2APIC_API"}});
  EXPECT_EQ(answer["value"], 11);
  EXPECT_FALSE(answer["changes"].empty());
  EXPECT_THAT(Refusal("/api/explain", {{"host", "x86"}, {"capability", "X3APIC_API"}}),
              HasSubstr("X2APIC_API"));
}

TEST_F(ApiTest, WrongQuestionsAreRefusedInWords) {
  EXPECT_THAT(Refusal("/api/list", {{"host", "x87"}}), HasSubstr("x86"));
  EXPECT_EQ(Refusal("/api/list", {{"host", "x86"}, {"scope", "cpu"}}), "scope is vm or system");
  EXPECT_EQ(Refusal("/api/run", Json::object()), "scenario must be there, and be a text");
  EXPECT_EQ(Refusal("/api/run", {{"scenario", 7}}), "scenario must be there, and be a text");
}

TEST_F(ApiTest, TheMachineIsNotLookedAt) {
  for (const char* host : {"machine", "machine/rfc-v4", "machine,hw.snp=y"}) {
    EXPECT_THAT(Refusal("/api/list", {{"host", host}}), HasSubstr("the machine"));
    EXPECT_THAT(Refusal("/api/diff", {{"from", "x86"}, {"to", host}}), HasSubstr("the machine"));
  }
}

TEST_F(ApiTest, HostileJsonIsRefused) {
  const std::string deep(100'000, '[');
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("null"), std::string("[]"), deep,
        std::string("{\"scenario\": \"\xff\"}"), "{\"scenario\":" + deep}) {
    EXPECT_EQ(Post("/api/run", body).status, 400) << body.substr(0, 40);
  }
  EXPECT_TRUE(Run(std::string("host x86 rfc-v4\n\0\x01", 18)).contains("errors"));
}

TEST_F(ApiTest, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(Get("/nothing").status, 404);
  EXPECT_EQ(Get("/../server.cc").status, 404);
  EXPECT_EQ(Get("*").status, 404);
  EXPECT_EQ(Get("/api/run").status, 405);
  EXPECT_EQ(Post("/api/nothing", "{}").status, 404);
  EXPECT_EQ(Post("/", "{}").status, 404);
}

TEST_F(ApiTest, ThePageHasItsFiles) {
  const Response page = Get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  for (const char* name : {"app.js", "calls.js", "capabilities.js", "dom.js", "legend.js",
                           "pages.js", "scenario.js", "step.js", "world.js", "style.css"}) {
    EXPECT_EQ(Get(std::string("/") + name).status, 200) << name;
  }
  EXPECT_EQ(Get("/app.js").content_type, "text/javascript; charset=utf-8");
}

TEST_F(ApiTest, StartTellsWhatThereIsToChoose) {
  const Json start = Json::parse(Get("/api/start").body);
  EXPECT_TRUE(start["file"].is_null());
  EXPECT_EQ(start["architectures"].size(), 7U);
  EXPECT_THAT(start["architectures"][0]["vm_types"],
              ElementsAre("DEFAULT", "SW_PROTECTED", "SEV", "SEV_ES", "SNP", "TDX"));
  EXPECT_EQ(start["revisions"].size(), 5U);
  EXPECT_EQ(start["changes"]["scope"], "Asking somebody else");
  EXPECT_EQ(start["limits"]["pages"], kMostFilePages);
  Api with_file(OpenedFile{"a.kvmt", "host x86 rfc-v4\n"});
  Request request;
  request.method = "GET";
  request.target = "/api/start";
  EXPECT_EQ(Json::parse(with_file.Answer(request).body)["file"]["name"], "a.kvmt");
}

TEST_F(ApiTest, ALongScenarioIsRefused) {
  const Json run = Run("host x86 rfc-v4\n" + std::string(kMostLines, '\n'));
  EXPECT_EQ(run["errors"][0]["line"], kMostLines + 1);
}

TEST_F(ApiTest, CallsAreCounted) {
  const Json run = RunInWorld("repeat 1000000 {\nhost_read(map, 0) -> any\n}\n");
  EXPECT_EQ(run["steps"].size(), kMostCalls);
  EXPECT_EQ(EndOf(run), "the page runs at most 2000 calls");
  EXPECT_EQ(run["end"]["line"], 7);
}

TEST_F(ApiTest, EmptyRepeatsEnd) {
  const Json run = RunInWorld("repeat 1000 {\nrepeat 1000 {\n}\n}\n");
  EXPECT_EQ(run["steps"].size(), 5U);
}

TEST_F(ApiTest, FilesAreBounded) {
  const Json run = RunInWorld("big = create_guest_memfd(vm, size=513p)\nhost_read(map, 0)\n");
  EXPECT_EQ(EndOf(run), "the page draws a guest_memfd of at most 512 pages, not 513");
  EXPECT_EQ(run["steps"].size(), 5U);
}

TEST_F(ApiTest, MemoryIsBoundedInAll) {
  const Json files = RunInWorld("repeat 100 {\nf = create_guest_memfd(vm, size=512p)\n}\n");
  EXPECT_EQ(EndOf(files), "the page's scenarios make at most 64 MiB of memory");
  EXPECT_LT(files["steps"].size(), 40U);
  EXPECT_EQ(EndOf(RunInWorld("mmap(-1, 0, 65M, flags=PRIVATE|ANONYMOUS)\n")),
            "the page's scenarios make at most 64 MiB of memory");
  EXPECT_EQ(EndOf(RunInWorld("mmap(-1, 0, 0xffffffffffffffff, flags=PRIVATE|ANONYMOUS)\n")),
            "the page's scenarios make at most 64 MiB of memory");
}

TEST_F(ApiTest, MemslotsAreBounded) {
  EXPECT_EQ(EndOf(RunInWorld("set_user_memory_region(vm, 2, LOG_DIRTY_PAGES, 1T, 65G, map)\n")),
            "the page's memslots have at most 64 GiB");
  for (const char* request : {"KVM_SET_USER_MEMORY_REGION", "KVM_SET_USER_MEMORY_REGION2"}) {
    EXPECT_EQ(EndOf(RunInWorld(absl::StrFormat("ioctl(vm, %s, map)\n", request))),
              "on the page a memslot is made by its own call, not by ioctl()");
    const Json run = RunInWorld(absl::StrFormat("ioctl(vm, %s, BAD) -> EFAULT\n", request));
    EXPECT_TRUE(run["steps"].back()["met"]) << request;
  }
}

TEST_F(ApiTest, ProcessesAreCounted) {
  EXPECT_EQ(EndOf(RunInWorld("repeat 20 {\nfork()\n}\n")), "the page runs at most 16 processes");
}

TEST_F(ApiTest, LongAnswersEndTheRun) {
  const std::string sum = absl::StrFormat("host_read(map, 0%s) -> any\n", [] {
    std::string terms;
    for (int i = 0; i < 4000; ++i) terms += "+1";
    return terms;
  }());
  const Json run = RunInWorld("repeat 2000 {\n" + sum + "}\n");
  EXPECT_EQ(EndOf(run), "there is more to tell than the page can show");
}

TEST_F(ApiTest, ManyDecisionsAreLeftOut) {
  const Json run =
      RunInWorld("repeat 1900 {\nset_memory_attributes2(gmem, 0, 1p, PRIVATE) -> any\n}\n");
  EXPECT_TRUE(run["steps"].back()["trail"].is_null());
  EXPECT_FALSE(run["steps"].front()["trail"].is_null());
}

TEST_F(ApiTest, TheRunOfAChildIsDrawn) {
  const Json run = RunInWorld("child = fork()\nchild: host_write(map, 0, 'c')\n");
  EXPECT_EQ(Marks(run, "gmem", "host child"), "H-------");
}

TEST_F(ApiTest, ManyMayAskAtOnce) {
  const std::string body =
      Json({{"scenario", std::string(kWorld) + "host_write(map, 0, 'A')\n"}}).dump();
  const std::string answer = Post("/api/run", body).body;
  constexpr int kThreads = 8;
  std::atomic<int> same = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] { same += Post("/api/run", body).body == answer ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(same, kThreads);
}

TEST(ResponseHeadersTest, NoScriptAndNoStyleMayStandInThePage) {
  for (const Header& header : ResponseHeaders()) {
    if (header.name != "Content-Security-Policy") continue;
    EXPECT_THAT(std::string(header.value), StartsWith("default-src 'none'; script-src 'self'"));
    EXPECT_THAT(std::string(header.value), ::testing::Not(HasSubstr("unsafe")));
    return;
  }
  ADD_FAILURE() << "there is no policy";
}

}  // namespace
}  // namespace kvm_model::serve
