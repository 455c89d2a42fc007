// kvmsim map: the picture of a scenario, in each of its forms.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "nlohmann/json.hpp"
#include "pugixml.hpp"
#include "tests/cli/command_line.h"
#include "tests/cli/scenario_file.h"

namespace kvm_model::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;

Outcome MapOf(std::string_view text, std::string_view options = "") {
  return RunMap(WriteFile("drawn.kvmt", text) + " " + std::string(options));
}

// What the page has between the script element that holds the steps and its end.
Json StepsOf(const std::string& page) {
  constexpr std::string_view kBegin = R"(id="steps">)";
  const std::size_t begin = page.find(kBegin) + kBegin.size();
  return Json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

int CountOf(std::string_view text, std::string_view part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST(MapTextTest, DrawsWhatEachCallChanges) {
  const Outcome outcome = MapOf(kStory);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  EXPECT_THAT(outcome.err, IsEmpty());
  EXPECT_THAT(outcome.out, HasSubstr(R"(    8  host_write(map, 1p, 'A') -> ok
        gmem  attributes  SSSS
              contents    .A..
              host        -H-.
              guest       .--.
              pins        ....
    9  pin = pin(map, 1p) -> ok
        gmem  attributes  SSSS
              contents    .A..
              host        -H-.
              guest       .--.
              pins        .1..
   10  set_memory_attributes2(gmem, 1p, 1p, PRIVATE, PRESERVE) -> EAGAIN error_offset=0x1000
        gmem  attributes  SSSS
              contents    .A..
              host        ---.
              guest       .--.
              pins        .1..
)"));
  EXPECT_THAT(outcome.out, HasSubstr(R"(   13  guest_write(vm, 4G, '<') -> ok
        gmem  attributes  SPSS
              contents    .<..
              host        ---.
              guest       .G-.
              pins        ....
   14  host_read(map, 1p) -> SIGBUS  (no page changed)
)"));
  EXPECT_THAT(outcome.out, HasSubstr(R"(              host        ---.
              host child  H--.
)"));
}

TEST(MapTextTest, TheLegendExplainsTheMarksThatAreThere) {
  const Outcome outcome = MapOf(kStory);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("drawn.kvmt (x86 rfc-v4)\nattributes  S shared, P priv"),
                                 HasSubstr("1 so many long-term references\n"),
                                 Not(HasSubstr("poisoned")), Not(HasSubstr("U there"))));
}

TEST(MapTextTest, AHoleThatComesAndGoesIsSeen) {
  const Outcome outcome = MapOf(R"(host x86 rfc-v4
kvm = open()
vm  = create_vm(kvm)
g   = create_guest_memfd(vm, 2p, MMAP|INIT_SHARED)
fallocate(g, KEEP_SIZE, 0, 1p)
fallocate(g, KEEP_SIZE, 0, 1p)
fallocate(g, KEEP_SIZE|PUNCH_HOLE, 0, 1p)
m = mmap(g, 0, 1p)
host_write(m, 0, 200)
poison(g, 0)
close(g)
munmap(m)
)");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("contents    0."), HasSubstr("0, 1p) -> 0  (no page changed)"),
                    HasSubstr("contents    #."), HasSubstr("contents    ?."),
                    HasSubstr("pins        e."), HasSubstr("close(g) -> 0  (no page changed)"),
                    HasSubstr("munmap(m) -> 0\n        g is released\n")));
}

TEST(MapTextTest, AGuestThatReachesTheFileThroughTheProcessIsToldApart) {
  const Outcome outcome = MapOf(R"(host x86 rfc-v4
kvm = open()
vm  = create_vm(kvm)
g   = create_guest_memfd(vm, 4p, MMAP|INIT_SHARED)
m   = mmap(g, 1p, 2p)
set_user_memory_region(vm, slot=1, gpa=4G, size=2p, hva=m)
guest_write(vm, 4G+1p, 'u')
)");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("contents    ..u."), HasSubstr("host        .-H."),
                                 HasSubstr("guest       ..U.")));
}

// Where the VM tracks attributes, the file's pages have those of the gfns at which they lie.
TEST(MapTextTest, AttributesOfTheVmAreThoseOfTheSlot) {
  const Outcome outcome = MapOf(R"(host x86 linux-6.18
kvm = open()
vm  = create_vm(kvm, SW_PROTECTED)
g   = create_guest_memfd(vm, 4p)
m   = mmap(-1, 0, 2p, flags=PRIVATE|ANONYMOUS)
set_user_memory_region2(vm, 1, GUEST_MEMFD, 4G, 2p, m, g, 1p)
set_memory_attributes(vm, 4G+1p, 1p, PRIVATE)
guest_write(vm, 4G, 's')
guest_write(vm, 4G+1p, 'p')
)");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("attributes  ----"), HasSubstr("attributes  -SS-"),
                                 HasSubstr("attributes  -SP-"), HasSubstr("contents    ..p."),
                                 HasSubstr("guest       .-G.")));
}

