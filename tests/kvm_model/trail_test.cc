#include "kvm_model/trail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "uapi/errno.h"

namespace kvm_model {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using uapi::Errno;

TEST(TrailTest, WithoutAListenerEverythingStillAnswers) {
  const Trail trail = Trail(nullptr).In("kvm_vm_ioctl");
  EXPECT_FALSE(trail.listening());
  EXPECT_TRUE(trail.If("yes", true));
  EXPECT_FALSE(trail.If("no", false, {{"value", 1}}));
  EXPECT_EQ(trail.Answer(42), 42);
  EXPECT_EQ(trail.Fail(Errno::kEINVAL).error(), Errno::kEINVAL);
  trail.Effect("something");
  trail.Note(Certainty::kInferred, "perhaps");
}

TEST(TrailTest, ANewRecorderHasNoSteps) {
  const TrailRecorder recorder;
  EXPECT_THAT(recorder.steps(), IsEmpty());
  EXPECT_EQ(recorder.ToText(), "");
  EXPECT_FALSE(recorder.Has(Certainty::kInferred));
}

TEST(TrailTest, StepsKeepTheirFunctionDepthAndValues) {
  TrailRecorder recorder;
  const Trail outer = Trail(&recorder).In("outer");
  const Trail inner = outer.In("inner");
  EXPECT_TRUE(inner.If("x > 1", true, {{"x", 2}, {"y", 30}}));
  ASSERT_THAT(recorder.steps(), SizeIs(3));
  EXPECT_EQ(recorder.steps()[0].kind, TrailStep::Kind::kEnter);
  EXPECT_EQ(recorder.steps()[0].depth, 1);
  const TrailStep& step = recorder.steps()[2];
  EXPECT_EQ(step.kind, TrailStep::Kind::kPredicate);
  EXPECT_EQ(step.function, "inner");
  EXPECT_EQ(step.depth, 2);
  EXPECT_TRUE(step.outcome);
  ASSERT_THAT(step.values, SizeIs(2));
  EXPECT_EQ(step.values[1].name, "y");
  EXPECT_EQ(step.values[1].value, 30u);
}

TEST(TrailTest, TextIsIndentedByDepth) {
  TrailRecorder recorder;
  const Trail call = Trail(&recorder).In("ioctl");
  const Trail inner = call.In("kvm_gmem_ioctl");
  inner.If("size == 0", false, {{"size", 4096}});
  inner.If("size is small", true, {{"size", 9}});
  inner.Effect("the range is unmapped", {{"start", 1}, {"end", 10}});
  inner.Note(Certainty::kKnown, "a");
  inner.Note(Certainty::kInferred, "b");
  inner.Note(Certainty::kNotModelled, "c");
  inner.Answer(-7);
  (void)call.Fail(Errno::kEOPNOTSUPP);
  EXPECT_EQ(recorder.ToText(),
            "ioctl()\n"
            "  kvm_gmem_ioctl()\n"
            "    size == 0: no (size=0x1000)\n"
            "    size is small: yes (size=9)\n"
            "    * the range is unmapped (start=1, end=0xa)\n"
            "    note: a\n"
            "    inferred: b\n"
            "    not modelled: c\n"
            "    = -7\n"
            "  = EOPNOTSUPP\n");
}

TEST(TrailTest, TheRecorderKnowsHowSureItsStepsAre) {
  TrailRecorder recorder;
  const Trail trail(&recorder);
  trail.Note(Certainty::kInferred, "perhaps");
  EXPECT_TRUE(recorder.Has(Certainty::kInferred));
  EXPECT_FALSE(recorder.Has(Certainty::kNotModelled));
  recorder.Clear();
  EXPECT_FALSE(recorder.Has(Certainty::kInferred));
  EXPECT_THAT(recorder.steps(), IsEmpty());
}

// Each turn of a loop, say.
void Record(TrailRecorder& recorder, std::uint64_t steps) {
  const Trail trail = Trail(&recorder).In("loop");
  for (std::uint64_t i = 1; i < steps; ++i) trail.If("done", false, {{"i", i}});
}

TEST(TrailTest, OfALongCallTheFirstAndTheLastStepsAreKept) {
  constexpr std::uint64_t kSteps = 100000;
  TrailRecorder recorder;
  Record(recorder, kSteps);
  const std::vector<TrailStep>& steps = recorder.steps();
  EXPECT_LE(steps.size(), TrailRecorder::kFirstSteps + 2 * TrailRecorder::kLastSteps);
  EXPECT_EQ(recorder.left_out() + steps.size(), kSteps);
  for (std::size_t i = 1; i < TrailRecorder::kFirstSteps; ++i) {
    ASSERT_EQ(steps[i].values.front().value, i);
  }
  for (std::size_t back = 1; back <= TrailRecorder::kLastSteps; ++back) {
    ASSERT_EQ(steps[steps.size() - back].values.front().value, kSteps - back);
  }
}

TEST(TrailTest, TheTextSaysHowManyStepsAreLeftOutAndWhere) {
  TrailRecorder recorder;
  Record(recorder, TrailRecorder::kFirstSteps + 2 * TrailRecorder::kLastSteps);
  EXPECT_EQ(recorder.ToText().find("left out"), std::string::npos);
  Trail(&recorder).Effect("the last one");
  const std::string text = recorder.ToText();
  EXPECT_NE(text.find("done: no (i=0x3e7)\n... 1000 steps left out ...\n  done: no (i=0x7d0)\n"),
            std::string::npos);
  EXPECT_TRUE(text.ends_with("\n* the last one\n"));
}

TEST(TrailTest, WhatWasLeftOutStillTellsHowSureItIs) {
  TrailRecorder recorder;
  Record(recorder, TrailRecorder::kFirstSteps);
  Trail(&recorder).Note(Certainty::kNotModelled, "this");
  Record(recorder, 100000);
  ASSERT_NE(recorder.First(Certainty::kNotModelled), nullptr);
  EXPECT_EQ(recorder.First(Certainty::kNotModelled)->text, "this");
  EXPECT_FALSE(recorder.Has(Certainty::kInferred));
  recorder.Clear();
  EXPECT_EQ(recorder.left_out(), 0u);
  EXPECT_FALSE(recorder.Has(Certainty::kNotModelled));
}

TEST(TrailTest, ACopyTellsTheSameListener) {
  TrailRecorder recorder;
  const Trail trail = Trail(&recorder).In("f");
  const Trail copy = trail;  // NOLINT
  copy.Answer(1);
  EXPECT_TRUE(copy.listening());
  EXPECT_THAT(recorder.steps(), SizeIs(2));
  EXPECT_EQ(recorder.steps()[1].function, "f");
}

}  // namespace
}  // namespace kvm_model
