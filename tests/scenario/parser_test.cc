#include "tools/scenario/parser.h"

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

#include "kvm_model/revision.h"
#include "tests/scenario/parsing.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/evaluate.h"
#include "tools/scenario/names.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model::scenario {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;

// Every kind of thing that the language has, once.
constexpr std::string_view kWhole = R"(# What converting one page means for both sides.
#
# Second paragraph.
rule GMEM-CONVERT-PRESERVE   # its rule
host x86 rfc-v4 hw.snp=1 CONFIG_KVM_VM_MEMORY_ATTRIBUTES=n

kvm  = open()                                                -> fd
vm   = create_vm(kvm, type=SW_PROTECTED)                     -> fd
check_extension(vm, KVM_CAP_MEMORY_ATTRIBUTES2_FLAGS)        -> ZERO|PRESERVE
check_extension(kvm, VM_TYPES)                               -> DEFAULT|SW_PROTECTED|0x3c
enable_cap(vm, KVM_CAP_SPLIT_IRQCHIP, args=[24, 0x1])        -> {0, EINVAL}
gmem = create_guest_memfd(vm, size=4p, flags=MMAP|INIT_SHARED) -> fd
map  = mmap(gmem, offset=0, size=4p)                         -> ok
mem = mmap(-1, 0, 4p, rw, PRIVATE|ANONYMOUS)
set_user_memory_region2(vm, 1, GUEST_MEMFD, 4G, 4p, hva=map, guest_memfd=gmem, offset=0) -> 0
host_write(map, 1p, '#')                                     -> ok
set_memory_attributes2(gmem, offset=1p, size=1p, attributes=PRIVATE, flags=PRESERVE) -> 0
set_memory_attributes2(gmem, 0, 2p, PRIVATE) -> EAGAIN error_offset=1p
set_memory_attributes2(gmem, 1, 2p, PRIVATE, error_offset=7) -> EINVAL error_offset=unwritten
host_read(map, 1p)                                           -> SIGBUS
guest_read(vm, 4G+1p)                                        -> '\''
guest_read(vm, 4G + -1p, shared) -> {MMIO, MEMORY_FAULT gpa=4G flags=PRIVATE errno=EHWPOISON}
attributes(gmem)                                             -> [0,1) 0  [1,2) PRIVATE  [2,4) 0
resident(gmem) -> [0,2)[3,4)
resident(gmem) -> none
vcpu = create_vcpu(vm)
pre_fault(vcpu, 4G, 4p) -> 0 gpa=4G+1p size=3p
pin = pin(map, 0)
unpin(pin)
child = fork() -> ok
child: g2 = create_guest_memfd(vm, 1p) -> EIO
child: close(g2) -> EBADF
ioctl(vm, KVM_CREATE_VCPU, BAD) -> not 0
ioctl(vm, 0xAEFF, NULL) -> not {0, 1}
repeat 3 {
  host_write(map, $ip, 'a'+$i)
  repeat 2 { host_read(map, $i) -> any }
}
)";

