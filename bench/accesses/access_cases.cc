#include "bench/accesses/access_cases.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/accesses/access_world.h"
#include "bench/clock/thread_clock.h"
#include "bench/suite/suite.h"
#include "benchmark/benchmark.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/guest_fault.h"
#include "kvm_model/page.h"
#include "uapi/constants.h"

namespace kvm_model::bench {
namespace {

constexpr std::size_t kAccesses = 4096;
constexpr std::uint64_t kRuns[] = {10, 1000, std::uint64_t{1} << 18};

enum class Pages : std::uint8_t { kShared, kPrivate, kBoth };
// What pages are before each iteration: holes; or resident with a byte each, and mapped by the
// guest (kTouched) or by the process too (kMapped); with kUnmapped taken out of the process's page
// tables before each.
enum class Before : std::uint8_t { kHole, kTouched, kMapped, kUnmapped };

struct State {
  std::string_view name;
  Pages pages;
  Before before;
};

struct Access {
  PageIndex page = 0;
  GuestAddressing addressing = GuestAddressing::kAuto;
  Outcome expected = 0;
};

// What a page holds once it is touched, never 0; and another byte that is then written.
std::byte ByteOf(PageIndex page) {
  return static_cast<std::byte>((page * 0x9e3779b97f4a7c15U >> 56) | 1);
}
std::byte NewByteOf(PageIndex page) { return ByteOf(page) ^ std::byte{0x80}; }

struct GuestReading {
  static constexpr std::string_view kName = "guest_read";
  static Outcome Make(AccessWorld& world, const Access& access) {
    return world.GuestRead(access.page, access.addressing);
  }
  static Outcome Expected(const State& state, PageIndex page) {
    if (state.pages == Pages::kBoth) return kMemoryFault;
    return state.before == Before::kHole ? 0 : std::to_integer<Outcome>(ByteOf(page));
  }
};

struct GuestWriting {
  static constexpr std::string_view kName = "guest_write";
  static Outcome Make(AccessWorld& world, const Access& access) {
    return world.GuestWrite(access.page, NewByteOf(access.page), access.addressing);
  }
  static Outcome Expected(const State& state, PageIndex page) {
    return state.pages == Pages::kBoth ? kMemoryFault : std::to_integer<Outcome>(NewByteOf(page));
  }
};

struct HostReading {
  static constexpr std::string_view kName = "host_read";
  static Outcome Make(AccessWorld& world, const Access& access) {
    return world.HostRead(access.page);
  }
  static Outcome Expected(const State& state, PageIndex page) {
    if (state.pages == Pages::kPrivate) return kSigbus;
    return state.before == Before::kHole ? 0 : std::to_integer<Outcome>(ByteOf(page));
  }
};

struct HostFaulting : HostReading {
  static constexpr std::string_view kName = "host_fault";
};

struct PreFaulting {
  static constexpr std::string_view kName = "pre_fault";
  static Outcome Make(AccessWorld& world, const Access& access) {
    return world.PreFault(access.page);
  }
  static Outcome Expected(const State&, PageIndex) { return 0; }
};

// A world in a state, and the accesses that are made to it.
template <typename Operation>
class AccessRun {
 public:
  AccessRun(const State& state, std::uint64_t runs) : state_(state), world_(runs) {
    error_ = world_.error();
    if (!error_.empty()) return;
    if (state_.pages != Pages::kPrivate) Draw(0);
    if (state_.pages != Pages::kShared) Draw(uapi::kMemoryAttributePrivate);
    if (!Touch() || !Restore()) error_ = "the first state can't be made";
  }

  const std::string& error() const { return error_; }
  // Whether iterations change what the next one needs.
  bool restores() const {
    return state_.before == Before::kHole || state_.before == Before::kUnmapped;
  }

  // Makes each access; how many ended as they have to.
  std::size_t MakeAll() {
    std::size_t right = 0;
    for (const Access& access : accesses_) {
      if (Operation::Make(world_, access) == access.expected) ++right;
    }
    return right;
  }
  bool Restore() {
    if (state_.before == Before::kHole) return world_.PunchHole();
    return state_.before != Before::kUnmapped || world_.ForgetHostMappings();
  }
  // Whether what was read or written is still there, and what nobody could reach too.
  bool BytesAreRight() {
    return std::ranges::all_of(accesses_, [this](const Access& access) {
      if (access.expected == 0) return true;
      const auto untouched = std::to_integer<Outcome>(ByteOf(access.page));
      const Outcome holds = access.expected > 0 ? access.expected : untouched;
      return world_.GuestRead(access.page, GuestAddressing::kAuto) == holds;
    });
  }
  std::size_t size() const { return accesses_.size(); }

