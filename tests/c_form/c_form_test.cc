// Calls of the language as C: each has a form, and a C compiler takes them all.
#include "tools/c_form/c_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
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

// The names of the headers that the forms may use; an installed header may lack some.
std::set<std::string> HeaderNames() {
  std::set<std::string> names;
  for (const NameDomain domain :
       {NameDomain::kAdvice, NameDomain::kCapability, NameDomain::kContentMode,
        NameDomain::kFallocateMode, NameDomain::kGuestMemfdFlag, NameDomain::kIoctl,
        NameDomain::kMapFlag, NameDomain::kMemoryAttribute, NameDomain::kMemslotFlag,
        NameDomain::kVmType}) {
    for (const std::string_view name : scenario::NamesIn(domain, kNames)) {
      const std::string spelled = scenario::SpelledInC(domain, name, kNames);
      if (IsIdentifier(spelled)) names.insert(spelled);
    }
  }
  return names;
}

std::string Program(const std::vector<std::string>& forms) {
  std::string text =
      "#define _GNU_SOURCE\n#include <fcntl.h>\n#include <stdint.h>\n#include <stdlib.h>\n"
      "#include <sys/ioctl.h>\n#include <sys/mman.h>\n#include <sys/uio.h>\n#include <unistd.h>\n"
      "#include \"tests/c_form/kernel_names.h\"\n";
  for (const std::string& name : HeaderNames()) {
    absl::StrAppendFormat(&text, "#ifndef %s\n#define %s 1\n#endif\n", name, name);
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
  EXPECT_EQ(Complaints(Program(forms)), "");
}

TEST(CFormTest, EveryCapabilityAndIoctlIsSpelledAsTheHeaderDoes) {
  for (const std::string& name : HeaderNames()) {
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