TEST(MapTextTest, FilesOfOneNameAndWithoutOneAreToldApart) {
  const Outcome outcome = MapOf(R"(host x86 rfc-v4
kvm = open()
vm  = create_vm(kvm)
repeat 2 {
  g = create_guest_memfd(vm, 1p)
}
create_guest_memfd(vm, 1p)
)");
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("(turn 0) -> fd\n        g  attributes  P\n"),
                                 HasSubstr("(turn 1) -> fd\n        g #2  attributes  P\n"),
                                 HasSubstr("        line 7  attributes  P\n")));
}

TEST(MapTextTest, ManyPagesAreTheirRuns) {
  const Outcome outcome = MapOf(R"(host x86 rfc-v4
kvm = open()
vm  = create_vm(kvm, SW_PROTECTED)
g   = create_guest_memfd(vm, 1048576p, INIT_SHARED)
set_memory_attributes2(g, 7p, 9p, PRIVATE)
fallocate(g, KEEP_SIZE, 0, 1048575p)
repeat 40 {
  set_memory_attributes2(g, $ip+$ip, 1p, PRIVATE)
}
)");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("        g, 1048576 pages\n           attributes  [0,1048576) S\n"),
                    HasSubstr("attributes  [0,7) S  [7,16) P  [16,1048576) S\n"),
                    HasSubstr("contents    [0,1048575) :  [1048575,1048576) .\n"),
                    HasSubstr(" more runs\n")));
  EXPECT_LT(outcome.out.size(), 100'000U);
}

TEST(MapCommandTest, AnotherAnswerIsDrawnUpToThereAndGivesOne) {
  const std::string story = std::string(kStory) + "host_read(map, 0) -> 'x'\nclose(gmem)\n";
  const Outcome outcome = MapOf(story);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("host_read(map, 0) -> 'c'"), HasSubstr("drawn.kvmt:17 [model]"),
                    HasSubstr("expected  'x'"), HasSubstr("trail"), Not(HasSubstr("close(gmem)"))));
  const Outcome svg = MapOf(story, "--format svg");
  EXPECT_EQ(svg.exit_code, 1);
  EXPECT_THAT(svg.out, HasSubstr("Failed at line 17: expected 'x', answered 'c'"));
  EXPECT_THAT(svg.err, HasSubstr("expected  'x'"));
  const Outcome html = MapOf(story, "--format html");
  EXPECT_EQ(html.exit_code, 1);
  EXPECT_EQ(StepsOf(html.out)["verdict"], "fail");
}

TEST(MapCommandTest, WhatIsNotKnownGivesFour) {
  const Outcome outcome = MapOf(R"(host x86 rfc-v4
kvm = open()
vm  = create_vm(kvm)
v   = create_vcpu(vm)
ioctl(v, KVM_RUN, 0)
close(v)
)");
  EXPECT_EQ(outcome.exit_code, 4) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("KVM_RUN, 0) -> not modelled: "), HasSubstr("skip "),
                                 Not(HasSubstr("close(v)"))));
}

TEST(MapCommandTest, BadUsageGivesTwo) {
  EXPECT_EQ(RunMap("").exit_code, 2);
  EXPECT_EQ(RunMap("/nowhere.kvmt").exit_code, 2);
  EXPECT_EQ(MapOf(kStory, "--format png").exit_code, 2);
  const Outcome outcome = MapOf("host x86 rfc-v4\nkvm = opn()\n");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("drawn.kvmt:2:7: "));
  EXPECT_THAT(outcome.out, IsEmpty());
}

