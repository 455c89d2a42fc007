// The table of forms: complete, and true to the structs.
#include "tests/hostile/forms.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "kvm_model/result.h"
#include "tests/hostile/world.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model::hostile {
namespace {

using uapi::FdKind;

TEST(FormsTest, FieldsAreAllOfTheStruct) {
  for (const Form& form : Forms()) {
    SCOPED_TRACE(form.ioctl);
    EXPECT_EQ(form.size, uapi::GetIoctl(*uapi::IoctlByName(form.ioctl)).size);
    std::size_t at = 0;
    for (const Field& field : form.fields) {
      EXPECT_EQ(field.offset, at) << field.name;
      EXPECT_TRUE(field.bytes == 4 || field.bytes == 8) << field.name;
      at = field.offset + field.bytes * field.count;
    }
    EXPECT_EQ(at, form.size);
  }
}

TEST(FormsTest, EachOnce) {
  std::set<std::pair<std::string_view, FdKind>> seen;
  for (const Form& form : Forms()) {
    EXPECT_TRUE(seen.insert({form.ioctl, form.kind}).second) << form.ioctl;
  }
}

// An ioctl with a struct that any host of the model reads from user memory has a form.
TEST(FormsTest, EveryIoctlThatReadsAStructHasOne) {
  for (const HostChoice& choice : HostChoices()) {
    SCOPED_TRACE(choice.name);
    World world(choice);
    for (const FdKind kind :
         {FdKind::kSystem, FdKind::kVm, FdKind::kVcpu, FdKind::kGuestMemfd, FdKind::kDevice}) {
      const int fd = DescriptorOf(world, kind);
      if (fd < 0) continue;
      for (const uapi::IoctlDef& ioctl : uapi::AllIoctls()) {
        if (ioctl.size == 0) continue;
        const std::uint32_t request = world.Request(*uapi::IoctlByName(ioctl.name));
        const Result<std::int64_t> answer = world.task().Ioctl(fd, request, std::uint64_t{0});
        if (answer || answer.error() != uapi::Errno::kEFAULT) continue;
        EXPECT_TRUE(std::ranges::any_of(Forms(), [&](const Form& form) {
          return form.ioctl == ioctl.name && form.kind == kind;
        })) << ioctl.name;
      }
    }
  }
}

// Each form's good arguments are good on some host.
TEST(FormsTest, GoodArgumentsAreGood) {
  for (const Form& form : Forms()) {
    std::string errnos;
    bool good = false;
    for (const HostChoice& choice : HostChoices()) {
      World world(choice);
      if (!ReadsArgument(world, form)) continue;
      const auto answer = CallWith(world, form, GoodArguments(world, form), world.scratch());
      good |= answer.has_value();
      if (!answer) errnos += choice.name + ":" + std::string(uapi::ErrnoName(answer.error())) + " ";
    }
    EXPECT_TRUE(good) << form.ioctl << " " << errnos;
  }
}

}  // namespace
}  // namespace kvm_model::hostile
