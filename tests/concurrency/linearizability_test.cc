// Small concurrent histories of one file must have an order that explains them; and histories that
// have none are told apart.
//
// KVM_MODEL_HISTORIES in the environment: how many to run, 3000 otherwise.
#include "tests/concurrency/linearizability.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "tests/concurrency/environment_number.h"
#include "tests/concurrency/file_state.h"
#include "tests/concurrency/lock_order_environment.h"
#include "tests/concurrency/recorded_world.h"

namespace kvm_model {
namespace {

const auto* const kLockOrder = testing::AddGlobalTestEnvironment(new LockOrderEnvironment);

using Kind = Operation::Kind;
using Outcome = Answer::Outcome;

// Histories that share a world before it is thrown away.
constexpr std::uint64_t kHistoriesAWorld = 100;

std::uint64_t Histories() { return EnvironmentNumber("KVM_MODEL_HISTORIES", 3000); }

// Every third world's attributes are kept by the VM.
AttributeStore StoreOf(std::uint64_t world) {
  return world % 3 == 2 ? AttributeStore::kVm : AttributeStore::kGuestMemfd;
}

// Calls visit(seed, history) for each, until it answers false.
template <typename Visit>
void RunHistories(std::uint64_t count, bool page_by_page, Visit visit) {
  for (std::uint64_t first = 0; first < count; first += kHistoriesAWorld) {
    const std::size_t pages = 2 + first / kHistoriesAWorld / 3 % 3;
    const AttributeStore store = StoreOf(first / kHistoriesAWorld);
    RecordedWorld world(store, pages);
    if (page_by_page) world.LookPageByPage();
    for (std::uint64_t seed = first; seed < first + kHistoriesAWorld && seed < count; ++seed) {
      std::mt19937_64 random(seed);
      if (!visit(seed, world.Run(RandomOperations(store, pages, random), seed))) return;
    }
  }
}

TEST(LinearizabilityTest, EveryHistoryHasAnOrderThatExplainsIt) {
  const std::uint64_t histories = Histories();
  std::uint64_t overlapping = 0;
  RunHistories(histories, false, [&](std::uint64_t seed, const History& history) {
    for (const Call& a : history.calls) {
      for (const Call& b : history.calls) {
        overlapping += a.thread < b.thread && a.invoked < b.answered && b.invoked < a.answered;
      }
    }
    const bool explained = IsLinearizable(history);
    EXPECT_TRUE(explained) << "seed " << seed << "\n" << ToText(history);
    return explained;
  });
  EXPECT_GT(overlapping, histories / 2) << "the calls hardly met";
}

TEST(LinearizabilityTest, OneThreadAloneBehavesAsSpecified) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    RecordedWorld world(StoreOf(seed), 2 + seed / 3 % 3);
    std::mt19937_64 random(seed);
    FileState state = world.Look();
    for (int i = 0; i < 8; ++i) {
      const std::vector<Operation> operations =
          RandomOperations(state.store, state.size, random).front();
      for (const Operation& operation : operations) {
        const Answer expected = state.Apply(operation);
        const Answer answer = world.Make(operation);
        ASSERT_EQ(answer, expected) << "seed " << seed << ": " << ToText(operation) << " -> "
                                    << ToText(answer) << ", expected " << ToText(expected);
        ASSERT_EQ(world.Look(), state) << "seed " << seed << ": " << ToText(operation);
      }
    }
  }
}

// Two calls, both of which ran all the time.
History Overlapping(Call first, Call second) {
  first.thread = 0;
  second.thread = 1;
  first.invoked = 0;
  second.invoked = 1;
  first.answered = 2;
  second.answered = 3;
  History history;
  history.before.size = 2;
  history.calls = {first, second};
  return history;
}

Call Conversion() {
  return {.operation = {.kind = Kind::kConvert, .first = 0, .last = 1, .to_private = true}};
}

TEST(LinearizabilityCheckerTest, HalfAConversionHasNoOrder) {
  for (const std::uint64_t seen : {0u, 1u, 2u, 3u}) {
    History history = Overlapping(
        Conversion(), {.operation = {.kind = Kind::kAllAttributes}, .answer = {{}, seen}});
    history.after = history.before;
    history.after.pages[0].is_private = true;
    history.after.pages[1].is_private = true;
    EXPECT_EQ(IsLinearizable(history), seen == 0 || seen == 3) << ToText(history);
  }
}

