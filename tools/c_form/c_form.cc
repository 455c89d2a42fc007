#include "tools/c_form/c_form.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "tools/backends/backend.h"
#include "tools/c_form/c_expression.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/names.h"

namespace kvm_model::c_form {
namespace {

using A = scenario::ArgumentId;
using scenario::Call;
using scenario::CallId;
using scenario::CallRequest;
using scenario::Expression;
using scenario::NameContext;
using scenario::NameDomain;
using scenario::Term;

using Fields = std::vector<std::pair<std::string_view, std::string>>;

bool Mentions(const Expression& expression, std::string_view variable) {
  for (const std::vector<Term>& sum : expression.sums) {
    for (const Term& term : sum) {
      if (term.kind == Term::Kind::kVariable && term.name == variable) return true;
    }
  }
  return false;
}

// A term alone, as it stands: what isn't calculated.
bool IsOneTerm(const Expression& expression) {
  return expression.sums.size() == 1 && expression.sums.front().size() == 1 &&
         !expression.sums.front().front().negated;
}

class Former {
 public:
  Former(const Call& call, const CallRequest& request, const NameContext& names)
      : call_(call), request_(request), names_(names) {}

  std::string Form() const {
    const std::string process =
        call_.process.empty() ? "" : absl::StrFormat("/* in the process %s */\n", call_.process);
    return process + Body();
  }

 private:
  std::string Body() const {
    switch (call_.id) {
      case CallId::kOpen:
        return Gives("int", R"(open("/dev/kvm", O_RDWR | O_CLOEXEC))");
      case CallId::kCreateVm:
        return IoctlWith(A::kKvm, "KVM_CREATE_VM", A::kType);
      case CallId::kCheckExtension:
        return IoctlWith(A::kFd, "KVM_CHECK_EXTENSION", A::kCap);
      case CallId::kCreateVcpu:
        return IoctlWith(A::kVm, "KVM_CREATE_VCPU", A::kId);
      case CallId::kEnableCap:
        return EnableCap();
      case CallId::kCreateGuestMemfd:
        return IoctlOn(A::kVm, "KVM_CREATE_GUEST_MEMFD", "kvm_create_guest_memfd",
                       WithReserved({{"size", Of(A::kSize)}, {"flags", Of(A::kFlags)}}));
      case CallId::kSetUserMemoryRegion:
        return IoctlOn(A::kVm, "KVM_SET_USER_MEMORY_REGION", "kvm_userspace_memory_region",
                       Region());
      case CallId::kSetUserMemoryRegion2:
        return Region2();
      case CallId::kSetMemoryAttributes:
        return IoctlOn(A::kVm, "KVM_SET_MEMORY_ATTRIBUTES", "kvm_memory_attributes",
                       {{"address", Of(A::kAddress)},
                        {"size", Of(A::kSize)},
                        {"attributes", Of(A::kAttributes)},
                        {"flags", Of(A::kFlags)}});
      case CallId::kSetMemoryAttributes2:
        return SetMemoryAttributes2();
      case CallId::kPreFault:
        return IoctlOn(A::kVcpu, "KVM_PRE_FAULT_MEMORY", "kvm_pre_fault_memory",
                       {{"gpa", Of(A::kGpa)}, {"size", Of(A::kSize)}, {"flags", Of(A::kFlags)}});
      case CallId::kIoctl:
        return IoctlWith(A::kFd, Of(A::kRequest), A::kArg);
      case CallId::kGetDirtyLog:
      case CallId::kClearDirtyLog:
        return DirtyLog();
      default:
        return NoIoctl();
    }
  }

  std::string NoIoctl() const {
    switch (call_.id) {
      case CallId::kMmap:
        return Gives("void *",
                     absl::StrFormat("mmap(NULL, %s, %s, %s, %s, %s)", Of(A::kSize), Of(A::kProt),
                                     Of(A::kFlags), Of(A::kGmem), Of(A::kOffset)));
      case CallId::kMunmap:
        return Gives("int",
                     absl::StrFormat("munmap(%s, 0x%x)", Pointer(A::kMap), request_[A::kSize]));
      case CallId::kMadvise:
        return Gives("int",
                     absl::StrFormat("madvise(%s, %s, %s)", At(), Of(A::kSize), Of(A::kAdvice)));
      case CallId::kClose:
        return Gives("int", absl::StrFormat("close(%s)", Of(A::kFd)));
      case CallId::kDup:
        return Gives("int", absl::StrFormat("dup(%s)", Of(A::kFd)));
      case CallId::kFallocate:
        return Gives("int", absl::StrFormat("fallocate(%s, %s, %s, %s)", Of(A::kGmem), Of(A::kMode),
                                            Of(A::kOffset), Of(A::kLen)));
      case CallId::kHostRead:
        return Gives("char", absl::StrFormat("*(volatile char *)(%s)", At()));
      case CallId::kHostWrite:
        return absl::StrFormat("*(volatile char *)(%s) = %s;\n", At(), Of(A::kByte));
      case CallId::kGuestRead:
        return InGuest() +
               Gives("char", absl::StrFormat("*(volatile char *)(uintptr_t)(%s)", Of(A::kGpa)));
      case CallId::kGuestWrite:
        return InGuest() + absl::StrFormat("*(volatile char *)(uintptr_t)(%s) = %s;\n", Of(A::kGpa),
                                           Of(A::kByte));
      case CallId::kPin:
        return Pin();
      case CallId::kUnpin:
        return Unpin();
      case CallId::kFork:
        return Gives("pid_t", "fork()");
      default:
        return NoProgram();
    }
  }

