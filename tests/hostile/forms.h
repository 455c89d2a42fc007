// The structs that ioctls take, field by field, and good arguments for each in the world of
// tests/hostile/world.h.
//
// Whatever makes hostile arguments goes by this table. A test holds it complete: every ioctl that
// reads a struct has a form, and its fields are all of the struct's bytes.
#ifndef KVM_MODEL_TESTS_HOSTILE_FORMS_H_
#define KVM_MODEL_TESTS_HOSTILE_FORMS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <span>
#include <string_view>
#include <vector>

#include "kvm_model/result.h"
#include "tests/hostile/world.h"
#include "uapi/ioctls.h"

namespace kvm_model::hostile {

enum class FieldKind : std::uint8_t {
  kAddress,     // of guest physical memory, of user memory, or an offset into a file, in bytes
  kSize,        // bytes
  kCount,       // of pages, or an index of one
  kSlot,        // a memslot's number
  kFlags,       // bits
  kFd,          // a descriptor
  kPointer,     // to more of the argument
  kNumber,      // what else has a meaning
  kOutput,      // written by the kernel, whatever was in it
  kMustBeZero,  // refused unless zero
  kUnused,      // nobody looks at it
};

struct Field {
  std::string_view name;
  std::size_t offset;  // bytes
  std::size_t bytes;   // of one element, 8 at most
  FieldKind kind;
  std::size_t count = 1;  // elements
};

// An ioctl on one kind of descriptor with its struct.
struct Form {
  std::string_view ioctl;
  uapi::FdKind kind;
  std::size_t size;  // bytes
  std::vector<Field> fields;
};

void PrintTo(const Form& form, std::ostream* out);

// Forms of ioctls that a host lacks are among them.
const std::vector<Form>& Forms();
const Form& FormOf(std::string_view ioctl, uapi::FdKind kind);

std::uint32_t RequestOf(const World& world, const Form& form);

// The descriptor of the world that such calls aim at; -1 without one.
int DescriptorOf(const World& world, uapi::FdKind kind);

// Whether the ioctl reads its argument there at all: a null pointer is EFAULT.
bool ReadsArgument(World& world, const Form& form);

// Arguments with which the call succeeds where the host has it and the VM's type allows it.
// Conversions and the like do something with them.
std::vector<std::byte> GoodArguments(World& world, const Form& form);

// Whether a call with good arguments writes its struct back, by whether it succeeds.
bool IsWrittenBack(const Form& form, bool succeeded);

// Puts a number into an element of a field, cut to its width.
void Put(std::span<std::byte> bytes, const Field& field, std::uint64_t value,
         std::size_t element = 0);

// The call with these bytes at `address`.
Result<std::int64_t> CallWith(World& world, const Form& form, std::span<const std::byte> bytes,
                              std::uint64_t address);

}  // namespace kvm_model::hostile

#endif  // KVM_MODEL_TESTS_HOSTILE_FORMS_H_
