// Calls of the language as C: each has a form, and a C compiler takes them all.
#include "tools/c_form/c_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cctype>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "tools/backends/backend.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/names.h"
#include "tools/scenario/parser.h"

namespace kvm_model::c_form {
namespace {

using scenario::ArgumentKind;
using scenario::ArgumentSpec;
using scenario::CallSpec;
using scenario::NameContext;
using scenario::NameDomain;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr NameContext kNames = {"x86", "rfc-v4"};

// The form of the scenario's last line.
std::string FormOf(std::string_view line, NameContext names = kNames) {
  const std::string text =
      absl::StrFormat("host %s %s\nfd = open()\nmap = mmap(fd, 0, 4p)\npin = pin(map, 0)\n%s\n",
                      names.arch, names.revision, line);
  const auto parsed = scenario::Parse("form", text);
  if (!parsed) {
    ADD_FAILURE() << parsed.error().front().ToString();
    return {};
  }
  const auto& call = std::get<scenario::Call>(parsed->statements.back().what);
  scenario::CallRequest request{.id = call.id, .values = {}, .list = {}};
  request[scenario::ArgumentId::kSize] = 0x4000;
  return CForm(call, request, names);
}

// What a scenario may write there.
std::string ValueFor(const ArgumentSpec& spec) {
  switch (spec.kind) {
    case ArgumentKind::kDescriptor:
      return "fd";
    case ArgumentKind::kAddress:
      return "map";
    case ArgumentKind::kByte:
      return "'A'";
    case ArgumentKind::kList:
      return "[1, 2p]";
    case ArgumentKind::kNumber:
      break;
  }
  if (spec.id == scenario::ArgumentId::kPin) return "pin";
  if (spec.domain == NameDomain::kNone) return "4G+2p";
  return std::string(scenario::NamesIn(spec.domain, kNames).back());
}

// A line that makes the call with every argument.
std::string LineOf(const CallSpec& call) {
  std::string text = absl::StrFormat("given = %s(", call.name);
  for (const ArgumentSpec& spec : call.arguments) {
    if (&spec != call.arguments.begin()) text += ", ";
    absl::StrAppendFormat(&text, "%s=%s", scenario::ArgumentName(spec.id), ValueFor(spec));
  }
  return text + ")";
}

bool IsIdentifier(std::string_view text) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text.front())) != 0) return false;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') return false;
  }
  return true;
}

// The names of the headers that the forms may use, and what they stand for.
std::map<std::string, std::uint64_t> HeaderNames() {
  std::map<std::string, std::uint64_t> names;
  const auto add = [&names](NameDomain domain, std::string_view name) {
    const std::string spelled = scenario::SpelledInC(domain, name, kNames);
    EXPECT_TRUE(IsIdentifier(spelled)) << name << " is spelled " << spelled;
    names[spelled] = scenario::ResolveName(domain, name, kNames).value_or(0);
  };
  for (const NameDomain domain :
       {NameDomain::kAdvice, NameDomain::kCapability, NameDomain::kContentMode,
        NameDomain::kFallocateMode, NameDomain::kGuestMemfdFlag, NameDomain::kIoctl,
        NameDomain::kMapFlag, NameDomain::kMemoryAttribute, NameDomain::kMemslotFlag,
        NameDomain::kVmType}) {
    for (const std::string_view name : scenario::NamesIn(domain, kNames)) add(domain, name);
  }
  add(NameDomain::kContentMode, "MODE_UNSPECIFIED");
  return names;
}