TEST(LinearizabilityCheckerTest, AnEarlierCallCannotComeAfterALaterOne) {
  // The question ends before the conversion begins, and has seen it all the same.
  History history =
      Overlapping(Conversion(), {.operation = {.kind = Kind::kAllAttributes}, .answer = {{}, 3}});
  history.after = history.before;
  history.after.pages[0].is_private = true;
  history.after.pages[1].is_private = true;
  EXPECT_TRUE(IsLinearizable(history));
  history.calls[1].invoked = 0;
  history.calls[1].answered = 1;
  history.calls[0].invoked = 2;
  history.calls[0].answered = 3;
  EXPECT_FALSE(IsLinearizable(history)) << ToText(history);
}

TEST(LinearizabilityCheckerTest, ALostWriteHasNoOrder) {
  const Call read = {.operation = {.kind = Kind::kHostRead}};
  const Call write = {.operation = {.kind = Kind::kHostWrite, .value = 7},
                      .answer = {Outcome::kDone, 7}};
  History history = Overlapping(read, write);
  history.after = history.before;
  history.after.pages[0].resident = true;
  EXPECT_FALSE(IsLinearizable(history)) << "the write left nothing behind";
  history.after.pages[0].value = 7;
  EXPECT_TRUE(IsLinearizable(history));
}

TEST(LinearizabilityCheckerTest, APinnedPageIsNamedOrTheConversionCameFirst) {
  const Call pin = {.operation = {.kind = Kind::kPin, .first = 1}};
  History history = Overlapping(Conversion(), pin);
  history.calls[0].answer = {Outcome::kErrno, EAGAIN, 1};
  history.after = history.before;
  history.after.pages[1].resident = true;
  history.after.pages[1].pinned = true;
  EXPECT_TRUE(IsLinearizable(history));
  history.calls[0].answer.error_page = 0;
  EXPECT_FALSE(IsLinearizable(history)) << "another page is named";
  history.calls[0].answer = {};
  history.after.pages[0].is_private = true;
  history.after.pages[1].is_private = true;
  EXPECT_FALSE(IsLinearizable(history)) << "a private page is pinned";
}

// Whether a history tells the specification that forgets something from the true one.
bool IsFoundOut(Specification wrong) {
  bool found = false;
  RunHistories(3000, false, [&](std::uint64_t, const History& history) {
    found = !IsLinearizable(history, wrong);
    return !found;
  });
  return found;
}

TEST(LinearizabilityCheckerTest, AWrongSpecificationIsFoundOut) {
  EXPECT_TRUE(IsFoundOut([](FileState& state, const Operation& operation) {
    Operation without = operation;
    if (operation.kind == Kind::kConvert && !operation.to_private) without.zero = false;
    return state.Apply(without);
  })) << "forgets that ZERO clears";
  EXPECT_TRUE(IsFoundOut([](FileState& state, const Operation& operation) {
    const Answer answer = state.Apply(operation);
    if (operation.kind == Kind::kPin) state.pages[operation.first].pinned = false;
    return answer;
  })) << "forgets references";
  EXPECT_TRUE(IsFoundOut([](FileState& state, const Operation& operation) {
    Operation pages = operation;
    if (operation.kind == Kind::kAllocate) pages.last = pages.first;
    return state.Apply(pages);
  })) << "allocates the first page alone";
  EXPECT_TRUE(IsFoundOut([](FileState& state, const Operation& operation) {
    if (operation.kind == Kind::kDeleteSlot && state.slot && state.store == AttributeStore::kVm) {
      for (FileState::Page& page : state.pages) page.is_private = false;
    }
    return state.Apply(operation);
  })) << "forgets the VM's attributes with the slot";
}

TEST(LinearizabilityCheckerTest, AnObserverThatSeesHalfAConversionIsFoundOut) {
  for (const AttributeStore store : {AttributeStore::kGuestMemfd, AttributeStore::kVm}) {
    bool found = false;
    RunHistories(100000, true, [&](std::uint64_t, const History& history) {
      found = history.before.store == store && !IsLinearizable(history);
      return !found;
    });
    EXPECT_TRUE(found) << ToText(FileState{.store = store});
  }
}

}  // namespace
}  // namespace kvm_model