 private:
  void Draw(Attributes attributes) {
    const std::size_t count = state_.pages == Pages::kBoth ? kAccesses / 2 : kAccesses;
    for (const PageIndex page : world_.DrawPages(count, attributes)) {
      // Where both kinds are accessed, each as if it were the other.
      const GuestAddressing addressing = state_.pages != Pages::kBoth ? GuestAddressing::kAuto
                                         : attributes == 0            ? GuestAddressing::kPrivate
                                                                      : GuestAddressing::kShared;
      accesses_.push_back({page, addressing, Operation::Expected(state_, page)});
    }
  }

  // The guest writes each page its byte, and the process reads it if it is to have it mapped.
  bool Touch() {
    if (state_.before == Before::kHole) return true;
    return std::ranges::all_of(accesses_, [this](const Access& access) {
      const auto byte = std::to_integer<Outcome>(ByteOf(access.page));
      if (world_.GuestWrite(access.page, ByteOf(access.page), GuestAddressing::kAuto) != byte)
        return false;
      return state_.before == Before::kTouched || world_.HostRead(access.page) == byte;
    });
  }

  const State state_;
  AccessWorld world_;
  std::vector<Access> accesses_;
  std::string error_;
};

// Runs iterations that change nothing, or whose changes are undone without being timed.
template <typename Run>
void RunAccesses(benchmark::State& state, Run& run) {
  std::size_t right = 0;
  bool is_restored = true;
  for ([[maybe_unused]] const auto iteration : state) {
    if (!run.restores()) {
      right += run.MakeAll();
      continue;
    }
    const ThreadClock::time_point start = ThreadClock::now();
    right += run.MakeAll();
    const ThreadClock::time_point stop = ThreadClock::now();
    state.SetIterationTime(std::chrono::duration<double>(stop - start).count());
    is_restored = run.Restore() && is_restored;
  }
  const auto made = static_cast<std::int64_t>(run.size()) * state.iterations();
  state.SetItemsProcessed(made);
  if (static_cast<std::int64_t>(right) != made) state.SkipWithError("an access ended otherwise");
  if (!is_restored) state.SkipWithError("the first state can't be made again");
}

template <typename Operation>
std::expected<Measurement, std::string> MakeAccesses(const State& state, std::uint64_t runs) {
  const auto run = std::make_shared<AccessRun<Operation>>(state, runs);
  if (!run->error().empty()) return std::unexpected(run->error());
  if (run->MakeAll() != run->size()) return std::unexpected("an access ends otherwise");
  if (!run->BytesAreRight()) return std::unexpected("bytes are wrong");
  if (!run->Restore()) return std::unexpected("the first state can't be made again");
  return Measurement{.run = [run](benchmark::State& timed) { RunAccesses(timed, *run); },
                     .sets_time = run->restores()};
}

template <typename Operation>
void Add(const State& state, Suite& suite) {
  for (const std::uint64_t runs : kRuns) {
    suite.Add(absl::StrFormat("access/%s/%s/%d", Operation::kName, state.name, runs), "model",
              [state, runs] { return MakeAccesses<Operation>(state, runs); });
  }
}

}  // namespace

void AddAccessCases(Suite& suite) {
  constexpr State kSharedAgain = {"shared_again", Pages::kShared, Before::kTouched};
  constexpr State kPrivateAgain = {"private_again", Pages::kPrivate, Before::kTouched};
  constexpr State kSharedFirst = {"shared_first", Pages::kShared, Before::kHole};
  constexpr State kPrivateFirst = {"private_first", Pages::kPrivate, Before::kHole};
  constexpr State kWrongAttribute = {"wrong_attribute", Pages::kBoth, Before::kTouched};
  for (const State& state :
       {kSharedAgain, kPrivateAgain, kSharedFirst, kPrivateFirst, kWrongAttribute}) {
    Add<GuestReading>(state, suite);
    Add<GuestWriting>(state, suite);
  }
  Add<HostReading>({"mapped", Pages::kShared, Before::kMapped}, suite);
  Add<HostFaulting>({"first", Pages::kShared, Before::kHole}, suite);
  Add<HostFaulting>({"again", Pages::kShared, Before::kUnmapped}, suite);
  Add<HostFaulting>({"private", Pages::kPrivate, Before::kTouched}, suite);
  for (const State& state : {kPrivateAgain, kSharedFirst, kPrivateFirst}) {
    Add<PreFaulting>(state, suite);
  }
}

}  // namespace kvm_model::bench