TEST(ParserTest, ReadsEveryKindOfThing) {
  const Scenario scenario = Parsed(kWhole);
  EXPECT_EQ(scenario.description,
            "What converting one page means for both sides.\n\nSecond paragraph.");
  EXPECT_EQ(scenario.rule, "GMEM-CONVERT-PRESERVE");
  EXPECT_EQ(scenario.host.arch, "x86");
  EXPECT_EQ(scenario.host.revision, "rfc-v4");
  EXPECT_THAT(scenario.host.settings,
              ElementsAre(Pair("hw.snp", "1"), Pair("CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "n")));
  ASSERT_THAT(scenario.statements, SizeIs(29));
  const Call& last = std::get<Call>(scenario.statements[27].what);
  EXPECT_EQ(last.position.line, 34);
  const Repeat& repeat = std::get<Repeat>(scenario.statements[28].what);
  EXPECT_EQ(repeat.turns, 3U);
  EXPECT_THAT(repeat.body, SizeIs(2));
}

// The call on the last line of a good text.
Call LastCall(const Scenario& scenario) { return std::get<Call>(scenario.statements.back().what); }

std::optional<std::uint64_t> LastArgument(const Scenario& scenario) {
  return EvaluateConstant(LastCall(scenario).arguments.back().values.front());
}

TEST(ParserTest, ANameMeansWhatItsArgumentSays) {
  EXPECT_EQ(LastArgument(Parsed(WithPrelude("set_memory_attributes(vm, 0, 1p, PRIVATE)"))),
            uapi::kMemoryAttributePrivate);
  EXPECT_EQ(LastArgument(Parsed(WithPrelude("mmap(gmem, 0, 1p, flags=PRIVATE)"))),
            uapi::kMapPrivate);
  EXPECT_EQ(LastArgument(Parsed(WithPrelude("mmap(gmem, 0, 1p, prot=xr)"))),
            uapi::kProtRead | uapi::kProtExec);
  EXPECT_EQ(LastArgument(Parsed(WithPrelude("mmap(gmem, 0, 1p, prot=PROT_READ|PROT_EXEC)"))),
            uapi::kProtRead | uapi::kProtExec);
}

TEST(ParserTest, AVmTypeBelongsToItsArchitecture) {
  EXPECT_EQ(LastArgument(Parsed("host s390 linux-7.0\nk = open()\ncreate_vm(k, UCONTROL)")),
            uapi::kVmS390Ucontrol);
  EXPECT_EQ(LastArgument(Parsed("host arm64 linux-7.0\nk = open()\ncreate_vm(k, DEFAULT)")), 0U);
  EXPECT_THAT(ErrorsOf("host arm64 rfc-v4\nk = open()\ncreate_vm(k, SNP)"),
              ElementsAre(StartsWith("3:14: unknown name 'SNP' in type of create_vm: it is neither "
                                     "a VM type of arm64")));
}

TEST(ParserTest, ACapabilityHasTheNumberOfItsRevision) {
  const std::string call = "k = open()\ncheck_extension(k, KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES)";
  EXPECT_EQ(LastArgument(Parsed("host x86 rfc-v4\n" + call)), 249U);
  EXPECT_EQ(LastArgument(Parsed("host x86 next-20260923\n" + call)), 252U);
  // Asking an old kernel for a new capability is what programs do.
  EXPECT_EQ(LastArgument(Parsed("host x86 linux-6.12\n" + call)), 249U);
}

// What the model has is what is meant; a machine's other kernels can be named all the same.
TEST(ParserTest, ARevisionIsSuggestedThatTheModelHas) {
  EXPECT_THAT(ErrorsOf("host x86 linux-6.13"),
              ElementsAre(StartsWith("1:10: unknown revision 'linux-6.13'; did you mean "
                                     "linux-6.12? (known: linux-6.12, linux-6.18, linux-7.0, "
                                     "rfc-v4, next-20260923)")));
  std::vector<std::string_view> modelled;
  for (const Revision& revision : Revisions()) modelled.push_back(revision.name);
  EXPECT_THAT(modelled, ElementsAreArray(kModelledRevisions));
}

TEST(ParserTest, AnIoctlHasTheNumberOfItsArchitecture) {
  const std::string call = "k = open()\nioctl(k, KVM_CREATE_VM, 0)";
  const auto request = [](const Scenario& scenario) {
    return EvaluateConstant(LastCall(scenario).arguments[1].values.front());
  };
  EXPECT_EQ(request(Parsed("host x86 rfc-v4\n" + call)), 0xae01U);
  EXPECT_EQ(request(Parsed("host powerpc rfc-v4\n" + call)), 0x2000ae01U);
}

TEST(ParserTest, NumbersWrapAtSixtyFourBits) {
  const auto size = [](std::string_view number) {
    return LastArgument(
        Parsed(WithPrelude(std::string("create_guest_memfd(vm, ") + std::string(number) + ")")));
  };
  EXPECT_EQ(size("-1"), 0xffffffffffffffffU);
  EXPECT_EQ(size("0xffffffffffffffff+2"), 1U);
  EXPECT_EQ(size("1|2+4|8"), 15U);
  EXPECT_EQ(size("-4K+1"), std::uint64_t{0} - 4095);
  EXPECT_EQ(size("16777215T"), std::uint64_t{16777215} << 40);
  EXPECT_EQ(size("0x10G"), std::uint64_t{1} << 34);
}

TEST(ParserTest, WrongKindsOfThingsAreNoErrors) {
  EXPECT_THAT(ErrorsOf(WithPrelude("mmap(vm, 0, 1p)\nclose(map)\nhost_read(gmem, kvm)\n"
                                   "mmap(-1, 0, 0)\nset_user_memory_region(7, 1, 0, gmem, 1, BAD)\n"
                                   "vm = close(vm)\nunpin(map)\n")),
              IsEmpty());
}

TEST(ParserTest, WordsOfTheLanguageCanBeNames) {
  EXPECT_THAT(ErrorsOf("host x86 rfc-v4\nhost = open()\nrule = create_vm(host)\n"
                       "repeat = create_vcpu(rule)\nfd = open() -> fd\nclose(fd)\nclose(repeat)\n"),
              IsEmpty());
}

TEST(ParserTest, AChildSeesWhatItsParentNamed) {
  EXPECT_THAT(ErrorsOf(WithPrelude("c = fork()\nlate = open()\nc: close(late)\nc: d = fork()\n"
                                   "d: close(late)\nd: own = open()\nd: close(own)")),
              IsEmpty());
  EXPECT_THAT(ErrorsOf(WithPrelude("c = fork()\nc: own = open()\nclose(own)")),
              ElementsAre(StartsWith("8:7: unknown name 'own' in fd of close")));
}

struct BadCase {
  std::string_view what;
  std::string_view text;   // Stands behind the prelude.
  std::string_view error;  // With the line counted from the text.
};

void PrintTo(const BadCase& bad, std::ostream* out) { *out << bad.text; }

class BadInputTest : public testing::TestWithParam<BadCase> {};

TEST_P(BadInputTest, IsReportedOnceWhereItStands) {
  const std::vector<std::string> errors = ErrorsOf(WithPrelude(GetParam().text));
  ASSERT_THAT(errors, SizeIs(1)) << testing::PrintToString(errors);
  const std::string& error = errors.front();
  const int line = std::stoi(error) - kPreludeLines;
  EXPECT_EQ(std::to_string(line) + error.substr(error.find(':')), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadInputTest,
    testing::Values(
        BadCase{"MisspeltCall", "hostread(map, 0)",
                "1:1: there is no call 'hostread'; did you mean host_read?"},
        BadCase{"MisspeltArgument", "mmap(gmem, ofset=0, size=1p)",
                "1:12: mmap has no argument 'ofset'; did you mean offset?"},
        BadCase{"MisspeltFlag", "create_guest_memfd(vm, 1p, MMAPP)",
                "1:28: unknown name 'MMAPP' in flags of create_guest_memfd: it is neither a flag "
                "of guest_memfd nor a name that an earlier call was given; did you mean MMAP?"},
        BadCase{"MisspeltCapability", "check_extension(vm, KVM_CAP_VM_TYPE)",
                "1:21: unknown name 'KVM_CAP_VM_TYPE' in cap of check_extension: it is neither a "
                "capability nor a name that an earlier call was given; did you mean "
                "KVM_CAP_VM_TYPES?"},
        BadCase{"MisspeltVariable", "host_read(mapp, 0)",
                "1:11: unknown name 'mapp' in map of host_read: no call before this line has given "
                "that name a value; did you mean map?"},
        BadCase{"UseBeforeDefinition", "close(later)\nlater = open()",
                "1:7: unknown name 'later' in fd of close: no call before this line has given that "
                "name a value"},
        BadCase{"UseInItsOwnCall", "self = close(self)",
                "1:14: unknown name 'self' in fd of close: no call before this line has given that "
                "name a value"},
        BadCase{"MissingArgument", "create_guest_memfd(vm, flags=MMAP)",
                "1:19: create_guest_memfd needs size: create_guest_memfd(vm, size, flags=0, "
                "reserved=0)"},
        BadCase{"MissingArguments", "fallocate(gmem, KEEP_SIZE)",
                "1:10: fallocate needs offset and len: fallocate(gmem, mode, offset, len)"},
        BadCase{"TooManyArguments", "close(vm, 1)", "1:11: too many arguments: close(fd)"},
        BadCase{"ArgumentTwice", "mmap(gmem, 0, 1p, offset=0)", "1:19: offset is given twice"},
        BadCase{"PositionalBehindNamed", "mmap(gmem, offset=0, 1p)",
                "1:22: an argument without a name can't follow one with a name"},
        BadCase{"PointerAsNumber", "create_guest_memfd(vm, NULL)",
                "1:24: NULL is a pointer, and size of create_guest_memfd is none"},
        BadCase{"TooLargeNumber", "create_guest_memfd(vm, 18446744073709551616)",
                "1:24: 18446744073709551616 doesn't fit in 64 bits"},
        BadCase{"TooLargeSuffix", "create_guest_memfd(vm, 16777216T)",
                "1:24: 16777216T doesn't fit in 64 bits"},
        BadCase{"TooManyPages", "create_guest_memfd(vm, 0x10000000000000p)",
                "1:24: 0x10000000000000p doesn't fit in 64 bits"},
        BadCase{"UnknownSuffix", "create_guest_memfd(vm, 4k)",
                "1:24: 'k' is no suffix of a number: p (pages), K, M, G and T are"},
        BadCase{"HexWithoutDigits", "close(0x)", "1:7: a hex number needs digits after 0x"},
        BadCase{"Subtraction", "guest_read(vm, 4G-1p)",
                "1:18: there is no subtraction: add a negative number, as in 4G + -1p"},
        BadCase{"BadByte", "host_write(map, 0, 'AB')",
                "1:20: a byte is one character in quotes: 'A', '\\n', '\\0', '\\'', '\\x1f'"},
        BadCase{"ForeignCharacter", "close(vm) ; close(kvm)", "1:11: ';' has no meaning here"},
        BadCase{"IndexOutsideRepeat", "host_read(map, $i)",
                "1:16: $i has a value only inside a repeat"},
        BadCase{"UnknownDollar", "repeat 1 {\nhost_read(map, $j)\n}",
                "2:16: after '$' only i is known: the turn of the repeat"},
        BadCase{"ListWithoutBrackets", "enable_cap(vm, 1, args=5)",
                "1:24: expected '[' before the list in args of enable_cap, found '5'"},
        BadCase{"LongList", "enable_cap(vm, 1, args=[1,2,3,4,5])",
                "1:33: args of enable_cap takes at most 4 numbers"},
        BadCase{"UnknownProcess", "chidl: close(vm)",
                "1:1: no fork before this line has been named 'chidl'"},
        BadCase{"NoParenthesis", "open",
                "1:5: expected '(' behind open, found the end of the line"},
        BadCase{"RestOfLine", "close(vm) 0",
                "1:11: expected '->' or the end of the line, found '0'"},
        BadCase{"NoExpectation", "close(vm) ->",
                "1:13: expected a value for the answer of close, found the end of the line"},
        BadCase{"MisspeltErrno", "close(vm) -> EBADFD_",
                "1:14: 'EBADFD_' is no answer that close could give; did you mean EBADFD?"},
        BadCase{"ImpossibleAnswer", "close(vm) -> SIGBUS",
                "1:14: close answers 0, errno, never 'SIGBUS'"},
        BadCase{"ImpossibleField", "close(vm) -> EBADF error_offset=0",
                "1:20: 'error_offset' doesn't come back with this answer of close"},
        BadCase{"FieldTwice", "guest_read(vm, 0) -> MEMORY_FAULT gpa=0 gpa=0",
                "1:41: gpa is expected twice"},
        BadCase{"RunWithoutValue", "attributes(gmem) -> [0,1)",
                "1:21: a run of attributes needs its value behind it, as in [0,1) 0"},
        BadCase{"RunWithValue", "resident(gmem) -> [0,1) 0",
                "1:19: a run of resident pages has no value"},
        BadCase{"OpenSet", "close(vm) -> {0, EBADF",
                "1:23: expected '}' at the end of the set of answers, found the end of the line"},
        BadCase{"SecondHost", "host x86 rfc-v4", "1:1: a second host line: a file has one"},
        BadCase{"SecondRule", "rule A\nrule B", "2:1: a second rule: a file shows one"},
        BadCase{"LongRule", "rule A B", "1:1: expected one name: rule NAME"},
        BadCase{"StrayBrace", "}", "1:1: expected a call, found '}'"},
        BadCase{"OpenRepeat", "repeat 2 {\nclose(vm)", "1:1: this repeat has no closing '}'"},
        BadCase{"RepeatWithoutNumber", "repeat many {\nhost_read(map, $i)\n}",
                "1:8: expected a plain number of turns, found 'many'"},
        BadCase{"TooManyTurns", "repeat 1001 {\nrepeat 1000 {\nx = open()\n}\nclose(x)\n}",
                "2:8: too many turns: a line runs at most 1000000 times"},
        BadCase{"ErrorInOneLineRepeat", "repeat 2 { closs(vm) }\nclose(vm)",
                "1:12: there is no call 'closs'; did you mean close?"},
        BadCase{"HostInRepeat", "repeat 1 {\nhost x86 rfc-v4\n}",
                "2:1: a host line can't stand in a repeat"}),
    [](const testing::TestParamInfo<BadCase>& bad) { return std::string(bad.param.what); });

TEST(ParserTest, ReportsAllErrorsOfAFileInOrder) {
  EXPECT_THAT(ErrorsOf("host x86 rfc-v4\nk = opn()\nclose(k)\nv = create_vm(k, 5z)\nclose(v)\n"
                       "close()\n"),
              ElementsAre(StartsWith("2:5: there is no call 'opn'; did you mean open?"),
                          StartsWith("4:18: 'z' is no suffix"), StartsWith("6:6: close needs fd")));
}

TEST(ParserTest, StopsAfterTwentyErrors) {
  std::string text = "host x86 rfc-v4\n";
  for (int i = 0; i < 100; ++i) text += "nothing()\n";
  EXPECT_THAT(ErrorsOf(text), SizeIs(20));
}

TEST(ParserTest, TheHostLineComesFirst) {
  EXPECT_THAT(ErrorsOf(""), ElementsAre(HasSubstr("the file has no host line")));
  EXPECT_THAT(ErrorsOf("kvm = open()\nhost x86 rfc-v4\n"),
              ElementsAre(StartsWith("1:1: the host line must come before the first call"),
                          StartsWith("2:1: the host line must come before any call")));
}

TEST(ParserTest, AHostLineNamesWhatThereIs) {
  EXPECT_THAT(ErrorsOf("host x68 rfc-v5\n"),
              ElementsAre(StartsWith("1:6: unknown architecture 'x68'; did you mean x86?"),
                          StartsWith("1:10: unknown revision 'rfc-v5'; did you mean rfc-v4?")));
  EXPECT_THAT(ErrorsOf("host x86\n"), ElementsAre(StartsWith("1:1: expected host ARCH REVISION")));
  EXPECT_THAT(ErrorsOf("host x86 rfc-v4 hw.snp\n"),
              ElementsAre("1:17: expected NAME=VALUE, found 'hw.snp'"));
  EXPECT_THAT(ErrorsOf("host x86 rfc-v4 a=1 a=2\n"), ElementsAre("1:21: a is set twice"));
}

TEST(ParserTest, RepeatsNestToALimit) {
  const auto nested = [](int depth) {
    std::string text = "host x86 rfc-v4\n";
    for (int i = 0; i < depth; ++i) text += "repeat 1 {\n";
    text += "open() -> {fd, EACCES}\n";
    for (int i = 0; i < depth; ++i) text += "}\n";
    return text;
  };
  EXPECT_THAT(ErrorsOf(nested(kMaxRepeatDepth)), IsEmpty());
  EXPECT_THAT(ErrorsOf(nested(kMaxRepeatDepth + 1)),
              ElementsAre("10:1: repeats nest at most 8 deep"));
  EXPECT_THAT(ErrorsOf(nested(100'000)), Not(IsEmpty()));
}

TEST(ParserTest, LineEndsOfOtherSystemsAreFine) {
  EXPECT_THAT(ErrorsOf("# Text.\r\nhost x86 rfc-v4\r\nkvm = open() -> fd\r\n"), IsEmpty());
}

}  // namespace
}  // namespace kvm_model::scenario
