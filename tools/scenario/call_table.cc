#include "tools/scenario/call_table.h"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"

namespace kvm_model::scenario {
namespace {

constexpr ArgumentSpec Number(ArgumentId id, std::string_view default_text = "") {
  return {id, ArgumentKind::kNumber, NameDomain::kNone, default_text};
}
constexpr ArgumentSpec Named(ArgumentId id, NameDomain domain, std::string_view default_text = "") {
  return {id, ArgumentKind::kNumber, domain, default_text};
}
constexpr ArgumentSpec Descriptor(ArgumentId id) {
  return {id, ArgumentKind::kDescriptor, NameDomain::kNone, ""};
}
constexpr ArgumentSpec Address(ArgumentId id) {
  return {id, ArgumentKind::kAddress, NameDomain::kNone, ""};
}
constexpr ArgumentSpec kByteArgument = {ArgumentId::kByte, ArgumentKind::kByte, NameDomain::kNone,
                                        ""};
constexpr ArgumentSpec kSourceByteArgument = {ArgumentId::kByte, ArgumentKind::kByte,
                                              NameDomain::kSourceByte, ""};
constexpr ArgumentSpec kListArgument = {ArgumentId::kArgs, ArgumentKind::kList, NameDomain::kNone,
                                        "[]"};

constexpr auto kCalls = std::to_array<CallSpec>({
    {CallId::kOpen, "open", {}, Answers::kFd, Needs::kKernel, "opens /dev/kvm"},
    {CallId::kCreateVm,
     "create_vm",
     {Descriptor(ArgumentId::kKvm), Named(ArgumentId::kType, NameDomain::kVmType, "DEFAULT")},
     Answers::kFd,
     Needs::kKernel,
     "makes a VM of that type"},
    {CallId::kCheckExtension,
     "check_extension",
     {Descriptor(ArgumentId::kFd), Named(ArgumentId::kCap, NameDomain::kCapability)},
     Answers::kNumber,
     Needs::kKernel,
     "asks /dev/kvm or a VM for a capability, by name or number"},
    {CallId::kEnableCap,
     "enable_cap",
     {Descriptor(ArgumentId::kFd), Named(ArgumentId::kCap, NameDomain::kCapability),
      Number(ArgumentId::kFlags, "0"), kListArgument},
     Answers::kNumber,
     Needs::kKernel,
     "enables a capability on a VM or a vCPU; args has up to four numbers, the rest are 0"},
    {CallId::kCreateGuestMemfd,
     "create_guest_memfd",
     {Descriptor(ArgumentId::kVm), Number(ArgumentId::kSize),
      Named(ArgumentId::kFlags, NameDomain::kGuestMemfdFlag, "0"),
      Number(ArgumentId::kReserved, "0")},
     Answers::kFd,
     Needs::kKernel,
     "makes a guest_memfd; reserved is put into the first reserved word"},
    {CallId::kSetUserMemoryRegion,
     "set_user_memory_region",
     {Descriptor(ArgumentId::kVm), Number(ArgumentId::kSlot),
      Named(ArgumentId::kFlags, NameDomain::kMemslotFlag, "0"), Number(ArgumentId::kGpa),
      Number(ArgumentId::kSize), Address(ArgumentId::kHva)},
     Answers::kZero,
     Needs::kKernel,
     "makes, changes or (size 0) deletes a memslot"},
    {CallId::kSetUserMemoryRegion2,
     "set_user_memory_region2",
     {Descriptor(ArgumentId::kVm), Number(ArgumentId::kSlot),
      Named(ArgumentId::kFlags, NameDomain::kMemslotFlag), Number(ArgumentId::kGpa),
      Number(ArgumentId::kSize), Address(ArgumentId::kHva), Descriptor(ArgumentId::kGuestMemfd),
      Number(ArgumentId::kOffset)},
     Answers::kZero,
     Needs::kKernel,
     "the same, with a guest_memfd and the byte offset in it"},
    {CallId::kSetMemoryAttributes,
     "set_memory_attributes",
     {Descriptor(ArgumentId::kVm), Number(ArgumentId::kAddress), Number(ArgumentId::kSize),
      Named(ArgumentId::kAttributes, NameDomain::kMemoryAttribute),
      Named(ArgumentId::kFlags, NameDomain::kContentMode, "0")},
     Answers::kZero,
     Needs::kKernel,
     "sets the attributes of guest physical memory, tracked by the VM"},
    {CallId::kSetMemoryAttributes2,
     "set_memory_attributes2",
     {Descriptor(ArgumentId::kFd), Number(ArgumentId::kOffset), Number(ArgumentId::kSize),
      Named(ArgumentId::kAttributes, NameDomain::kMemoryAttribute),
      Named(ArgumentId::kFlags, NameDomain::kContentMode, "0"),
      Number(ArgumentId::kErrorOffset, "0"), Number(ArgumentId::kReserved, "0")},
     Answers::kConversion,
     Needs::kKernel,
     "the same, on a guest_memfd (offset in the file) or a VM (offset is the guest physical "
     "address); reserved is put into the first reserved word"},
    {CallId::kMmap,
     "mmap",
     {Descriptor(ArgumentId::kGmem), Number(ArgumentId::kOffset), Number(ArgumentId::kSize),
      Named(ArgumentId::kProt, NameDomain::kProtection, "rw"),
      Named(ArgumentId::kFlags, NameDomain::kMapFlag, "SHARED")},
     Answers::kOk,
     Needs::kKernel,
     "maps a file; the result names the address. `mmap(-1, 0, SIZE, flags=PRIVATE|ANONYMOUS)` is "
     "ordinary memory"},
    {CallId::kMunmap,
     "munmap",
     {Address(ArgumentId::kMap)},
     Answers::kZero,
     Needs::kKernel,
     "unmaps all of what that mmap mapped"},
    {CallId::kMadvise,
     "madvise",
     {Address(ArgumentId::kMap), Number(ArgumentId::kOffset), Number(ArgumentId::kSize),
      Named(ArgumentId::kAdvice, NameDomain::kAdvice)},
     Answers::kZero,
     Needs::kKernel,
     "gives advice about the bytes from map+offset on: DONTNEED, REMOVE (punches a hole), "
     "HUGEPAGE"},
    {CallId::kClose,
     "close",
     {Descriptor(ArgumentId::kFd)},
     Answers::kZero,
     Needs::kKernel,
     "closes a descriptor"},
    {CallId::kDup,
     "dup",
     {Descriptor(ArgumentId::kFd)},
     Answers::kFd,
     Needs::kKernel,
     "another descriptor of the same open file"},
    {CallId::kFallocate,
     "fallocate",
     {Descriptor(ArgumentId::kGmem), Named(ArgumentId::kMode, NameDomain::kFallocateMode),
      Number(ArgumentId::kOffset), Number(ArgumentId::kLen)},
     Answers::kZero,
     Needs::kKernel,
     "allocates pages, or punches a hole"},
    {CallId::kHostRead,
     "host_read",
     {Address(ArgumentId::kMap), Number(ArgumentId::kOffset)},
     Answers::kByte,
     Needs::kKernel,
     "reads the byte at map+offset, as a program does"},
    {CallId::kHostWrite,
     "host_write",
     {Address(ArgumentId::kMap), Number(ArgumentId::kOffset), kByteArgument},
     Answers::kHostWritten,
     Needs::kKernel,
     "writes the byte at map+offset"},
    {CallId::kCreateVcpu,
     "create_vcpu",
     {Descriptor(ArgumentId::kVm), Number(ArgumentId::kId, "0")},
     Answers::kFd,
     Needs::kKernel,
     "makes a vCPU"},
    {CallId::kGuestRead,
     "guest_read",
     {Descriptor(ArgumentId::kVm), Number(ArgumentId::kGpa),
      Named(ArgumentId::kAs, NameDomain::kAddressing, "auto")},
     Answers::kGuestByte,
     Needs::kGuestExecution,
     "the guest reads a byte, through an implicit vCPU that doesn't count as created"},
    {CallId::kGuestWrite,
     "guest_write",
     {Descriptor(ArgumentId::kVm), Number(ArgumentId::kGpa), kByteArgument,
      Named(ArgumentId::kAs, NameDomain::kAddressing, "auto")},
     Answers::kGuestWritten,
     Needs::kGuestExecution,
     "the guest writes a byte, likewise"},
    {CallId::kGetDirtyLog,
     "get_dirty_log",
     {Descriptor(ArgumentId::kVm), Number(ArgumentId::kSlot), Number(ArgumentId::kPages, "64")},
     Answers::kRuns,
     Needs::kKernel,
     "which of the slot's first pages (at most 65536) the guest wrote, as its dirty log says"},
    {CallId::kClearDirtyLog,
     "clear_dirty_log",
     {Descriptor(ArgumentId::kVm), Number(ArgumentId::kSlot), Number(ArgumentId::kFirst),
      Number(ArgumentId::kPages), Number(ArgumentId::kMask, "-1")},
     Answers::kZero,
     Needs::kKernel,
     "takes pages out of the slot's dirty log; mask is what each 64 of the first 65536 have in the "
     "bitmap, the others have 0"},
    {CallId::kPreFault,
     "pre_fault",
     {Descriptor(ArgumentId::kVcpu), Number(ArgumentId::kGpa), Number(ArgumentId::kSize),
      Number(ArgumentId::kFlags, "0")},
     Answers::kProgress,
     Needs::kKernel,
     "maps guest memory before the guest touches it"},
    {CallId::kPopulate,
     "populate",
     {Descriptor(ArgumentId::kVm), Number(ArgumentId::kGpa), kSourceByteArgument,
      Number(ArgumentId::kPages, "1")},
     Answers::kNumber,
     Needs::kGuestExecution,
     "fills pages of the initial image with a byte, in the launch flow of the VM's type; NULL: "
     "there is no source, the pages keep what they hold"},
    {CallId::kPin,
     "pin",
     {Address(ArgumentId::kMap), Number(ArgumentId::kOffset)},
     Answers::kPinned,
     Needs::kKernel,
     "faults the page in and takes a long-term reference on it; the result names the pin"},
    {CallId::kUnpin,
     "unpin",
     {Number(ArgumentId::kPin)},
     Answers::kOk,
     Needs::kKernel,
     "drops the reference"},
    {CallId::kPoison,
     "poison",
     {Descriptor(ArgumentId::kGmem), Number(ArgumentId::kOffset)},
     Answers::kOk,
     Needs::kModel,
     "a hardware memory error in a resident page, which stays resident; ENOENT on a hole"},
    {CallId::kFailAllocation,
     "fail_allocation",
     {Number(ArgumentId::kN)},
     Answers::kOk,
     Needs::kModel,
     "the nth allocation from here on fails, once"},
    {CallId::kInterrupt,
     "interrupt",
     {Number(ArgumentId::kN)},
     Answers::kOk,
     Needs::kModel,
     "a signal is pending when the kernel looks for one the nth time from here on, once"},
    {CallId::kFork,
     "fork",
     {},
     Answers::kOk,
     Needs::kKernel,
     "makes a child process; the result names it"},
    {CallId::kIoctl,
     "ioctl",
     {Descriptor(ArgumentId::kFd), Named(ArgumentId::kRequest, NameDomain::kIoctl),
      Address(ArgumentId::kArg)},
     Answers::kNumber,
     Needs::kKernel,
     "any request, by name or number, with any argument"},
    {CallId::kAttributes,
     "attributes",
     {Descriptor(ArgumentId::kGmem)},
     Answers::kValuedRuns,
     Needs::kModel,
     "the maximal runs of equal attributes, in pages: of a guest_memfd, or of a VM's own store"},
    {CallId::kResident,
     "resident",
     {Descriptor(ArgumentId::kGmem)},
     Answers::kRuns,
     Needs::kModel,
     "the runs of resident pages, in pages"},
    {CallId::kPeek,
     "peek",
     {Descriptor(ArgumentId::kGmem), Number(ArgumentId::kOffset)},
     Answers::kByte,
     Needs::kModel,
     "the byte that the file has there, without touching it: 0 in a hole"},
    {CallId::kMapped,
     "mapped",
     {Address(ArgumentId::kMap)},
     Answers::kRuns,
     Needs::kModel,
     "which pages of a mapping the process has in its page tables, in pages of the mapping"},
    {CallId::kGuestMapped,
     "guest_mapped",
     {Descriptor(ArgumentId::kVm)},
     Answers::kRuns,
     Needs::kModel,
     "which gfns the guest has in its page tables"},
});

consteval bool RowsAreIndexedById() {
  for (std::size_t i = 0; i < kCalls.size(); ++i) {
    if (static_cast<std::size_t>(kCalls[i].id) != i) return false;
  }
  return kCalls.size() == static_cast<std::size_t>(CallId::kGuestMapped) + 1;
}
static_assert(RowsAreIndexedById());

// Indexed by ArgumentId.
constexpr std::array<std::string_view, kArgumentIds> kArgumentNames = {
    "address", "advice",   "arg",   "args", "as",   "attributes",  "byte",  "cap", "error_offset",
    "fd",      "first",    "flags", "gmem", "gpa",  "guest_memfd", "hva",   "id",  "kvm",
    "len",     "map",      "mask",  "mode", "n",    "offset",      "pages", "pin", "prot",
    "request", "reserved", "size",  "slot", "type", "vcpu",        "vm",
};
static_assert(kArgumentNames.back() == "vm");

// Indexed by FieldId.
constexpr auto kFields = std::to_array<FieldSpec>({
    {FieldId::kErrorOffset, "error_offset", NameDomain::kNone},
    {FieldId::kErrno, "errno", NameDomain::kErrno},
    {FieldId::kFlags, "flags", NameDomain::kMemoryFaultFlag},
    {FieldId::kGpa, "gpa", NameDomain::kNone},
    {FieldId::kSize, "size", NameDomain::kNone},
});

std::string_view NeedsText(Needs needs) {
  switch (needs) {
    case Needs::kKernel:
      return "model, /dev/kvm";
    case Needs::kGuestExecution:
    case Needs::kModel:
      return "model";
  }
  return "";
}

}  // namespace

std::span<const CallSpec> AllCalls() { return kCalls; }

const CallSpec& GetCall(CallId id) { return kCalls[static_cast<std::size_t>(id)]; }

std::optional<CallId> CallByName(std::string_view name) {
  for (const CallSpec& call : kCalls) {
    if (call.name == name) return call.id;
  }
  return std::nullopt;
}

std::string_view ArgumentName(ArgumentId id) {
  return kArgumentNames[static_cast<std::size_t>(id)];
}

const ArgumentSpec* FindArgument(const CallSpec& call, std::string_view name) {
  for (const ArgumentSpec& argument : call.arguments) {
    if (ArgumentName(argument.id) == name) return &argument;
  }
  return nullptr;
}

std::span<const FieldSpec> AllFields() { return kFields; }

const FieldSpec& GetField(FieldId id) { return kFields[static_cast<std::size_t>(id)]; }

std::string_view AnswersText(Answers answers) {
  switch (answers) {
    case Answers::kFd:
      return "fd, errno";
    case Answers::kNumber:
      return "number, errno";
    case Answers::kZero:
      return "0, errno";
    case Answers::kOk:
      return "ok, errno";
    case Answers::kByte:
      return "byte, SIGBUS, SIGSEGV";
    case Answers::kHostWritten:
      return "ok, SIGBUS, SIGSEGV";
    case Answers::kPinned:
      return "ok, SIGBUS, errno";
    case Answers::kGuestByte:
      return "byte, MMIO, MEMORY_FAULT, errno";
    case Answers::kGuestWritten:
      return "ok, MMIO, MEMORY_FAULT, errno";
    case Answers::kConversion:
      return "0, errno, ERRNO error_offset=N";
    case Answers::kProgress:
      return "0, 0 gpa=N size=N, errno";
    case Answers::kValuedRuns:
      return "runs, errno";
    case Answers::kRuns:
      return "runs without a value, errno";
  }
  return "";
}

std::string Signature(const CallSpec& call) {
  std::string text = absl::StrFormat("%s(", call.name);
  for (const ArgumentSpec& argument : call.arguments) {
    if (&argument != call.arguments.begin()) text += ", ";
    text += ArgumentName(argument.id);
    if (!argument.required()) text += absl::StrFormat("=%s", argument.default_text);
  }
  return text + ")";
}

std::string RenderCallTable() {
  std::string text =
      "| call | answers | runs on | what it does |\n"
      "|---|---|---|---|\n";
  for (const CallSpec& call : kCalls) {
    text += absl::StrFormat("| `%s` | %s | %s | %s |\n", Signature(call), AnswersText(call.answers),
                            NeedsText(call.needs), call.meaning);
  }
  return text;
}

}  // namespace kvm_model::scenario
