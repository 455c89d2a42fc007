// KVM_ENABLE_CAP of every capability number, on a VM and on a vCPU, with hostile arguments.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "tests/hostile/forms.h"
#include "tests/hostile/picture.h"
#include "tests/hostile/probe.h"
#include "tests/hostile/world.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model::hostile {
namespace {

using uapi::FdKind;

constexpr std::uint32_t kPastTheLastCapability = 300;

class EnableCapTest : public ::testing::TestWithParam<HostChoice> {
 protected:
  EnableCapTest() : world_(GetParam()) {}

  static const Field& FieldOf(const Form& form, std::string_view name) {
    return *std::ranges::find(form.fields, name, &Field::name);
  }

  // KVM_ENABLE_CAP of that number with each argument in turn in args[0] and args[1], and with
  // flags.
  static std::vector<std::vector<std::byte>> Hostile(const Form& form, std::uint32_t number,
                                                     std::span<const std::uint64_t> arguments) {
    std::vector<std::vector<std::byte>> all;
    for (const std::uint64_t argument : arguments) {
      for (const std::size_t element : {std::size_t{0}, std::size_t{1}}) {
        for (const std::uint64_t flags : {0u, 1u, 1u << 31}) {
          std::vector<std::byte>& bytes = all.emplace_back(form.size);
          Put(bytes, FieldOf(form, "cap"), number);
          Put(bytes, FieldOf(form, "flags"), flags);
          Put(bytes, FieldOf(form, "args"), argument, element);
        }
      }
    }
    return all;
  }

  // Whether each of the calls answers EINVAL, as a capability that can't be enabled does.
  bool IsRefusedWhatever(const Form& form, std::span<const std::vector<std::byte>> all) const {
    World world(GetParam());
    return std::ranges::all_of(all, [&](const std::vector<std::byte>& bytes) {
      const auto answer = CallWith(world, form, bytes, world.scratch());
      return !answer && answer.error() == uapi::Errno::kEINVAL;
    });
  }

  World world_;
};

TEST_P(EnableCapTest, EveryCapabilityWithEveryKindOfArgument) {
  const std::vector<std::uint64_t> arguments = {
      0,
      1,
      2,
      3,
      4,
      world_.page(),
      std::uint64_t{1} << 31,
      std::uint64_t{1} << 32,
      std::uint64_t{1} << 63,
      ~std::uint64_t{0},
      static_cast<std::uint64_t>(world_.device()),
      static_cast<std::uint64_t>(world_.vm()),
      static_cast<std::uint64_t>(world_.other_vm()),
      static_cast<std::uint64_t>(world_.vcpu()),
      static_cast<std::uint64_t>(World::kNeverOpen),
      world_.scratch() + world_.page(),
      world_.scratch_end() - 1,
  };
  for (const FdKind kind : {FdKind::kVm, FdKind::kVcpu}) {
    const Form& form = FormOf("KVM_ENABLE_CAP", kind);
    World refusing(GetParam());
    const Picture before = refusing.Look();
    Prober prober(world_);
    for (std::uint32_t number = 0; number < kPastTheLastCapability; ++number) {
      const std::vector<std::vector<std::byte>> all = Hostile(form, number, arguments);
      const bool refused = IsRefusedWhatever(form, all);
      for (const std::vector<std::byte>& bytes : all) {
        if (refused) {
          // Not looked at one by one.
          EXPECT_FALSE(CallWith(refusing, form, bytes, refusing.scratch()).has_value());
        } else {
          ASSERT_EQ(prober.Probe(form, bytes), "") << "capability " << number;
        }
      }
    }
    EXPECT_EQ(Difference(before, refusing.Look()), "");
  }
}

INSTANTIATE_TEST_SUITE_P(Hosts, EnableCapTest, ::testing::ValuesIn(HostChoices()),
                         [](const auto& which) { return which.param.name; });

}  // namespace
}  // namespace kvm_model::hostile