std::string Program(const std::vector<std::string>& forms) {
  std::string text =
      "#define _GNU_SOURCE\n#include <fcntl.h>\n#include <stdint.h>\n#include <stdlib.h>\n"
      "#include <sys/ioctl.h>\n#include <sys/mman.h>\n#include <sys/uio.h>\n#include <unistd.h>\n"
      "#include \"tests/c_form/kernel_names.h\"\n";
  // An installed header may lack some; the others are what it says.
  for (const auto& [name, number] : HeaderNames()) {
    absl::StrAppendFormat(
        &text, "#ifdef %s\n_Static_assert(%s == %d, \"\");\n#else\n#define %s %dULL\n#endif\n",
        name, name, number, name, number);
  }
  text +=
      "void forms(int fd, void *map, int pin[2], void *bad_address, uint64_t page_size,\n"
      "           uint64_t turn) {\n";
  for (const std::string& form : forms) absl::StrAppendFormat(&text, "{\n%s}\n", form);
  return text + "}\n";
}

// What a C compiler says of the program; empty where it takes it.
std::string Complaints(const std::string& program) {
  const std::string path = std::filesystem::path(::testing::TempDir()) / "forms.c";
  std::ofstream(path) << program;
  const std::string command =
      "gcc -std=gnu11 -fsyntax-only -Wall -Wextra -Werror -Wno-unused -Wno-unused-result "
      "-Wno-maybe-uninitialized -I. " +
      path + " 2>&1";
  std::FILE* const pipe = popen(command.c_str(), "r");
  std::string said;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) said += static_cast<char>(c);
  const int status = pclose(pipe);
  return status == 0 ? said : absl::StrFormat("%s\nexit status %d", said, status);
}

TEST(CFormTest, EveryCallHasAFormThatACompilerTakes) {
  std::vector<std::string> forms;
  for (const CallSpec& call : scenario::AllCalls()) {
    forms.push_back(FormOf(LineOf(call)));
    EXPECT_FALSE(forms.back().empty()) << call.name;
    EXPECT_TRUE(forms.back().ends_with('\n')) << call.name;
  }
  for (const char* line :
       {"get_dirty_log(fd, 1, 1|2)", "clear_dirty_log(fd, 1, 0, 1|2, mask=1|2)",
        "set_user_memory_region(fd, 1, 0, 4G, 1p, map|1)", "host_read(map+1p|3, 1p|2)",
        "set_user_memory_region(fd, 1, 0, 4G, 1p, -map)", "munmap(BAD+1p)", "munmap(map|1)",
        "set_memory_attributes2(fd, 0, 1p, 0, MODE_UNSPECIFIED)"}) {
    forms.push_back(FormOf(line));
  }
  EXPECT_EQ(Complaints(Program(forms)), "");
}

TEST(CFormTest, EveryCapabilityAndIoctlIsSpelledAsTheHeaderDoes) {
  for (const auto& [name, number] : HeaderNames()) {
    EXPECT_THAT(name, ::testing::MatchesRegex("(KVM|GUEST_MEMFD|MADV|FALLOC|MAP)_[A-Z0-9_]+"));
  }
}

TEST(CFormTest, ACompilerSeesWhatIsWrong) {
  EXPECT_NE(Complaints(Program({"struct kvm_memory_attributes2 args = { .adress = 1 };\n"})), "");
}

TEST(CFormTest, AConversionIsAStructAndAnIoctl) {
  EXPECT_EQ(FormOf("set_memory_attributes2(fd, 1p, 3p, PRIVATE, PRESERVE)"),
            "struct kvm_memory_attributes2 args = {\n"
            "\t.offset = page_size,\n"
            "\t.size = 3 * page_size,\n"
            "\t.attributes = KVM_MEMORY_ATTRIBUTE_PRIVATE,\n"
            "\t.flags = KVM_SET_MEMORY_ATTRIBUTES2_PRESERVE,\n"
            "};\n"
            "ioctl(fd, KVM_SET_MEMORY_ATTRIBUTES2, &args);\n");
}

TEST(CFormTest, WordsThatAreNotZeroAreInTheStruct) {
  const std::string form =
      FormOf("set_memory_attributes2(fd, 0, 1p, 0, error_offset=7, reserved=0xffffffffffffffff)");
  EXPECT_THAT(form, HasSubstr("\t.error_offset = 7,\n"));
  EXPECT_THAT(form, HasSubstr("\t.reserved = { 0xffffffffffffffffULL },\n"));
}

