// Each struct that an ioctl takes: every field at its corners, every flag bit alone, every reserved
// word, and the struct where its memory ends.
#include "uapi/structs.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "kvm_model/result.h"
#include "tests/hostile/allowed.h"
#include "tests/hostile/world.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model::hostile {
namespace {

using uapi::Errno;
using uapi::FdKind;

struct Field {
  std::string_view name;
  std::size_t offset;
  std::size_t bytes;
};

// An ioctl with its struct: the fields, and a valid struct to start from.
struct Form {
  std::string_view ioctl;
  FdKind kind;
  std::size_t size;
  std::vector<Field> fields;
};

const std::vector<Form>& Forms() {
  static const auto* const kForms = new std::vector<Form>{
      {"KVM_SET_USER_MEMORY_REGION",
       FdKind::kVm,
       32,
       {{"slot", 0, 4},
        {"flags", 4, 4},
        {"guest_phys_addr", 8, 8},
        {"memory_size", 16, 8},
        {"userspace_addr", 24, 8}}},
      {"KVM_SET_USER_MEMORY_REGION2",
       FdKind::kVm,
       160,
       {{"slot", 0, 4},
        {"flags", 4, 4},
        {"guest_phys_addr", 8, 8},
        {"memory_size", 16, 8},
        {"userspace_addr", 24, 8},
        {"guest_memfd_offset", 32, 8},
        {"guest_memfd", 40, 4}}},
      {"KVM_SET_MEMORY_ATTRIBUTES",
       FdKind::kVm,
       32,
       {{"address", 0, 8}, {"size", 8, 8}, {"attributes", 16, 8}, {"flags", 24, 8}}},
      {"KVM_SET_MEMORY_ATTRIBUTES2",
       FdKind::kVm,
       128,
       {{"address", 0, 8},
        {"size", 8, 8},
        {"attributes", 16, 8},
        {"flags", 24, 8},
        {"error_offset", 32, 8}}},
      {"KVM_SET_MEMORY_ATTRIBUTES2",
       FdKind::kGuestMemfd,
       128,
       {{"offset", 0, 8},
        {"size", 8, 8},
        {"attributes", 16, 8},
        {"flags", 24, 8},
        {"error_offset", 32, 8}}},
      {"KVM_CREATE_GUEST_MEMFD", FdKind::kVm, 64, {{"size", 0, 8}, {"flags", 8, 8}}},
      {"KVM_PRE_FAULT_MEMORY",
       FdKind::kVcpu,
       64,
       {{"gpa", 0, 8}, {"size", 8, 8}, {"flags", 16, 8}}},
      {"KVM_ENABLE_CAP",
       FdKind::kVm,
       104,
       {{"cap", 0, 4}, {"flags", 4, 4}, {"args[0]", 8, 8}, {"args[1]", 16, 8}}},
  };
  return *kForms;
}

class StructsTest : public ::testing::TestWithParam<HostChoice> {
 protected:
  StructsTest() : world_(GetParam()), first_fds_(world_.task().fds().Open()) {}

  int DescriptorOf(FdKind kind) const {
    return kind == FdKind::kVm     ? world_.vm()
           : kind == FdKind::kVcpu ? world_.vcpu()
                                   : world_.file();
  }

  // Two pages of everything: valid, where the ioctl is there at all.
  std::vector<std::byte> Base(const Form& form) {
    const std::uint64_t page = world_.page();
    std::vector<std::byte> bytes(form.size);
    const auto put = [&bytes](std::size_t offset, std::uint64_t value, std::size_t size) {
      std::memcpy(bytes.data() + offset, &value, size);
    };
    if (form.ioctl.starts_with("KVM_SET_USER_MEMORY_REGION")) {
      put(0, 5, 4);
      put(8, 1024 * page, 8);
      put(16, 2 * page, 8);
      put(24, world_.scratch(), 8);
    } else if (form.ioctl == "KVM_ENABLE_CAP") {
      put(0, 182, 4);
    } else if (form.ioctl == "KVM_CREATE_GUEST_MEMFD") {
      put(0, 2 * page, 8);
    } else {
      put(0, form.kind == FdKind::kGuestMemfd ? 0 : 64 * page, 8);
      put(8, 2 * page, 8);
    }
    return bytes;
  }

