#include "tests/reference/capability_pages.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/revision.h"
#include "kvm_model/vm_type.h"
#include "tests/reference/answers.h"
#include "uapi/capabilities.h"
#include "uapi/capability_facts.h"
#include "uapi/flags.h"

namespace kvm_model {
namespace {

constexpr char kRendered[] =
    "This page is rendered from the model and its tables; `bazel run "
    "//tests/reference:render_pages` makes it anew, and a test\nholds it fresh.\n";

// Text between the bars of a table's row.
std::string Cell(const std::string& text) { return absl::StrReplaceAll(text, {{"|", "\\|"}}); }

std::string List(const std::vector<std::string>& items) { return Cell(absl::StrJoin(items, "; ")); }

std::string DecidedBy(const CapabilityOnArch& row) {
  return row.decided_by.empty() ? "always" : List(row.decided_by);
}

std::string ValueText(const uapi::CapabilityFacts& facts) {
  switch (facts.value) {
    case uapi::CapabilityValueKind::kBoolean:
      return "0 or 1";
    case uapi::CapabilityValueKind::kNumber:
      return facts.unit.empty() ? std::string("a number")
                                : absl::StrFormat("a number of %s", facts.unit);
    case uapi::CapabilityValueKind::kFlags:
      return "flags";
    case uapi::CapabilityValueKind::kVmTypes:
      return "a set of VM types";
    case uapi::CapabilityValueKind::kBytes:
      return "a number of bytes";
    case uapi::CapabilityValueKind::kBits:
      return "a number of bits";
    case uapi::CapabilityValueKind::kNothing:
      break;
  }
  return "nothing: no kernel that is described here answers anything but 0";
}

// The names of the value's bits, once for all architectures that agree.
std::string FlagText(const uapi::CapabilityFacts& facts) {
  std::string text;
  std::string last;
  for (const Arch* arch : Architectures()) {
    const std::string_view name = arch->traits().name;
    std::vector<std::string> flags;
    for (const uapi::FlagName& flag : uapi::CapabilityValueFlags(facts.name, name)) {
      flags.push_back(absl::StrFormat("%s %#x", flag.short_name, flag.bit));
    }
    std::string line = absl::StrJoin(flags, ", ");
    if (line.empty() || line == last) continue;
    absl::StrAppendFormat(&text, "- flags%s: %s\n",
                          last.empty() ? "" : absl::StrFormat(" (%s)", name), line);
    last = std::move(line);
  }
  return text;
}

std::string EnabledOn(const uapi::CapabilityFacts& facts) {
  if (facts.enable_on_vm && facts.enable_on_vcpu) return "a VM and on a vCPU";
  if (facts.enable_on_vm) return "a VM";
  return facts.enable_on_vcpu ? "a vCPU" : "";
}

std::string Answers(const std::string& name) {
  std::string rows;
  for (const Arch* arch : Architectures()) {
    const ArchAnswers& answers = AnswersOf(*arch);
    const auto found = answers.find(name);
    if (found == answers.end() || !found->second.ever_answered) continue;
    const CapabilityOnArch& row = found->second;
    absl::StrAppendFormat(&rows, "| %s | %s | %s%s | %s | %s |\n", arch->traits().name,
                          Cell(row.system), Cell(row.vm), row.inferred ? " [inferred]" : "",
                          DecidedBy(row), List(row.changes_with));
  }
  if (rows.empty()) return "\nNo architecture answers anything but 0.\n";
  return "\n| architecture | /dev/kvm | VM | decided by | changes with |\n|---|---|---|---|---|\n" +
         rows;
}

std::string CapabilitySection(const uapi::CapabilityName& row) {
  const uapi::CapabilityFacts& facts = *uapi::FindCapabilityFacts(row.number, row.name);
  std::string text = absl::StrFormat("\n## %s (%d)\n\n%s\n\n- value: %s\n", row.name, row.number,
                                     facts.meaning, ValueText(facts));
  text += FlagText(facts);
  if (!facts.documented.empty()) {
    absl::StrAppendFormat(&text, "- documented in the API document: %s\n", facts.documented);
  }
  if (!facts.gates.empty()) absl::StrAppendFormat(&text, "- needed by: %s\n", facts.gates);
  if (const std::string fd = EnabledOn(facts); !fd.empty()) {
    absl::StrAppendFormat(&text, "- KVM_ENABLE_CAP takes it on %s\n", fd);
  }
  if (!row.headers.Contains(DefaultRevision().header)) {
    return text + absl::StrFormat("\n%s doesn't have this name.\n", DefaultRevision().name);
  }
  return text + Answers(std::string(row.name));
}

}  // namespace

std::string RenderArchPage(const Arch& arch) {
  const std::string_view name = arch.traits().name;
  std::string text = absl::StrFormat(
      "# Capabilities of %s\n\nWhat KVM_CHECK_EXTENSION answers on a host with the default "
      "settings ([hosts.md](hosts.md#%s)) of %s: on /dev/kvm,\nand on a VM of type DEFAULT. "
      "Numbers that are not here answer 0 on every host that was tried.\n\n",
      name, name, DefaultRevision().name);
  text += kRendered;
  text +=
      "\n\"Decided by\": what the kernel's function looks at. \"Changes with\": what gives another "
      "answer, found by trying one change at a\ntime: another type of VM, another revision, a call "
      "on the VM, another value of one setting;\nwhere nothing of that does, a host with a name "
      "(`kvmsim caps hosts`).\n\n"
      "| number | capability | /dev/kvm | VM | decided by | changes with |\n"
      "|---|---|---|---|---|---|\n";
  for (const uapi::CapabilityName& row : uapi::AllCapabilities()) {
    if (!row.headers.Contains(DefaultRevision().header)) continue;
    const CapabilityOnArch& answer = AnswersOf(arch).at(std::string(row.name));
    if (!answer.ever_answered) continue;
    absl::StrAppendFormat(&text, "| %d | %s | %s | %s%s | %s | %s |\n", row.number, row.name,
                          Cell(answer.system), Cell(answer.vm),
                          answer.inferred ? " [inferred]" : "", DecidedBy(answer),
                          List(answer.changes_with));
  }
  return text;
}

std::string RenderGroupPage(const uapi::CapabilityGroupInfo& group) {
  std::string text = absl::StrFormat("# %s\n\n%s\n\n", group.title, group.about);
  text += kRendered;
  absl::StrAppendFormat(&text,
                        "\nAnswers are those of a host with the default settings of %s. An "
                        "architecture that is not listed always answers 0.\n",
                        DefaultRevision().name);
  for (const uapi::CapabilityName& row : uapi::AllCapabilities()) {
    if (uapi::FindCapabilityFacts(row.number, row.name)->group == group.group) {
      text += CapabilitySection(row);
    }
  }
  return text;
}

std::string RenderContentsPage() {
  std::string text = "# Reference\n\n";
  text += kRendered;
  text += "\nHosts: [what can be booted](hosts.md).\n\n";
  text += "Revisions: [what changed between them](revisions.md).\n\n";
  text += "Capabilities by architecture:\n\n";
  for (const Arch* arch : Architectures()) {
    absl::StrAppendFormat(&text, "- [%s](arch-%s.md)\n", arch->traits().name, arch->traits().name);
  }
  text += "\nCapabilities by subject:\n\n";
  for (const uapi::CapabilityGroupInfo& group : uapi::CapabilityGroups()) {
    absl::StrAppendFormat(&text, "- [%s](group-%s.md): %s\n", group.title, group.slug, group.about);
  }
  text +=
      "\nThree numbers whose meaning changed hands: [248](capability-248.md), "
      "[249](capability-249.md), [250](capability-250.md).\n";
  return text;
}

}  // namespace kvm_model
