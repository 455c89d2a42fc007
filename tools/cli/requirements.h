// Requirement lists: what a program asks KVM for, and whether a host gives it.
//
// A list is a text, one requirement a line:
//
//     # A comment. Blank lines are skipped.
//     program QEMU 10.2
//     source https://gitlab.com/qemu-project/qemu, accel/kvm/kvm-all.c
//     architectures x86 arm64         # where the program runs
//     vm-type SNP                     # the VM that it makes
//     KVM_CAP_USER_MEMORY             # the answer must be above 0
//     NR_MEMSLOTS >= 32               # the answer must be at least 32
//     arch x86                        # the next lines hold on x86 only ...
//     GUEST_MEMFD_FLAGS has MMAP|0x2 on vm  # the answer must have all of these bits
//     optional KVM_CAP_X2APIC_API     # told, but the program does without it
//     arch all                        # ... and from here everywhere again
//
// `program`, `source`, `architectures` and `vm-type` may stand once each, anywhere; a list without
// `architectures` is for every architecture. The first two take the rest of their line, which is
// printable ASCII: no comment follows there. Capabilities are named with or without KVM_CAP_, by
// any revision's name; a host whose revision lacks the name answers 0. Numbers are decimal, or
// hexadecimal after 0x, and fit 63 bits, as an answer does. `has` takes the names of the flags that
// the capability's answer consists of, short or whole, and numbers, joined by '|' without spaces.
//
// `on system` asks /dev/kvm and `on vm` asks the VM; without it /dev/kvm is asked. That is the
// default because programs decide there whether they can start: Firecracker, cloud-hypervisor and
// kvmtool ask /dev/kvm for everything that they insist on, and QEMU does for nearly all of it.
//
// Cost: a walk over the text, and for each name over the table of capabilities. Nothing here needs
// a Host: who checks a list brings a callback that answers.
#ifndef KVM_MODEL_TOOLS_CLI_REQUIREMENTS_H_
#define KVM_MODEL_TOOLS_CLI_REQUIREMENTS_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/embedded_file.h"
#include "uapi/errno.h"

namespace kvm_model::cli {

// Whom a requirement asks.
enum class RequirementScope : std::uint8_t { kSystem, kVm };

// What the answer must be.
enum class RequirementTest : std::uint8_t { kPositive, kAtLeast, kHas };

struct Requirement {
  std::string capability;  // with KVM_CAP_
  RequirementTest test = RequirementTest::kPositive;
  std::uint64_t value = 0;  // the least answer, or the bits; 0 for kPositive
  std::string value_text;   // the value as the list writes it; empty for kPositive
  RequirementScope scope = RequirementScope::kSystem;
  bool optional = false;
  std::string arch;  // empty: every architecture
  int line = 0;
};

// "KVM_CAP_NR_MEMSLOTS >= 32", "KVM_CAP_GUEST_MEMFD_FLAGS has MMAP on vm": without `optional` and
// the architecture.
std::string ToString(const Requirement& requirement);

struct RequirementList {
  std::string program;                     // empty when the list doesn't say
  std::string source;                      // empty when the list doesn't say
  std::vector<std::string> architectures;  // empty: every architecture
  std::string vm_type;                     // empty: any, DEFAULT where nobody says otherwise
  std::vector<Requirement> requirements;
};

// The list that `text` holds, or what is wrong with it, one "FILE:LINE:COLUMN: MESSAGE" an error,
// at most one a line, in order of line. Lines and columns count from 1, columns in bytes. After
// twenty errors a last message only counts the others. Any bytes may be passed; those that aren't
// printable ASCII are errors outside comments.
std::expected<RequirementList, std::vector<std::string>> ParseRequirements(
    std::string_view text, std::string_view file_name);

// What a host answers to a capability.
struct RequirementAnswer {
  enum class Kind : std::uint8_t { kValue, kErrno, kUnknown };

  static RequirementAnswer Value(std::int64_t value) { return {Kind::kValue, value, {}}; }
  static RequirementAnswer Error(uapi::Errno error) { return {Kind::kErrno, 0, error}; }
  static RequirementAnswer Unknown() { return {}; }

  Kind kind = Kind::kUnknown;
  std::int64_t value = 0;  // of kValue
  uapi::Errno error{};     // of kErrno

  friend bool operator==(const RequirementAnswer&, const RequirementAnswer&) = default;
};

// Answers a capability, by its name with KVM_CAP_. A name and not a number: one name has two
// numbers, and one number two names, depending on the host's revision. A name that the host's
// revision lacks must be answered with 0.
using AskRequirement =
    std::function<RequirementAnswer(std::string_view capability, RequirementScope scope)>;

enum class RequirementVerdict : std::uint8_t { kMet, kMissing, kUnknown };

struct RequirementResult {
  Requirement requirement;
  RequirementAnswer answer;
  RequirementVerdict verdict = RequirementVerdict::kUnknown;
  std::string reason;  // in words, without a full stop
};

struct RequirementReport {
  // The program runs on the host's architecture at all; there are no results otherwise.
  bool architecture_supported = true;
  // The requirements that hold on the host's architecture, in the list's order.
  std::vector<RequirementResult> results;

  // Of those that aren't optional: missing when one is missing, or the architecture isn't
  // supported; otherwise unknown when one is; otherwise met.
  RequirementVerdict Overall() const;
};

// Asks for each requirement that holds on `arch`, once each.
RequirementReport CheckRequirements(const RequirementList& list, std::string_view arch,
                                    const AskRequirement& ask);

// The files of tools/cli/requirements, in order of their names, as they were when the command was
// built. A list's name is its file's, without .txt.
std::span<const EmbeddedFile> BuiltInRequirementLists();

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_REQUIREMENTS_H_
