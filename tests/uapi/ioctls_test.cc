#include "uapi/ioctls.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "tests/uapi/tsv.h"

namespace kvm_model::uapi {
namespace {

constexpr Encoding kEncodings[] = {Encoding::kGeneric, Encoding::kPowerpcMips};

constexpr bool IsAttributes2(IoctlId id) {
  switch (id) {
    case Ioctl("KVM_SET_MEMORY_ATTRIBUTES2"):
      return true;
    default:
      return false;
  }
}
static_assert(IsAttributes2(Ioctl("KVM_SET_MEMORY_ATTRIBUTES2")));
static_assert(!IsAttributes2(Ioctl("KVM_SET_MEMORY_ATTRIBUTES")));
static_assert(RequestOf("KVM_CREATE_VM") == 0xae01);
static_assert(RequestOf("KVM_SET_MEMORY_ATTRIBUTES") == 0x4020aed2);
static_assert(RequestOf("KVM_SET_MEMORY_ATTRIBUTES2") == 0xc080aed2);

std::vector<IoctlId> AllIds() {
  std::vector<IoctlId> ids;
  for (std::size_t i = 0; i < AllIoctls().size(); ++i) {
    ids.push_back(IoctlId{static_cast<std::uint8_t>(i)});
  }
  return ids;
}

// Writes fds and architecture as ioctls.tsv does.
std::string FdColumn(const IoctlDef& ioctl) {
  struct KindName {
    FdKind kind;
    std::string_view name;
  };
  constexpr KindName kNames[] = {{FdKind::kSystem, "sys"},
                                 {FdKind::kDevice, "device"},
                                 {FdKind::kVm, "vm"},
                                 {FdKind::kVcpu, "vcpu"},
                                 {FdKind::kGuestMemfd, "guest_memfd"}};
  std::string text;
  const auto append = [&text](std::string_view name) {
    if (!text.empty()) text += ',';
    text += name;
  };
  for (const auto& [kind, name] : kNames) {
    if (ioctl.fds.Contains(kind)) append(name);
  }
  if (ioctl.x86_fds.Contains(FdKind::kSystem)) append("sys x86");
  if (ioctl.arch == IoctlArch::kX86) text += " x86";
  if (ioctl.arch == IoctlArch::kArm64) text += " arm64";
  if (ioctl.arch == IoctlArch::kS390) text += " s390";
  return text;
}

TEST(IoctlsTest, EveryRowIsTheSpecificationsRow) {
  const auto rows = ReadTsv("tests/uapi/ioctls.tsv");
  ASSERT_EQ(rows.size(), AllIoctls().size());
  for (const auto& row : rows) {
    ASSERT_EQ(row.size(), 4U);
    const std::optional<IoctlId> id = IoctlByName(row[0]);
    ASSERT_TRUE(id.has_value()) << row[0];
    EXPECT_EQ(FdColumn(GetIoctl(*id)), row[1]) << row[0];
    EXPECT_EQ(Request(*id, Encoding::kGeneric), std::stoul(row[2], nullptr, 16)) << row[0];
    if (row[3].starts_with("0x")) {
      EXPECT_EQ(Request(*id, Encoding::kPowerpcMips), std::stoul(row[3], nullptr, 16)) << row[0];
    } else {
      EXPECT_FALSE(HasRequest(*id, Encoding::kPowerpcMips)) << row[0];
      EXPECT_EQ(Request(*id, Encoding::kPowerpcMips), 0U) << row[0];
    }
    EXPECT_EQ(GetIoctl(*id).argument_size == ArgumentSize::kPerArch, row[3] == "arch-sized struct")
        << row[0];
  }
}

TEST(IoctlsTest, RequestLeadsBackToTheIoctl) {
  for (const Encoding encoding : kEncodings) {
    for (const IoctlId id : AllIds()) {
      if (!HasRequest(id, encoding)) continue;
      EXPECT_EQ(FindIoctl(Request(id, encoding), encoding), id) << GetIoctl(id).name;
    }
  }
}

TEST(IoctlsTest, NameLeadsBackToTheIoctl) {
  for (const IoctlId id : AllIds()) EXPECT_EQ(IoctlByName(GetIoctl(id).name), id);
  for (const std::string_view name : {"", "KVM_", "KVM_CREATE_V", "CREATE_VM", "kvm_create_vm"}) {
    EXPECT_EQ(IoctlByName(name), std::nullopt) << name;
  }
}

TEST(IoctlsTest, OneBitOffIsAnotherIoctlOrNone) {
  for (const Encoding encoding : kEncodings) {
    std::set<std::uint32_t> known;
    for (const IoctlId id : AllIds()) {
      if (HasRequest(id, encoding)) known.insert(Request(id, encoding));
    }
    for (const std::uint32_t request : known) {
      for (int bit = 0; bit < 32; ++bit) {
        const std::uint32_t other = request ^ (1U << bit);
        EXPECT_EQ(FindIoctl(other, encoding).has_value(), known.contains(other))
            << std::hex << other;
      }
    }
  }
}

TEST(IoctlsTest, GarbageIsNoIoctl) {
  for (const Encoding encoding : kEncodings) {
    for (const std::uint32_t request : {0U, 1U, 0xaeU, 0xae00U ^ 0xff00U, 0x5451U, 0xffffffffU}) {
      EXPECT_EQ(FindIoctl(request, encoding), std::nullopt) << std::hex << request;
    }
    constexpr unsigned kSeed = 20260326;
    std::mt19937 random(kSeed);
    for (int i = 0; i < 100'000; ++i) {
      const auto request = static_cast<std::uint32_t>(random());
      const std::optional<IoctlId> id = FindIoctl(request, encoding);
      if (id.has_value()) {
        EXPECT_EQ(Request(*id, encoding), request) << "seed " << kSeed;
      }
    }
  }
}

TEST(IoctlsTest, AnEncodingDoesNotKnowTheOthersNumbers) {
  EXPECT_EQ(FindIoctl(0x2000ae01, Encoding::kGeneric), std::nullopt);
  EXPECT_EQ(FindIoctl(0x0000ae01, Encoding::kPowerpcMips), std::nullopt);
  EXPECT_EQ(FindIoctl(0x2000ae01, Encoding::kPowerpcMips), Ioctl("KVM_CREATE_VM"));
}

TEST(IoctlsTest, SecondAttributesIoctlIsToldFromTheFirstBySize) {
  const IoctlDef& first = GetIoctl(Ioctl("KVM_SET_MEMORY_ATTRIBUTES"));
  const IoctlDef& second = GetIoctl(Ioctl("KVM_SET_MEMORY_ATTRIBUTES2"));
  EXPECT_EQ(first.nr, second.nr);
  EXPECT_EQ(first.size, 32);
  EXPECT_EQ(second.size, 128);
  EXPECT_TRUE(second.fds.Contains(FdKind::kGuestMemfd));
  EXPECT_FALSE(first.fds.Contains(FdKind::kGuestMemfd));
}

}  // namespace
}  // namespace kvm_model::uapi