TEST(MapCommandTest, TheOutputIsWrittenWholeOrNotAtAll) {
  const std::string folder = ::testing::TempDir() + "map_output/";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  EXPECT_EQ(MapOf(kStory, "--output " + folder + "picture.txt").exit_code, 0);
  EXPECT_EQ(ReadFile(folder + "picture.txt"), MapOf(kStory).out);
  // What stood there goes, its permissions stay.
  std::filesystem::permissions(folder + "picture.txt", std::filesystem::perms::owner_all);
  EXPECT_EQ(
      MapOf("host x86 rfc-v4\nkvm = open()\n", "--output " + folder + "picture.txt").exit_code, 0);
  EXPECT_EQ(ReadFile(folder + "picture.txt"), MapOf("host x86 rfc-v4\nkvm = open()\n").out);
  EXPECT_EQ(std::filesystem::status(folder + "picture.txt").permissions(),
            std::filesystem::perms::owner_all);
  const Outcome nowhere = MapOf(kStory, "--output " + folder + "none/picture.txt");
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("none/picture.txt"));
  EXPECT_THAT(nowhere.err, HasSubstr(": No such file or directory\n"));
  EXPECT_EQ(MapOf(kStory, "--output " + folder).exit_code, 2);
  // What is no regular file is written as it is, and says when it is full.
  EXPECT_EQ(MapOf(kStory, "--output /dev/null").exit_code, 0);
  if (std::filesystem::exists("/dev/full")) {
    const Outcome full = MapOf(kStory, "--output /dev/full");
    EXPECT_EQ(full.exit_code, 2);
    EXPECT_THAT(full.err, HasSubstr("/dev/full: not all of it could be written"));
  }
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files += entry.exists();
  EXPECT_EQ(files, 1);
}

TEST(MapCommandTest, TheSeedDecidesRandomBytes) {
  const std::string scrambles = R"(host x86 rfc-v4
kvm = open()
vm  = create_vm(kvm, SW_PROTECTED)
g   = create_guest_memfd(vm, 64p, MMAP|INIT_SHARED)
m   = mmap(g, 0, 64p)
repeat 64 {
  host_write(m, $ip, 'x')
}
set_memory_attributes2(g, 0, 64p, PRIVATE)
)";
  EXPECT_EQ(MapOf(scrambles, "--seed 1").out, MapOf(scrambles, "--seed 1").out);
  EXPECT_NE(MapOf(scrambles, "--seed 1").out, MapOf(scrambles, "--seed 2").out);
}

class MapSvgTest : public ::testing::Test {
 protected:
  // The picture, which must be XML.
  pugi::xml_node Svg(std::string_view text, std::string_view options = "") {
    const Outcome outcome = MapOf(text, "--format svg " + std::string(options));
    const pugi::xml_parse_result parsed =
        document_.load_string(outcome.out.c_str(), pugi::parse_default | pugi::parse_declaration);
    EXPECT_TRUE(parsed) << parsed.description() << " at " << parsed.offset;
    return document_.child("svg");
  }
  pugi::xml_document document_;
};

TEST_F(MapSvgTest, IsXmlWithATitleAndADescription) {
  const pugi::xml_node svg = Svg(kStory);
  EXPECT_STREQ(svg.attribute("xmlns").value(), "http://www.w3.org/2000/svg");
  EXPECT_STREQ(svg.attribute("role").value(), "img");
  EXPECT_THAT(svg.child_value("title"), StartsWith("Pages of "));
  EXPECT_THAT(svg.child_value("desc"),
              AllOf(HasSubstr("14 calls, all as expected"),
                    HasSubstr("Line 9: pin = pin(map, 1p) -> ok; gmem: attributes SSSS contents "
                              ".A.. host -H-. guest .--. pins .1..")));
  EXPECT_THAT(svg.child_value("style"), HasSubstr("prefers-color-scheme: dark"));
}

TEST_F(MapSvgTest, EachMarkHasAShapeOrALetter) {
  Svg(kStory);
  const auto count = [this](const char* query) { return document_.select_nodes(query).size(); };
  EXPECT_EQ(count("//rect[@fill='url(#hatch)']"), count("//rect[@class='private']"));
  EXPECT_GT(count("//rect[@class='private']"), 1U);
  EXPECT_GT(count("//text[contains(@class, 'mark') and text()='P']"), 1U);
  EXPECT_GT(count("//path[@class='pin']"), 0U);
  EXPECT_GT(count("//circle[@class='host']"), 0U);
  EXPECT_GT(count("//circle[@class='host open']"), 0U);
  EXPECT_GT(count("//path[@class='guest open']"), 0U);
  EXPECT_GT(count("//rect[@class='changed']"), 0U);
}

TEST_F(MapSvgTest, NothingIsFetched) {
  const std::string svg = MapOf(kStory, "--format svg").out;
  EXPECT_EQ(CountOf(svg, "http"), 1) << "the name space alone";
  EXPECT_THAT(svg,
              AllOf(Not(HasSubstr("<script")), Not(HasSubstr("@import")), Not(HasSubstr("href"))));
}

