#include "kvm_model/trail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
