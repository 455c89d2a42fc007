// The decision trail: every predicate that decides an answer, with its actual values and the kernel
// function that it models.
//
// Code that models a kernel function holds a Trail for that function and writes each of its checks
// as one line:
//
//   Trail trail = caller.In("kvm_gmem_set_attributes");
//   if (trail.If("size == 0", size == 0, {{"size", size}})) return trail.Fail(Errno::kEINVAL);
//
// Without a listener a Trail is four words and a check costs one predictable branch; nothing is
// formatted or allocated, and no value is looked at. A Trail refers to its listener and to string
// literals only; it is copied freely and lives no longer than the call.
#ifndef KVM_MODEL_KVM_MODEL_TRAIL_H_
#define KVM_MODEL_KVM_MODEL_TRAIL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "kvm_model/result.h"

namespace kvm_model {

// How sure the specification is of the fact that a step applies.
enum class Certainty : std::uint8_t { kKnown, kInferred, kNotModelled };

// A value that a predicate looked at.
struct TrailValue {
  std::string_view name;
  std::uint64_t value = 0;
};

// The values of one step; one without a name isn't there. Fields, and no array, which are copied
// where they are told: so the compiler makes none of them where nobody listens.
struct TrailValues {
  TrailValue first = {};
  TrailValue second = {};
  TrailValue third = {};
  TrailValue fourth = {};
};

struct TrailStep {
  enum class Kind : std::uint8_t {
    kEnter,      // a modelled kernel function begins
    kPredicate,  // text is the condition, outcome whether it held
    kNumber,     // text is a quantity that counts, its value is in `number`
    kEffect,     // text is what was done (pages unmapped, a range zapped, ...)
    kValue,      // the function answers the number in `number`
    kErrno,      // the function answers the errno in `number`
    kNote,       // text tells how sure the step is, or what is not modelled
  };
  Kind kind = Kind::kNote;
  Certainty certainty = Certainty::kKnown;
  bool outcome = false;
  int depth = 0;
  std::int64_t number = 0;
  std::string_view function;
  std::string_view text;
  // In the step itself: recording needs no memory of its own.
  absl::InlinedVector<TrailValue, 4> values;
};

// Receives the steps of a call as they happen, in the calling thread. Steps also come from
// destructors and where memory is short: OnStep() must not throw.
class TrailListener {
 public:
  virtual ~TrailListener() = default;
  virtual void OnStep(const TrailStep& step) = 0;
};

class Trail {
 public:
  // The root of a call's trail; `listener` may be null.
  explicit Trail(TrailListener* listener, int depth = 0) : listener_(listener), depth_(depth) {}

  // The trail of a function called from this one. `function` must be a literal.
  Trail In(std::string_view function) const {
    Trail inner(*this);
    inner.function_ = function;
    inner.depth_ = depth_ + 1;
    if (listener_ != nullptr) [[unlikely]]
      inner.Record(TrailStep::Kind::kEnter, {}, false, 0, {});
    return inner;
  }

  bool listening() const { return listener_ != nullptr; }

  // Records the predicate `text` (a literal) and returns `holds`.
  [[gnu::always_inline]] bool If(std::string_view text, bool holds, TrailValues values = {}) const {
    if (listener_ != nullptr) [[unlikely]] {
      Record(TrailStep::Kind::kPredicate, text, holds, 0, TrailValues(values));
    }
    return holds;
  }

  // Records the quantity `text` (a literal) and returns it.
  std::int64_t Number(std::string_view text, std::int64_t value) const {
    if (listener_ != nullptr) [[unlikely]]
      Record(TrailStep::Kind::kNumber, text, false, value, {});
    return value;
  }

  // Records that the function fails with `error`, and makes the failure to return.
  [[nodiscard]] Failure Fail(uapi::Errno error) const {
    if (listener_ != nullptr) [[unlikely]] {
      Record(TrailStep::Kind::kErrno, {}, false, static_cast<std::int64_t>(error), {});
    }
    return Failure(error);
  }

  // Records that the function answers `value`, and returns it.
  std::int64_t Answer(std::int64_t value) const {
    if (listener_ != nullptr) [[unlikely]]
      Record(TrailStep::Kind::kValue, {}, false, value, {});
    return value;
  }

  // Records something that was done.
  [[gnu::always_inline]] void Effect(std::string_view text, TrailValues values = {}) const {
    if (listener_ != nullptr) [[unlikely]] {
      Record(TrailStep::Kind::kEffect, text, false, 0, TrailValues(values));
    }
  }

  // Records how sure what follows is. `text` must be a literal.
  void Note(Certainty certainty, std::string_view text) const {
    if (listener_ != nullptr) [[unlikely]]
      RecordNote(certainty, text);
  }

 private:
  [[gnu::cold]] void Record(TrailStep::Kind kind, std::string_view text, bool outcome,
                            std::int64_t number, const TrailValues& values) const;
  [[gnu::cold]] void RecordNote(Certainty certainty, std::string_view text) const;

  TrailListener* listener_;
  std::string_view function_;
  int depth_;
};

// Keeps the steps of one call; of a long one the first and the last, which hold how it began and
// what decided. Reading it while a call is running in another thread is a race: use one recorder a
// task.
//
// Cost: at most kFirstSteps + 2 * kLastSteps steps of memory, taken at the first step. Where that
// memory is short, steps are left out.
class TrailRecorder : public TrailListener {
 public:
  static constexpr std::size_t kFirstSteps = 1000;
  // So many of the last steps are always kept, at times twice as many.
  static constexpr std::size_t kLastSteps = 1000;

  void OnStep(const TrailStep& step) override;
  // Where steps were left out, they would stand behind the first kFirstSteps.
  const std::vector<TrailStep>& steps() const { return steps_; }
  std::uint64_t left_out() const { return left_out_; }
  void Clear();

  // The first step of the call that applied a fact of that certainty, also where it was left out;
  // null if none did.
  const TrailStep* First(Certainty certainty) const;
  bool Has(Certainty certainty) const { return First(certainty) != nullptr; }

  // One line a step, indented by call depth, ending in a newline. A line says how many steps were
  // left out where they would stand.
  std::string ToText() const;

 private:
  std::vector<TrailStep> steps_;
  std::uint64_t left_out_ = 0;
  std::array<std::optional<TrailStep>, 3> first_;  // by certainty
};

// One step as one line, without indentation or newline: "size == 0: yes (size=0)".
std::string ToText(const TrailStep& step);

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_TRAIL_H_
