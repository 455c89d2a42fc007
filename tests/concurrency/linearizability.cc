#include "tests/concurrency/linearizability.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_format.h"
#include "tests/concurrency/file_state.h"

namespace kvm_model {
namespace {

class Search {
 public:
  Search(const History& history, Specification specification)
      : history_(history), specification_(specification) {}

  // Whether the calls that are not in `done` can follow in some order, from `state`.
  bool From(std::uint32_t done, const FileState& state) {
    const std::vector<Call>& calls = history_.calls;
    if (done == (std::uint64_t{1} << calls.size()) - 1) return state == history_.after;
    if (!seen_.insert({done, state.Encoded()}).second) return false;
    // A call may come next if no other that is left had ended before it began.
    std::uint64_t first_end = std::numeric_limits<std::uint64_t>::max();
    for (std::size_t i = 0; i < calls.size(); ++i) {
      if ((done >> i & 1) == 0) first_end = std::min(first_end, calls[i].answered);
    }
    for (std::size_t i = 0; i < calls.size(); ++i) {
      if ((done >> i & 1) != 0 || calls[i].invoked > first_end) continue;
      FileState next = state;
      if (specification_(next, calls[i].operation) != calls[i].answer) continue;
      if (From(done | std::uint32_t{1} << i, next)) return true;
    }
    return false;
  }

 private:
  const History& history_;
  const Specification specification_;
  absl::flat_hash_set<std::pair<std::uint32_t, std::uint64_t>> seen_;
};

}  // namespace

bool IsLinearizable(const History& history, Specification specification) {
  return Search(history, specification).From(0, history.before);
}

bool IsLinearizable(const History& history) {
  return IsLinearizable(
      history, [](FileState& state, const Operation& operation) { return state.Apply(operation); });
}

std::string ToText(const History& history) {
  std::vector<Call> calls = history.calls;
  std::ranges::sort(calls, {}, &Call::invoked);
  std::string text = absl::StrFormat("before: %s\n", ToText(history.before));
  for (const Call& call : calls) {
    absl::StrAppendFormat(&text, "[%3d, %3d] thread %d: %s -> %s\n", call.invoked, call.answered,
                          call.thread, ToText(call.operation), ToText(call.answer));
  }
  absl::StrAppendFormat(&text, "after: %s\n", ToText(history.after));
  return text;
}

}  // namespace kvm_model