TEST_F(MapSvgTest, WhatTheScenarioSaysIsNoMarkup) {
  const pugi::xml_node svg =
      Svg("# <script>alert(1)</script> & \x01\xff \xe2\x82\xac\nhost x86 rfc-v4\nkvm = open()\n"
          "vm = create_vm(kvm)\ng = create_guest_memfd(vm, 1p, MMAP|INIT_SHARED)\n"
          "m = mmap(g, 0, 1p)\nhost_write(m, 0, '<')\nhost_write(m, 0, '&')\n"
          "host_write(m, 0, '\"')\n");
  EXPECT_TRUE(svg);
  EXPECT_EQ(document_.select_nodes("//script").size(), 0U);
  EXPECT_EQ(document_.select_nodes("//text[text()='<']").size(), 1U);
}

TEST_F(MapSvgTest, ManyPagesAreColumns) {
  EXPECT_TRUE(Svg(R"(host x86 rfc-v4
kvm = open()
vm  = create_vm(kvm, SW_PROTECTED)
g   = create_guest_memfd(vm, 1048576p, INIT_SHARED)
repeat 500 {
  set_memory_attributes2(g, $ip+$ip, 1p, PRIVATE)
}
)"));
  // 503 calls: the last few aren't drawn.
  EXPECT_EQ(document_.select_nodes("//text[text()='4' and @class='faint']").size(), 1U);
  EXPECT_THAT(document_.child("svg").child_value("desc"),
              HasSubstr("503 calls, all as expected; the last 3 not drawn, as a picture of this "
                        "form has 500 calls"));
  EXPECT_GT(document_.select_nodes("//text[text()='~']").size(), 0U);
}

TEST(MapHtmlTest, HoldsEachStepAndItsControls) {
  const std::string page = MapOf(kStory, "--format html").out;
  EXPECT_THAT(page, StartsWith("<!DOCTYPE html>\n<html lang=\"en\">"));
  for (const std::string_view part :
       {"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
        "<title>Pages of ", "<input type=\"range\" id=\"step\"", "<label for=\"step\"",
        "id=\"previous\"", "id=\"next\"", "id=\"trail\"", "prefers-color-scheme: dark",
        "<noscript>"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
  for (const std::string_view element : {"html", "head", "body", "main", "style", "h1"}) {
    EXPECT_EQ(CountOf(page, "</" + std::string(element) + ">"), 1) << element;
  }
  const Json json = StepsOf(page);
  EXPECT_EQ(json["verdict"], "pass");
  ASSERT_EQ(json["steps"].size(), 14U);
  EXPECT_EQ(json["files"]["gmem"]["columns"], Json::parse("[[0,1],[1,2],[2,3],[3,4]]"));
  const Json& write = json["steps"][5];
  EXPECT_EQ(write["call"], "host_write(map, 1p, 'A')");
  EXPECT_EQ(write["answer"], "ok");
  EXPECT_EQ(write["changed"]["gmem"][1]["marks"], ".A..");
  EXPECT_EQ(write["touched"]["gmem"], Json::parse("[1]"));
  EXPECT_THAT(write["trail"].get<std::string>(), HasSubstr("kvm_gmem_fault_user_mapping()"));
  EXPECT_EQ(json["steps"][11]["changed"], Json::object());
}

TEST(MapHtmlTest, FetchesNothing) {
  const std::string page = MapOf(kStory, "--format html").out;
  EXPECT_EQ(CountOf(page, "http"), 0);
  EXPECT_EQ(CountOf(page, "src="), 0);
  EXPECT_EQ(CountOf(page, "@import"), 0);
}

TEST(MapHtmlTest, WhatTheScenarioSaysIsNoMarkup) {
  const std::string page =
      MapOf(
          "# </script><script>alert(1)</script>\nhost x86 rfc-v4\nkvm = open()\n"
          "check_extension(kvm, 1) -> '<'\n",
          "--format html")
          .out;
  EXPECT_EQ(CountOf(page, "<script"), 2);
  EXPECT_EQ(StepsOf(page)["verdict"], "fail");
}

TEST(MapHtmlTest, FilesOfOnePageAndOfAMillion) {
  const std::string page = MapOf(R"(host x86 rfc-v4
kvm = open()
vm  = create_vm(kvm, SW_PROTECTED)
one = create_guest_memfd(vm, 1p)
g   = create_guest_memfd(vm, 1048576p, INIT_SHARED)
set_memory_attributes2(g, 100p, 8p, PRIVATE)
)",
                                 "--format html")
                               .out;
  const Json json = StepsOf(page);
  EXPECT_EQ(json["files"]["one"]["columns"], Json::parse("[[0,1]]"));
  EXPECT_EQ(json["files"]["g"]["columns"], Json::parse("[[0,100],[100,108],[108,1048576]]"));
  EXPECT_EQ(json["steps"][4]["changed"]["g"][0]["marks"], "SPS");
  EXPECT_LT(page.size(), 60'000U);
}

}  // namespace
}  // namespace kvm_model::cli