  // What a C program has no call for.
  std::string NoProgram() const {
    switch (call_.id) {
      case CallId::kPopulate:
        return absl::StrFormat(
            "/* the launch flow of the VM's type fills %s page(s) at guest physical\n"
            " * address %s from a source of %s: KVM_MEMORY_ENCRYPT_OP with\n"
            " * KVM_SEV_SNP_LAUNCH_UPDATE or KVM_TDX_INIT_MEM_REGION */\n",
            Of(A::kPages), Of(A::kGpa), Of(A::kByte));
      case CallId::kPoison:
        return absl::StrFormat(
            "/* the hardware reports a memory error in the page at byte %s of %s */\n",
            Of(A::kOffset), Of(A::kGmem));
      case CallId::kFailAllocation:
        return absl::StrFormat("/* allocation %s of the kernel's from here on fails, once */\n",
                               Of(A::kN));
      case CallId::kInterrupt:
        return absl::StrFormat(
            "/* a signal is pending when the kernel looks the time number %s */\n", Of(A::kN));
      default:
        return absl::StrFormat("/* a look into the model, which changes nothing: %s */\n",
                               scenario::GetCall(call_.id).meaning);
    }
  }

  std::string Of(A id) const {
    const scenario::ArgumentSpec* spec = Spec(id);
    if (spec == nullptr) return "0";
    const Expression* expression = Written(id);
    if (expression == nullptr) return CDefault(*spec, names_);
    const bool calculated =
        spec->kind == scenario::ArgumentKind::kAddress && !IsOneTerm(*expression);
    return CExpression(*expression, spec->domain, names_,
                       calculated ? Variables::kPointers : Variables::kNumbers);
  }

  // With the parentheses that an operand of '+' needs.
  std::string Summand(A id) const {
    const Expression* expression = Written(id);
    return expression == nullptr || IsOneSum(*expression) ? Of(id) : "(" + Of(id) + ")";
  }

  const scenario::ArgumentSpec* Spec(A id) const {
    return scenario::FindArgument(scenario::GetCall(call_.id), scenario::ArgumentName(id));
  }

  const Expression* Written(A id) const {
    for (const scenario::Argument& argument : call_.arguments) {
      if (argument.id == id && !argument.list) return &argument.values.front();
    }
    return nullptr;
  }

  // As a pointer, and as the number that a struct holds.
  std::string Pointer(A id) const { return IsPointer(id) ? Of(id) : "(void *)(" + Of(id) + ")"; }
  std::string Address(A id) const {
    const Expression* expression = Written(id);
    const bool number = expression != nullptr && !IsOneTerm(*expression);
    return number ? Of(id) : "(uintptr_t)(" + Of(id) + ")";
  }

  // One variable alone: what mmap gave.
  bool IsPointer(A id) const {
    const Expression* expression = Written(id);
    return expression != nullptr && IsOneTerm(*expression) &&
           expression->sums.front().front().kind == Term::Kind::kVariable;
  }

  // The byte at map + offset.
  std::string At() const {
    const std::string map =
        IsPointer(A::kMap) ? "(char *)" + Of(A::kMap) : "(char *)(" + Of(A::kMap) + ")";
    if (Written(A::kOffset) == nullptr || Of(A::kOffset) == "0") return map;
    return map + " + " + Summand(A::kOffset);
  }

  // A statement that keeps what the call gives under the result's name, where it has one. A name
  // that the call uses itself was declared before.
  std::string Gives(std::string_view type, const std::string& value) const {
    if (call_.result.empty()) return value + ";\n";
    const std::string name = CVariable(call_.result);
    if (UsesResult()) return absl::StrFormat("%s = %s;\n", name, value);
    const bool pointer = type.ends_with('*');
    return absl::StrFormat("%s%s%s = %s;\n", type, pointer ? "" : " ", name, value);
  }

  bool UsesResult() const {
    return std::ranges::any_of(call_.arguments, [this](const scenario::Argument& argument) {
      return std::ranges::any_of(
          argument.values, [this](const Expression& each) { return Mentions(each, call_.result); });
    });
  }

  std::string IoctlWith(A fd, std::string_view name, A argument) const {
    return Gives("int", absl::StrFormat("ioctl(%s, %s, %s)", Of(fd), name, Of(argument)));
  }