  // Corners of a field, in general and next to this world's limits.
  std::vector<std::uint64_t> Corners() const {
    const std::uint64_t page = world_.page();
    std::vector<std::uint64_t> corners = {0, 1, 2, 3, 4, 7, 8, 0xffff, 0x10000, 0x7fffffff};
    for (const std::uint64_t limit :
         {page, 2 * page, 4 * page, 8 * page, 64 * page, std::uint64_t{32764}, std::uint64_t{32767},
          std::uint64_t{1} << 31, std::uint64_t{1} << 32, (std::uint64_t{1} << 31) * page,
          std::uint64_t{1} << 40, std::uint64_t{1} << 46, std::uint64_t{1} << 47,
          std::uint64_t{1} << 52, std::uint64_t{1} << 63, std::uint64_t{0}}) {
      for (const std::uint64_t step : {std::uint64_t{0}, std::uint64_t{1}, page}) {
        corners.push_back(limit - step);
        corners.push_back(limit + step);
      }
    }
    for (unsigned bit = 0; bit < 64; ++bit) corners.push_back(std::uint64_t{1} << bit);
    std::ranges::sort(corners);
    corners.erase(std::unique(corners.begin(), corners.end()), corners.end());
    return corners;
  }

  Result<std::int64_t> Make(const Form& form, std::span<const std::byte> bytes,
                            std::uint64_t address) {
    world_.Poke(address, bytes);
    return world_.task().Ioctl(DescriptorOf(form.kind), RequestOf(form), address);
  }

  std::uint32_t RequestOf(const Form& form) const {
    return world_.Request(*uapi::IoctlByName(form.ioctl));
  }

  // The call with these bytes: an allowed answer, and nothing changed if it fails.
  void Probe(const Form& form, std::span<const std::byte> bytes) {
    if (!before_.has_value()) before_ = world_.Look();
    const Result<std::int64_t> answer = Make(form, bytes, world_.scratch());
    EXPECT_EQ(WhyNotAllowed(world_.host(), form.kind, RequestOf(form), answer), "");
    if (!answer) {
      EXPECT_EQ(Difference(*before_, world_.Look()), "");
      return;
    }
    for (const int fd : world_.task().fds().Open()) {
      if (!std::ranges::binary_search(first_fds_, fd)) (void)world_.task().Close(fd);
    }
    if (form.ioctl.starts_with("KVM_SET_USER_MEMORY_REGION")) ForgetSlot(bytes);
    before_ = std::nullopt;
  }

