// clear_dirty_log hands the kernel the bitmap that it says, whatever an earlier call left in the
// process's memory.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "tests/scenario/parsing.h"
#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/runner.h"

namespace kvm_model::scenario {
namespace {

// Page 70000 is dirty, lies past the pages that clear_dirty_log's mask is for, and was told by the
// get_dirty_log before it.
constexpr char kUntilCleared[] =
    "host x86 rfc-v4\n"
    "kvm = open()\n"
    "vm  = create_vm(kvm)\n"
    "mem = mmap(-1, 0, 131072p, flags=PRIVATE|ANONYMOUS)\n"
    "enable_cap(vm, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, args=[1])\n"
    "set_user_memory_region(vm, 0, LOG_DIRTY_PAGES, 0, 131072p, mem)\n"
    "guest_write(vm, 70000p, 'G')\n"
    "get_dirty_log(vm, 0)\n"
    "clear_dirty_log(vm, 0, first=0, pages=131072)\n"
    "own = mmap(-1, 0, 5p, flags=PRIVATE|ANONYMOUS)\n";

// The address that the last mmap answers.
std::uint64_t LastMapping(const std::string& text) {
  ModelBackend backend;
  std::uint64_t address = 0;
  RunScenario(Parsed(text), backend,
              [&](const Call& call, const CallRequest&, const Answer& answer) {
                if (call.id != CallId::kMmap) return;
                address = std::get<answer::Ok>(answer).value;
              });
  return address;
}

TEST(DirtyLogCallsTest, ClearingHasNothingOfAnEarlierBitmap) {
  std::string text = kUntilCleared;
  // A struct kvm_dirty_log of slot 0 whose bitmap begins a page behind it.
  const std::uint64_t bitmap = LastMapping(text) + 4096;
  for (int byte = 0; byte < 8; ++byte) {
    absl::StrAppend(&text, "host_write(own, ", 8 + byte, ", ", (bitmap >> (8 * byte)) & 0xff,
                    ")\n");
  }
  absl::StrAppend(&text, "ioctl(vm, KVM_GET_DIRTY_LOG, own) -> 0\n", "host_read(own, ",
                  4096 + 70000 / 8, ") -> ", 1 << (70000 % 8), "\n");
  ModelBackend backend;
  const Verdict verdict = RunScenario(Parsed(text), backend);
  EXPECT_EQ(verdict.outcome, Verdict::Outcome::kPass)
      << verdict.call << ": " << verdict.actual << verdict.reason;
}

}  // namespace
}  // namespace kvm_model::scenario
