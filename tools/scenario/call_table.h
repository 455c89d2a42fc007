// The one table of the calls that a scenario can make.
//
// The parser binds arguments by it, its messages quote it, the backends switch over its CallId, and
// the table in docs/scenario-language.md is rendered from it. To add a call, add a CallId, a row
// here, and its execution to each backend.
//
// Cost: constexpr data; look-ups by name walk some thirty rows.
#ifndef KVM_MODEL_TOOLS_SCENARIO_CALL_TABLE_H_
#define KVM_MODEL_TOOLS_SCENARIO_CALL_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kvm_model::scenario {

enum class CallId : std::uint8_t {
  kOpen,
  kCreateVm,
  kCheckExtension,
  kEnableCap,
  kCreateGuestMemfd,
  kSetUserMemoryRegion,
  kSetUserMemoryRegion2,
  kSetMemoryAttributes,
  kSetMemoryAttributes2,
  kMmap,
  kMunmap,
  kMadvise,
  kClose,
  kDup,
  kFallocate,
  kHostRead,
  kHostWrite,
  kCreateVcpu,
  kGuestRead,
  kGuestWrite,
  kGetDirtyLog,
  kClearDirtyLog,
  kPreFault,
  kPopulate,
  kPin,
  kUnpin,
  kPoison,
  kFailAllocation,
  kInterrupt,
  kFork,
  kIoctl,
  kAttributes,
  kResident,
  kPeek,
  kMapped,
  kGuestMapped,
};

// Every argument name of every call; a name means the same argument wherever it appears.
enum class ArgumentId : std::uint8_t {
  kAddress,
  kAdvice,
  kArg,
  kArgs,
  kAs,
  kAttributes,
  kByte,
  kCap,
  kErrorOffset,
  kFd,
  kFirst,
  kFlags,
  kGmem,
  kGpa,
  kGuestMemfd,
  kHva,
  kId,
  kKvm,
  kLen,
  kMap,
  kMask,
  kMode,
  kN,
  kOffset,
  kPages,
  kPin,
  kProt,
  kRequest,
  kReserved,
  kSize,
  kSlot,
  kType,
  kVcpu,
  kVm,
};
inline constexpr std::size_t kArgumentIds = static_cast<std::size_t>(ArgumentId::kVm) + 1;

// The values of guest_read's and guest_write's `as`.
enum class Addressing : std::uint8_t {
  kAuto,  // As the VM's type does by itself.
  kShared,
  kPrivate,
};

// populate's byte where there is no source: NULL.
inline constexpr std::uint64_t kNoSourceByte = std::uint64_t{1} << 32;

// Which set of names an argument's value is written in.
enum class NameDomain : std::uint8_t {
  kNone,             // Numbers and variables only.
  kAdvice,           // DONTNEED, REMOVE, HUGEPAGE.
  kAddressing,       // auto, shared, private: how the guest addresses memory.
  kCapability,       // KVM_CAP_..., with or without the prefix.
  kContentMode,      // ZERO, PRESERVE.
  kErrno,            // EINVAL, ...
  kFallocateMode,    // KEEP_SIZE, PUNCH_HOLE, ...
  kGuestMemfdFlag,   // MMAP, INIT_SHARED.
  kIoctl,            // KVM_CREATE_VM, ...
  kMapFlag,          // SHARED, PRIVATE, ...
  kMemoryAttribute,  // PRIVATE.
  kMemoryFaultFlag,  // PRIVATE.
  kMemslotFlag,      // LOG_DIRTY_PAGES, READONLY, GUEST_MEMFD.
  kProtection,       // r, w, x in any combination; none.
  kSourceByte,       // NULL: there is none.
  kVmType,           // The architecture's: DEFAULT, SW_PROTECTED, ...
  kVmTypeSet,        // The same names, each a bit.
};

// What kind of thing an argument is. A variable may stand anywhere: a program can hand any number
// to any call, and what then happens is worth showing.
enum class ArgumentKind : std::uint8_t {
  kNumber,
  kDescriptor,
  kAddress,  // A user address: what mmap gave, NULL, BAD or a number.
  kByte,
  kList,  // [a, b, ...]: up to kMaxListValues numbers.
};
inline constexpr std::size_t kMaxListValues = 4;

// How many pages get_dirty_log tells of, and how many clear_dirty_log sets in its bitmap.
inline constexpr std::uint64_t kMostBitmapPages = 65536;

// What can come back. An errno can from every call.
enum class Answers : std::uint8_t {
  kFd,
  kNumber,
  kZero,
  kOk,
  kByte,          // Or SIGBUS, SIGSEGV.
  kHostWritten,   // ok, SIGBUS, SIGSEGV.
  kPinned,        // ok, SIGBUS.
  kGuestByte,     // A byte, MMIO, MEMORY_FAULT.
  kGuestWritten,  // ok, MMIO, MEMORY_FAULT.
  kConversion,    // 0 or an errno, and what became of error_offset.
  kProgress,      // 0 with the gpa and size written back.
  kValuedRuns,
  kRuns,
};

// What a backend must be able to do to run a call.
enum class Needs : std::uint8_t {
  kKernel,          // System calls: the model and a real kernel both can.
  kGuestExecution,  // Code that runs in a guest.
  kModel,           // A look or a hand inside, which only the model offers.
};

struct ArgumentSpec {
  ArgumentId id{};
  ArgumentKind kind = ArgumentKind::kNumber;
  NameDomain domain = NameDomain::kNone;
  std::string_view default_text;  // As a scenario would write it; empty when it must be given.

  constexpr bool required() const { return default_text.empty(); }
};

class ArgumentSpecs {
 public:
  static constexpr std::size_t kMax = 8;

  consteval ArgumentSpecs(std::initializer_list<ArgumentSpec> specs) {
    for (const ArgumentSpec& spec : specs) specs_[size_++] = spec;
  }
  constexpr const ArgumentSpec* begin() const { return specs_.data(); }
  constexpr const ArgumentSpec* end() const { return specs_.data() + size_; }
  constexpr std::size_t size() const { return size_; }
  constexpr const ArgumentSpec& operator[](std::size_t i) const { return specs_[i]; }

 private:
  std::array<ArgumentSpec, kMax> specs_{};
  std::size_t size_ = 0;
};

struct CallSpec {
  CallId id{};
  std::string_view name;
  ArgumentSpecs arguments;
  Answers answers{};
  Needs needs = Needs::kKernel;
  std::string_view meaning;
};

// What may stand behind an answer as NAME=VALUE.
enum class FieldId : std::uint8_t { kErrorOffset, kErrno, kFlags, kGpa, kSize };

struct FieldSpec {
  FieldId id{};
  std::string_view name;
  NameDomain domain = NameDomain::kNone;
};

// All calls, in the order of the documentation; a CallId is an index.
std::span<const CallSpec> AllCalls();

const CallSpec& GetCall(CallId id);
std::optional<CallId> CallByName(std::string_view name);

std::string_view ArgumentName(ArgumentId id);
// The argument of that name, if the call has it.
const ArgumentSpec* FindArgument(const CallSpec& call, std::string_view name);

std::span<const FieldSpec> AllFields();
const FieldSpec& GetField(FieldId id);

// "fd, errno": what the documentation says can come back.
std::string_view AnswersText(Answers answers);

// "create_vm(kvm, type=DEFAULT)".
std::string Signature(const CallSpec& call);

// The table of calls in Markdown, as docs/scenario-language.md has it.
std::string RenderCallTable();

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_SCENARIO_CALL_TABLE_H_
