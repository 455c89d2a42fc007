#include "tools/quiz/draws.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "tools/quiz/dice.h"

namespace kvm_model::quiz {
namespace {

constexpr std::array<std::string_view, 6> kConversionAnswers = {"0",          "EAGAIN", "EINVAL",
                                                                "EOPNOTSUPP", "ENOTTY", "EFAULT"};
constexpr std::array<std::string_view, 6> kHostAnswers = {"0",   "'A'",    "'B'",
                                                          "'C'", "SIGBUS", "SIGSEGV"};
constexpr std::array<std::string_view, 6> kGuestAnswers = {"0",   "'A'",  "'B'",
                                                           "'C'", "MMIO", "MEMORY_FAULT"};
constexpr std::array<std::string_view, 5> kHoleAnswers = {"0", "EINVAL", "EOPNOTSUPP", "ENODEV",
                                                          "EAGAIN"};
constexpr std::array<std::string_view, 3> kBytes = {"A", "B", "C"};
constexpr std::array<std::string_view, 2> kAttributes = {"PRIVATE", "0"};
constexpr std::array<std::string_view, 3> kModes = {"0", "ZERO", "PRESERVE"};

Question ConversionFrom(Dice& dice, Words modes) {
  const std::uint64_t first = dice.Below(kPages);
  // Now and then beyond the end.
  const std::uint64_t pages = 1 + dice.Below(dice.OneIn(6) ? kPages : kPages - first);
  const std::string_view mode = dice.Of(modes);
  const std::string_view attributes = dice.Of(kAttributes);
  return {absl::StrFormat("set_memory_attributes2(gmem, %s, %s, %s, %s)", PageOf(first),
                          PageOf(pages), attributes, mode),
          kConversionAnswers};
}

}  // namespace

std::string PageOf(std::uint64_t page) { return page == 0 ? "0" : absl::StrFormat("%dp", page); }

std::vector<std::string> WorldOf(std::string_view vm_type, std::string_view flags) {
  return {"kvm = open()", absl::StrFormat("vm = create_vm(kvm, %s)", vm_type),
          absl::StrFormat("gmem = create_guest_memfd(vm, size=8p, flags=%s)", flags),
          "map = mmap(gmem, 0, 8p)",
          "set_user_memory_region2(vm, slot=0, flags=GUEST_MEMFD, gpa=4G, size=8p, hva=map, "
          "guest_memfd=gmem, offset=0)"};
}

Question Conversion(Dice& dice) { return ConversionFrom(dice, kModes); }

Question ConversionIn(Dice& dice, std::string_view mode) {
  return ConversionFrom(dice, Words(&mode, 1));
}

Words ConversionAnswers() { return kConversionAnswers; }

Question HostRead(Dice& dice) { return HostReadOf(dice.Below(kPages)); }

Question HostReadOf(std::uint64_t page) {
  return {absl::StrFormat("host_read(map, %s)", PageOf(page)), kHostAnswers};
}

Question GuestRead(Dice& dice) { return GuestReadOf(dice.Below(kPages + 1)); }

Question GuestReadOf(std::uint64_t page) {
  return {absl::StrFormat("guest_read(vm, 4G+%s)", PageOf(page)), kGuestAnswers};
}

Question Read(Dice& dice) { return dice.OneIn(2) ? HostRead(dice) : GuestRead(dice); }

Question Hole(Dice& dice) {
  const std::string page = PageOf(dice.Below(kPages));
  const std::string_view keep = dice.OneIn(5) ? "" : "KEEP_SIZE|";
  return {absl::StrFormat("fallocate(gmem, %sPUNCH_HOLE, %s, 1p)", keep, page), kHoleAnswers};
}

std::string HostWrite(Dice& dice) {
  const std::uint64_t page = dice.Below(kPages);
  return HostWriteTo(dice, page);
}

std::string HostWriteTo(Dice& dice, std::uint64_t page) {
  return absl::StrFormat("host_write(map, %s, '%s')", PageOf(page), dice.Of(kBytes));
}

std::string GuestWrite(Dice& dice) {
  const std::uint64_t page = dice.Below(kPages);
  return GuestWriteTo(dice, page);
}

std::string GuestWriteTo(Dice& dice, std::uint64_t page) {
  return absl::StrFormat("guest_write(vm, 4G+%s, '%s')", PageOf(page), dice.Of(kBytes));
}

}  // namespace kvm_model::quiz
