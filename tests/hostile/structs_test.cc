// Each struct that an ioctl takes: every field at its corners, alone and two at once, every flag
// bit alone, every reserved word, every kind of descriptor, and the struct where its memory ends.
#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "tests/hostile/forms.h"
#include "tests/hostile/picture.h"
#include "tests/hostile/probe.h"
#include "tests/hostile/world.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model::hostile {
namespace {

using uapi::Errno;
using uapi::FdKind;

class StructsTest : public ::testing::TestWithParam<HostChoice> {
 protected:
  StructsTest() : world_(GetParam()), prober_(world_) {}

  // Calls `check` for each form that this host has a descriptor for.
  template <typename Check>
  void ForEachForm(Check check) {
    for (const Form& form : Forms()) {
      if (DescriptorOf(world_, form.kind) < 0) continue;
      SCOPED_TRACE(form.ioctl);
      check(form);
    }
  }

  static const Field& FieldOf(const Form& form, std::string_view name) {
    return *std::ranges::find(form.fields, name, &Field::name);
  }

  World world_;
  Prober prober_;
};

TEST_P(StructsTest, EveryFieldAtEveryCorner) {
  ForEachForm([&](const Form& form) {
    const std::vector<std::byte> good = GoodArguments(world_, form);
    ASSERT_EQ(prober_.Probe(form, good), "");
    if (!ReadsArgument(world_, form)) return;
    for (const Field& field : form.fields) {
      const std::vector<std::uint64_t> corners = Corners(world_, field.kind);
      for (std::size_t element = 0; element < field.count; ++element) {
        for (const std::uint64_t corner : corners) {
          std::vector<std::byte> bytes = good;
          Put(bytes, field, corner, element);
          ASSERT_EQ(prober_.Probe(form, bytes), "")
              << field.name << "[" << element << "] " << corner;
        }
        // The inside of padding is no more than its first and last word.
        if (field.kind == FieldKind::kUnused && element == 0 && field.count > 2) {
          element = field.count - 2;
        }
      }
    }
  });
}

TEST_P(StructsTest, TwoFieldsAtCornersAtOnce) {
  const std::vector<std::uint64_t> corners = FewCorners(world_);
  ForEachForm([&](const Form& form) {
    if (!ReadsArgument(world_, form)) return;
    const std::vector<std::byte> good = GoodArguments(world_, form);
    for (const Field& first : form.fields) {
      for (const Field& second : form.fields) {
        if (second.offset <= first.offset || second.kind == FieldKind::kUnused) continue;
        for (const std::uint64_t one : corners) {
          for (const std::uint64_t other : corners) {
            std::vector<std::byte> bytes = good;
            Put(bytes, first, one);
            Put(bytes, second, other);
            ASSERT_EQ(prober_.Probe(form, bytes), "")
                << first.name << " " << one << ", " << second.name << " " << other;
          }
        }
      }
    }
  });
}

// A word that must be zero is EINVAL with any byte set; one that nobody looks at changes nothing.
TEST_P(StructsTest, ReservedWords) {
  ForEachForm([this](const Form& form) {
    if (!ReadsArgument(world_, form)) return;
    const std::vector<std::byte> good = GoodArguments(world_, form);
    World twin(GetParam());
    const Result<std::int64_t> plain = CallWith(twin, form, good, twin.scratch());
    for (const Field& field : form.fields) {
      const bool written_only =
          field.name == "error_offset" && !world_.host().revision().error_offset_must_be_zero;
      const bool must_be_zero = field.kind == FieldKind::kMustBeZero && !written_only;
      const bool ignored =
          field.kind == FieldKind::kUnused || field.kind == FieldKind::kOutput || written_only;
      if (!must_be_zero && !ignored) continue;
      for (std::size_t byte = field.offset; byte < field.offset + field.bytes * field.count;
           ++byte) {
        World other(GetParam());
        Prober other_prober(other);
        std::vector<std::byte> bytes = good;
        bytes[byte] = std::byte{0x80};
        ASSERT_EQ(other_prober.Probe(form, bytes), "") << field.name << " byte " << byte;
        if (must_be_zero) {
          ASSERT_THAT(other_prober.answer(), FailsWith(Errno::kEINVAL)) << "byte " << byte;
        } else {
          ASSERT_EQ(other_prober.answer(), plain) << field.name << " byte " << byte;
        }
      }
    }
  });
}

// Each bit of a field of flags alone: taken if it is one that this host knows, and otherwise the
// errno that the ioctl has for it.
TEST_P(StructsTest, FlagBitsAlone) {
  struct Known {
    std::string_view ioctl;
    FdKind kind;
    std::string_view field;
    std::uint64_t bits;
    Errno otherwise = Errno::kEINVAL;
  };
  const bool arm64 = GetParam().arch == "arm64";
  const bool software_protected = GetParam().vm_type == uapi::kX86SwProtectedVm;
  const std::uint64_t file_flags =
      world_.has_guest_memfd()
          ? static_cast<std::uint64_t>(*world_.task().Ioctl(
                world_.vm(), world_.Request(uapi::Ioctl("KVM_CHECK_EXTENSION")),
                std::uint64_t{244}))
          : 0;
  const bool may_be_readonly =
      world_.host().arch().traits().has_readonly_mem && GetParam().vm_type != uapi::kX86SnpVm;
  const std::uint64_t slot_flags =
      uapi::kMemLogDirtyPages | (may_be_readonly ? uapi::kMemReadonly : 0);
  const std::uint64_t guest_memfd = world_.has_guest_memfd() ? uapi::kMemGuestMemfd : 0;
  const std::uint64_t attributes = GetParam().private_memory() ? uapi::kMemoryAttributePrivate : 0;
  const bool modes = world_.host().revision().content_modes();
  const std::uint64_t in_vms = world_.host().facts().vm_memory_attributes ? attributes : 0;
  const Known kKnown[] = {
      {"KVM_SET_USER_MEMORY_REGION", FdKind::kVm, "flags", slot_flags},
      {"KVM_SET_USER_MEMORY_REGION2", FdKind::kVm, "flags", slot_flags | guest_memfd},
      {"KVM_SET_MEMORY_ATTRIBUTES", FdKind::kVm, "flags", 0},
      {"KVM_SET_MEMORY_ATTRIBUTES", FdKind::kVm, "attributes", in_vms},
      {"KVM_SET_MEMORY_ATTRIBUTES2", FdKind::kVm, "flags", 0},
      {"KVM_SET_MEMORY_ATTRIBUTES2", FdKind::kVm, "attributes", in_vms},
      // The modes of the VM's type; ZERO is for conversions to shared memory.
      {"KVM_SET_MEMORY_ATTRIBUTES2", FdKind::kGuestMemfd, "flags",
       software_protected && modes ? uapi::kSetMemoryAttributes2Preserve : 0},
      {"KVM_SET_MEMORY_ATTRIBUTES2", FdKind::kGuestMemfd, "attributes", attributes},
      {"KVM_CREATE_GUEST_MEMFD", FdKind::kVm, "flags", file_flags},
      {"KVM_PRE_FAULT_MEMORY", FdKind::kVcpu, "flags", 0},
      {"KVM_ENABLE_CAP", FdKind::kVm, "flags", 0},
      {"KVM_ENABLE_CAP", FdKind::kVcpu, "flags", 0},
      // Only TEST is looked at. arm64 makes its device, x86 and arm64 say whether they have one.
      {"KVM_CREATE_DEVICE", FdKind::kVm, "flags",
       arm64                      ? ~std::uint64_t{0}
       : GetParam().arch == "x86" ? std::uint64_t{uapi::kCreateDeviceTest}
                                  : 0,
       GetParam().arch == "mips" ? Errno::kENODEV : Errno::kENOSYS},
  };
  for (const Known& known : kKnown) {
    SCOPED_TRACE(testing::Message() << known.ioctl << " " << known.field);
    const Form& form = FormOf(known.ioctl, known.kind);
    if (DescriptorOf(world_, form.kind) < 0 || !ReadsArgument(world_, form)) continue;
    std::vector<std::byte> good = GoodArguments(world_, form);
    if (form.ioctl == "KVM_SET_USER_MEMORY_REGION2") {
      // The one page of file() that no slot has.
      Put(good, FieldOf(form, "memory_size"), world_.page());
      Put(good, FieldOf(form, "guest_memfd"), static_cast<std::uint64_t>(world_.file()));
    }
    // Of these a VM may have many.
    if (form.ioctl == "KVM_CREATE_DEVICE" && arm64) {
      Put(good, FieldOf(form, "type"), uapi::kDevTypeArmVgicIts);
    }
    const Field& field = FieldOf(form, known.field);
    for (std::size_t bit = 0; bit < 8 * field.bytes; ++bit) {
      SCOPED_TRACE(bit);
      std::vector<std::byte> bytes = good;
      Put(bytes, field, std::uint64_t{1} << bit);
      ASSERT_EQ(prober_.Probe(form, bytes), "");
      if ((known.bits >> bit & 1) != 0) {
        EXPECT_THAT(prober_.answer(), Succeeds());
      } else if (modes && known.kind == FdKind::kGuestMemfd && known.field == "flags" && bit < 2) {
        // A mode that exists, and that this VM's type or this direction doesn't have.
        EXPECT_THAT(prober_.answer(), FailsWith(Errno::kEOPNOTSUPP));
      } else {
        EXPECT_THAT(prober_.answer(), FailsWith(known.otherwise));
      }
    }
  }
}

// Every descriptor, open or not, in each field that names one, with each flag.
TEST_P(StructsTest, DescriptorsOfEveryKind) {
  const std::vector<int> fds = {0,
                                1,
                                world_.device(),
                                world_.vm(),
                                world_.other_vm(),
                                world_.vcpu(),
                                world_.file(),
                                world_.private_file(),
                                world_.other_vms_file(),
                                world_.controller(),
                                world_.path_only(),
                                world_.Closed(),
                                World::kNeverOpen,
                                -1,
                                INT_MIN,
                                INT_MAX};
  ForEachForm([&](const Form& form) {
    const std::vector<std::byte> good = GoodArguments(world_, form);
    const auto flags = std::ranges::find(form.fields, "flags", &Field::name);
    for (const Field& field : form.fields) {
      if (field.kind != FieldKind::kFd) continue;
      for (const int fd : fds) {
        for (unsigned bit = 0; bit < 32; ++bit) {
          std::vector<std::byte> bytes = good;
          Put(bytes, field, static_cast<std::uint64_t>(fd));
          Put(bytes, *flags, std::uint64_t{1} << bit);
          ASSERT_EQ(prober_.Probe(form, bytes), "") << field.name << " " << fd << " bit " << bit;
        }
      }
    }
  });
}

// A struct of which any byte lies past the end of what is mapped: EFAULT, wherever the ioctl reads
// its argument at all, and nothing happens.
TEST_P(StructsTest, TheStructCrossesIntoAnUnmappedPage) {
  ForEachForm([this](const Form& form) {
    const std::vector<std::byte> good = GoodArguments(world_, form);
    const int fd = DescriptorOf(world_, form.kind);
    const Result<std::int64_t> null =
        world_.task().Ioctl(fd, RequestOf(world_, form), std::uint64_t{0});
    ASSERT_FALSE(null.has_value());
    const Picture before = world_.Look();
    for (std::size_t inside = 0; inside < form.size; ++inside) {
      const std::uint64_t address = world_.scratch_end() - inside;
      world_.Poke(address, std::span(good).first(inside));
      ASSERT_THAT(world_.task().Ioctl(fd, RequestOf(world_, form), address),
                  FailsWith(null.error()))
          << inside << " bytes are mapped";
      ASSERT_EQ(Difference(before, world_.Look()), "") << inside;
    }
    const Result<std::int64_t> whole =
        CallWith(world_, form, good, world_.scratch_end() - form.size);
    if (null.error() == Errno::kEFAULT) {
      EXPECT_TRUE(whole.has_value() || whole.error() != Errno::kEFAULT);
    }
    prober_.CloseNewDescriptors();
  });
}

INSTANTIATE_TEST_SUITE_P(Hosts, StructsTest, ::testing::ValuesIn(HostChoices()),
                         [](const auto& which) { return which.param.name; });

}  // namespace
}  // namespace kvm_model::hostile