TEST(CFormTest, AResultIsDeclaredUnlessTheCallUsesIt) {
  EXPECT_EQ(FormOf("other = dup(fd)"), "int other = dup(fd);\n");
  EXPECT_EQ(FormOf("fd = dup(fd)"), "fd = dup(fd);\n");
  EXPECT_EQ(FormOf("dup(fd)"), "dup(fd);\n");
}

TEST(CFormTest, NamesThatCTakesHaveALineBehindThem) {
  EXPECT_EQ(FormOf("int = dup(fd)"), "int int_ = dup(fd);\n");
  EXPECT_EQ(FormOf("args = dup(fd)"), "int args_ = dup(fd);\n");
}

TEST(CFormTest, MemoryIsTouchedAtMapAndOffset) {
  EXPECT_EQ(FormOf("host_write(map, 2p+1, '\\'')"),
            "*(volatile char *)((char *)map + 2 * page_size + 1) = '\\'';\n");
  EXPECT_EQ(FormOf("host_read(BAD, 0)"), "*(volatile char *)((char *)(bad_address));\n");
  EXPECT_THAT(FormOf("guest_read(fd, 4G+1p, private)"), HasSubstr("addressed as private"));
  EXPECT_THAT(FormOf("guest_read(fd, 4G+1p)"), Not(HasSubstr("addressed")));
}

TEST(CFormTest, WhatIsCalculatedIsWhatTheScenarioCalculates) {
  EXPECT_THAT(FormOf("get_dirty_log(fd, 1, 1|2)"), HasSubstr("calloc(((1 | 2) + 63) / 64, "));
  EXPECT_THAT(FormOf("clear_dirty_log(fd, 1, 0, 1|2, mask=7)"),
              HasSubstr("i < ((1 | 2) + 63) / 64; i++)"));
  EXPECT_THAT(FormOf("set_user_memory_region(fd, 1, 0, 4G, 1p, map|1)"),
              HasSubstr(".userspace_addr = (uintptr_t)map | 1,\n"));
  EXPECT_EQ(FormOf("munmap(map+1p)"), "munmap((void *)((uintptr_t)map + page_size), 0x4000);\n");
  EXPECT_THAT(FormOf("create_guest_memfd(fd, 1p+1|2)"), HasSubstr(".size = (page_size + 1) | 2,"));
}

TEST(CFormTest, AVariableIsNotTheLoopsOwn) {
  EXPECT_THAT(FormOf("i = fork()\nclear_dirty_log(fd, 1, 0, 64, mask=i)"), HasSubstr("[i] = i_;"));
}

TEST(CFormTest, TheModeWithoutAFlagGoesByItsName) {
  EXPECT_THAT(FormOf("set_memory_attributes2(fd, 0, 1p, 0, MODE_UNSPECIFIED)"),
              HasSubstr(".flags = KVM_SET_MEMORY_ATTRIBUTES2_MODE_UNSPECIFIED,\n"));
}

TEST(CFormTest, AVmTypeGoesByTheArchitecturesName) {
  EXPECT_EQ(FormOf("vm = create_vm(fd)"),
            "int vm = ioctl(fd, KVM_CREATE_VM, KVM_X86_DEFAULT_VM);\n");
  EXPECT_EQ(FormOf("vm = create_vm(fd)", {"arm64", "rfc-v4"}),
            "int vm = ioctl(fd, KVM_CREATE_VM, 0);\n");
}

TEST(CFormTest, TheProcessIsTold) {
  EXPECT_EQ(FormOf("child = fork()\nchild: close(fd)"), "/* in the process child */\nclose(fd);\n");
}

}  // namespace
}  // namespace kvm_model::c_form
