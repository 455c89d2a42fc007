#include "kvm_model/trail.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

std::string Values(const TrailStep& step) {
  std::string text;
  for (const TrailValue& value : step.values) {
    text += text.empty() ? " (" : ", ";
    text += value.value < 10 ? absl::StrFormat("%s=%d", value.name, value.value)
                             : absl::StrFormat("%s=%#x", value.name, value.value);
  }
  if (!text.empty()) text += ")";
  return text;
}

}  // namespace

void Trail::Record(TrailStep::Kind kind, std::string_view text, bool outcome, std::int64_t number,
                   const TrailValues& values) const {
  TrailStep step;
  step.kind = kind;
  step.outcome = outcome;
  step.depth = depth_;
  step.number = number;
  step.function = function_;
  step.text = text;
  for (const TrailValue& value : {values.first, values.second, values.third, values.fourth}) {
    if (!value.name.empty()) step.values.push_back(value);
  }
  listener_->OnStep(step);
}

void Trail::RecordNote(Certainty certainty, std::string_view text) const {
  TrailStep step;
  step.certainty = certainty;
  step.depth = depth_;
  step.function = function_;
  step.text = text;
  listener_->OnStep(step);
}

void TrailRecorder::OnStep(const TrailStep& step) {
  constexpr std::size_t kMostSteps = kFirstSteps + 2 * kLastSteps;
  std::optional<TrailStep>& first = first_[static_cast<std::size_t>(step.certainty)];
  if (!first.has_value()) first = step;
  if (steps_.size() == kMostSteps) {
    const auto oldest = std::next(steps_.begin(), kFirstSteps);
    steps_.erase(oldest, std::next(oldest, kLastSteps));
    left_out_ += kLastSteps;
  }
  try {
    steps_.reserve(kMostSteps);
  } catch (const std::bad_alloc&) {
    ++left_out_;
    return;
  }
  steps_.push_back(step);
}

void TrailRecorder::Clear() {
  steps_.clear();
  left_out_ = 0;
  first_.fill(std::nullopt);
}

const TrailStep* TrailRecorder::First(Certainty certainty) const {
  const std::optional<TrailStep>& first = first_[static_cast<std::size_t>(certainty)];
  return first.has_value() ? &*first : nullptr;
}

std::string ToText(const TrailStep& step) {
  switch (step.kind) {
    case TrailStep::Kind::kEnter:
      return absl::StrFormat("%s()", step.function);
    case TrailStep::Kind::kPredicate:
      return absl::StrFormat("%s: %s%s", step.text, step.outcome ? "yes" : "no", Values(step));
    case TrailStep::Kind::kNumber:
      return absl::StrFormat("%s is %d", step.text, step.number);
    case TrailStep::Kind::kEffect:
      return absl::StrFormat("* %s%s", step.text, Values(step));
    case TrailStep::Kind::kValue:
      return absl::StrFormat("= %d", step.number);
    case TrailStep::Kind::kErrno:
      return absl::StrFormat("= %s", uapi::ErrnoName(static_cast<uapi::Errno>(step.number)));
    case TrailStep::Kind::kNote:
      switch (step.certainty) {
        case Certainty::kKnown:
          return absl::StrFormat("note: %s", step.text);
        case Certainty::kInferred:
          return absl::StrFormat("inferred: %s", step.text);
        case Certainty::kNotModelled:
          return absl::StrFormat("not modelled: %s", step.text);
      }
  }
  return {};
}

std::string TrailRecorder::ToText() const {
  const auto text_of = [](std::span<const TrailStep> steps) {
    std::string text;
    for (const TrailStep& step : steps) {
      const int indent = step.kind == TrailStep::Kind::kEnter ? step.depth - 1 : step.depth;
      absl::StrAppend(&text, std::string(static_cast<std::size_t>(std::max(indent, 0)) * 2, ' '),
                      kvm_model::ToText(step), "\n");
    }
    return text;
  };
  if (left_out_ == 0) return text_of(steps_);
  const std::span<const TrailStep> kept(steps_);
  const std::size_t gap = std::min(kFirstSteps, kept.size());
  return absl::StrCat(text_of(kept.first(gap)), "... ", left_out_, " steps left out ...\n",
                      text_of(kept.subspan(gap)));
}

}  // namespace kvm_model