  // Deletes the slot that the call has made, so that the next one finds the same world.
  void ForgetSlot(std::span<const std::byte> bytes) {
    uapi::kvm_userspace_memory_region2 gone{};
    std::memcpy(&gone.slot, bytes.data(), sizeof(gone.slot));
    if (gone.slot == 0 || gone.slot == 1) return;
    (void)world_.Call(world_.vm(), uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2"), gone);
  }

  // Calls `check` for each form that this host has a descriptor for.
  template <typename Check>
  void ForEachForm(Check check) {
    for (const Form& form : Forms()) {
      if (DescriptorOf(form.kind) < 0) continue;
      SCOPED_TRACE(form.ioctl);
      check(form);
    }
  }

  World world_;
  const std::vector<int> first_fds_;
  std::optional<Picture> before_;
};

TEST_P(StructsTest, EveryFieldAtEveryCorner) {
  ForEachForm([this](const Form& form) {
    for (const Field& field : form.fields) {
      for (const std::uint64_t corner : Corners()) {
        std::vector<std::byte> bytes = Base(form);
        std::memcpy(bytes.data() + field.offset, &corner, field.bytes);
        SCOPED_TRACE(field.name);
        SCOPED_TRACE(corner);
        Probe(form, bytes);
        if (HasFailure()) return;
      }
    }
  });
}

// Start and size that wrap, in all combinations of a few numbers.
TEST_P(StructsTest, PairsOfStartAndSize) {
  const std::uint64_t page = world_.page();
  const std::array<std::uint64_t, 12> ends = {0,
                                              1,
                                              page,
                                              8 * page,
                                              std::uint64_t{1} << 43,
                                              (std::uint64_t{1} << 52) - page,
                                              (std::uint64_t{1} << 63) - page,
                                              std::uint64_t{1} << 63,
                                              (std::uint64_t{1} << 63) + page,
                                              ~std::uint64_t{0} - 2 * page + 1,
                                              ~std::uint64_t{0} - page + 1,
                                              ~std::uint64_t{0}};
  ForEachForm([&](const Form& form) {
    // A large file is not prefilled and a large slot has nothing behind it: both are quick.
    const std::size_t start_field = form.ioctl.starts_with("KVM_SET_USER_MEMORY_REGION") ? 2 : 0;
    for (const std::uint64_t start : ends) {
      for (const std::uint64_t size : ends) {
        std::vector<std::byte> bytes = Base(form);
        const Field& first = form.fields[start_field];
        const Field& second = form.fields[start_field + 1];
        std::memcpy(bytes.data() + first.offset, &start, first.bytes);
        std::memcpy(bytes.data() + second.offset, &size, second.bytes);
        SCOPED_TRACE(start);
        SCOPED_TRACE(size);
        Probe(form, bytes);
        if (HasFailure()) return;
      }
    }
  });
}

// Bytes at the end of a struct that must be zero, and those that nobody looks at.
TEST_P(StructsTest, ReservedWords) {
  ForEachForm([this](const Form& form) {
    std::vector<std::byte> base = Base(form);
    const Result<std::int64_t> plain = Make(form, base, world_.scratch());
    const std::size_t first = form.fields.back().offset + form.fields.back().bytes;
    const bool checked = form.ioctl == "KVM_SET_MEMORY_ATTRIBUTES2";
    const bool slot = form.ioctl.starts_with("KVM_SET_USER_MEMORY_REGION");
    for (std::size_t byte = first; byte < form.size; ++byte) {
      SCOPED_TRACE(byte);
      if (slot) ForgetSlot(base);
      std::vector<std::byte> bytes = base;
      bytes[byte] = std::byte{0x80};
      const Result<std::int64_t> answer = Make(form, bytes, world_.scratch());
      if (checked && plain) {
        EXPECT_THAT(answer, FailsWith(Errno::kEINVAL));
      } else if (plain) {
        EXPECT_TRUE(answer.has_value()) << uapi::ErrnoName(answer.error());
      } else {
        EXPECT_THAT(answer, FailsWith(plain.error()));
      }
      // Every third guest_memfd would otherwise keep a descriptor.
      if (answer && *answer > 0) (void)world_.task().Close(static_cast<int>(*answer));
      if (HasFailure()) return;
    }
  });
}

// Each flag bit alone: taken if it is one of the flags that this host knows, EINVAL otherwise.
TEST_P(StructsTest, FlagBitsAlone) {
  struct Known {
    std::string_view ioctl;
    FdKind kind;
    std::uint64_t flags;
  };
  const bool modes = GetParam().vm_type == uapi::kX86SwProtectedVm;
  const std::uint64_t file_flags =
      world_.has_guest_memfd()
          ? static_cast<std::uint64_t>(*world_.task().Ioctl(
                world_.vm(), world_.Request(uapi::Ioctl("KVM_CHECK_EXTENSION")),
                std::uint64_t{244}))
          : 0;
  const Known kKnown[] = {
      {"KVM_SET_USER_MEMORY_REGION", FdKind::kVm, uapi::kMemLogDirtyPages | uapi::kMemReadonly},
      {"KVM_SET_MEMORY_ATTRIBUTES", FdKind::kVm, 0},
      {"KVM_SET_MEMORY_ATTRIBUTES2", FdKind::kVm, 0},
      // Shared pages, set to shared: the modes of the VM's type.
      {"KVM_SET_MEMORY_ATTRIBUTES2", FdKind::kGuestMemfd, modes ? 3u : 0u},
      {"KVM_CREATE_GUEST_MEMFD", FdKind::kVm, file_flags},
      {"KVM_PRE_FAULT_MEMORY", FdKind::kVcpu, 0},
      {"KVM_ENABLE_CAP", FdKind::kVm, 0},
  };
  for (const Known& known : kKnown) {
    SCOPED_TRACE(known.ioctl);
    if (DescriptorOf(known.kind) < 0) continue;
    const auto form = std::ranges::find_if(Forms(), [&known](const Form& one) {
      return one.ioctl == known.ioctl && one.kind == known.kind;
    });
    ASSERT_NE(form, Forms().end());
    const auto flags = std::ranges::find(form->fields, "flags", &Field::name);
    ASSERT_NE(flags, form->fields.end());
    const std::vector<std::byte> base = Base(*form);
    const bool slot = known.ioctl == "KVM_SET_USER_MEMORY_REGION";
    const Result<std::int64_t> plain = Make(*form, base, world_.scratch());
    if (!plain && plain.error() != Errno::kEOPNOTSUPP) continue;  // not an ioctl of this host
    for (std::size_t bit = 0; bit < 8 * flags->bytes; ++bit) {
      SCOPED_TRACE(bit);
      if (slot) ForgetSlot(base);
      std::vector<std::byte> bytes = base;
      bytes[flags->offset + bit / 8] = std::byte(1 << bit % 8);
      const Result<std::int64_t> answer = Make(*form, bytes, world_.scratch());
      if ((known.flags >> bit & 1) != 0) {
        EXPECT_THAT(answer, Succeeds());
        if (answer && *answer > 0) (void)world_.task().Close(static_cast<int>(*answer));
      } else if (known.kind == FdKind::kGuestMemfd && bit < 2) {
        // A mode that exists, and that this VM's type doesn't have.
        EXPECT_THAT(answer, FailsWith(Errno::kEOPNOTSUPP));
      } else {
        EXPECT_THAT(answer, FailsWith(Errno::kEINVAL));
      }
    }
  }
}

// A struct of which any byte lies past the end of what is mapped: EFAULT, wherever the ioctl reads
// its argument at all, and nothing happens.
TEST_P(StructsTest, TheStructCrossesIntoAnUnmappedPage) {
  ForEachForm([this](const Form& form) {
    const std::vector<std::byte> base = Base(form);
    const Result<std::int64_t> null =
        world_.task().Ioctl(DescriptorOf(form.kind), RequestOf(form), std::uint64_t{0});
    ASSERT_FALSE(null.has_value());
    const Picture before = world_.Look();
    for (std::size_t inside = 0; inside < form.size; ++inside) {
      const std::uint64_t address = world_.scratch_end() - inside;
      world_.Poke(address, std::span(base).first(inside));
      EXPECT_THAT(world_.task().Ioctl(DescriptorOf(form.kind), RequestOf(form), address),
                  FailsWith(null.error()))
          << inside << " bytes are mapped";
      EXPECT_EQ(Difference(before, world_.Look()), "") << inside;
      if (HasFailure()) return;
    }
    const Result<std::int64_t> whole = Make(form, base, world_.scratch_end() - form.size);
    if (null.error() == Errno::kEFAULT) {
      EXPECT_TRUE(whole.has_value() || whole.error() != Errno::kEFAULT);
    }
    if (whole && *whole > 0) (void)world_.task().Close(static_cast<int>(*whole));
  });
}

INSTANTIATE_TEST_SUITE_P(Hosts, StructsTest, ::testing::ValuesIn(HostChoices()),
                         [](const auto& which) { return which.param.name; });

}  // namespace
}  // namespace kvm_model::hostile