  std::string IoctlOn(A fd, std::string_view name, std::string_view type,
                      const Fields& fields) const {
    std::string text = absl::StrFormat("struct %s args = {\n", type);
    for (const auto& [field, value] : fields) {
      absl::StrAppendFormat(&text, "\t.%s = %s,\n", field, value);
    }
    return text + "};\n" + Gives("int", absl::StrFormat("ioctl(%s, %s, &args)", Of(fd), name));
  }

  Fields WithReserved(Fields fields) const {
    if (Of(A::kReserved) != "0") fields.push_back({"reserved", "{ " + Of(A::kReserved) + " }"});
    return fields;
  }

  Fields Region() const {
    return {{"slot", Of(A::kSlot)},
            {"flags", Of(A::kFlags)},
            {"guest_phys_addr", Of(A::kGpa)},
            {"memory_size", Of(A::kSize)},
            {"userspace_addr", Address(A::kHva)}};
  }

  std::string Region2() const {
    Fields fields = Region();
    fields.push_back({"guest_memfd_offset", Of(A::kOffset)});
    fields.push_back({"guest_memfd", "(uint32_t)(" + Of(A::kGuestMemfd) + ")"});
    return IoctlOn(A::kVm, "KVM_SET_USER_MEMORY_REGION2", "kvm_userspace_memory_region2", fields);
  }

  std::string SetMemoryAttributes2() const {
    Fields fields = {{"offset", Of(A::kOffset)},
                     {"size", Of(A::kSize)},
                     {"attributes", Of(A::kAttributes)},
                     {"flags", Of(A::kFlags)}};
    if (Of(A::kErrorOffset) != "0") fields.push_back({"error_offset", Of(A::kErrorOffset)});
    return IoctlOn(A::kFd, "KVM_SET_MEMORY_ATTRIBUTES2", "kvm_memory_attributes2",
                   WithReserved(std::move(fields)));
  }

  std::string EnableCap() const {
    Fields fields = {{"cap", Of(A::kCap)}, {"flags", Of(A::kFlags)}};
    std::string list;
    for (const scenario::Argument& argument : call_.arguments) {
      if (!argument.list) continue;
      for (const Expression& value : argument.values) {
        absl::StrAppendFormat(&list, "%s%s", list.empty() ? "" : ", ",
                              "(uint64_t)(" + CExpression(value, NameDomain::kNone, names_) + ")");
      }
    }
    if (!list.empty()) fields.push_back({"args", "{ " + list + " }"});
    return IoctlOn(A::kFd, "KVM_ENABLE_CAP", "kvm_enable_cap", fields);
  }

  std::string DirtyLog() const {
    const bool clear = call_.id == CallId::kClearDirtyLog;
    std::string text = absl::StrFormat("void *bitmap = calloc((%s + 63) / 64, sizeof(uint64_t));\n",
                                       Summand(A::kPages));
    if (clear && Of(A::kMask) != "0") {
      absl::StrAppendFormat(
          &text, "for (uint64_t i = 0; i < (%s + 63) / 64; i++)\n\t((uint64_t *)bitmap)[i] = %s;\n",
          Summand(A::kPages), Of(A::kMask));
    }
    Fields fields = {{"slot", Of(A::kSlot)}};
    if (clear) {
      fields.push_back({"num_pages", "(uint32_t)(" + Of(A::kPages) + ")"});
      fields.push_back({"first_page", Of(A::kFirst)});
    }
    fields.push_back({"dirty_bitmap", "bitmap"});
    return text + IoctlOn(A::kVm, clear ? "KVM_CLEAR_DIRTY_LOG" : "KVM_GET_DIRTY_LOG",
                          clear ? "kvm_clear_dirty_log" : "kvm_dirty_log", fields);
  }

  std::string InGuest() const {
    const std::string as =
        Of(A::kAs) == "auto" ? "" : absl::StrFormat(", addressed as %s", Of(A::kAs));
    return absl::StrFormat("/* in the guest, where addresses are physical%s */\n", as);
  }

  // A page that was given to a pipe is held until it is read or the pipe is gone.
  std::string Pin() const {
    const std::string pin = call_.result.empty() ? "pin" : CVariable(call_.result);
    return absl::StrFormat(
        "int %s[2];\n"
        "struct iovec iov = { .iov_base = %s, .iov_len = 1 };\n"
        "pipe(%s);\n"
        "vmsplice(%s[1], &iov, 1, 0);\n",
        pin, At(), pin, pin);
  }

  std::string Unpin() const {
    const Expression* pin = Written(A::kPin);
    const bool named = IsPointer(A::kPin);
    if (pin == nullptr || !named) return absl::StrFormat("/* let go of pin %s */\n", Of(A::kPin));
    return absl::StrFormat("close(%s[0]);\nclose(%s[1]);\n", Of(A::kPin), Of(A::kPin));
  }

  const Call& call_;
  const CallRequest& request_;
  const NameContext& names_;
};

}  // namespace

std::string CForm(const Call& call, const CallRequest& request, const NameContext& names) {
  return Former(call, request, names).Form();
}

}  // namespace kvm_model::c_form
