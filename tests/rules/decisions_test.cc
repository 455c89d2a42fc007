// What decided an answer, read from trails.
#include "tools/rules/decisions.h"

#include <optional>

#include "gtest/gtest.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "uapi/errno.h"

namespace kvm_model::rules {
namespace {

using uapi::Errno;

TEST(DecisionTest, IsTheLastCheckOfTheFunctionThatFails) {
  TrailRecorder recorder;
  const Trail outer = Trail(&recorder).In("outer");
  outer.If("is an ioctl", true);
  const Trail inner = outer.In("inner");
  inner.If("size == 0", false);
  inner.If("size is not page aligned", true);
  (void)inner.Fail(Errno::kEINVAL);
  (void)outer.Fail(Errno::kEINVAL);
  EXPECT_EQ(DecisionOf(recorder.steps()), (Decision{"inner", "size is not page aligned"}));
}

// What a function asked that it called, and which came back, isn't its own check.
TEST(DecisionTest, IsNoCheckOfAnotherFunction) {
  TrailRecorder recorder;
  const Trail outer = Trail(&recorder).In("outer");
  outer.If("the range is there", false);
  const Trail inner = outer.In("inner");
  inner.If("a page is in use", true);
  inner.Answer(3);
  outer.Effect("the pages are unmapped");
  (void)outer.Fail(Errno::kEAGAIN);
  EXPECT_EQ(DecisionOf(recorder.steps()), (Decision{"outer", "the range is there"}));
}

TEST(DecisionTest, IsTheCheckOfAFunctionThatWasAskedWhereItHasNone) {
  TrailRecorder recorder;
  const Trail outer = Trail(&recorder).In("outer");
  const Trail supports = outer.In("supports");
  supports.If("mode == UNSPECIFIED", false);
  supports.If("supported & mode", false);
  (void)outer.Fail(Errno::kEOPNOTSUPP);
  EXPECT_EQ(DecisionOf(recorder.steps()), (Decision{"outer", "supported & mode"}));
}

TEST(DecisionTest, AFunctionCanFailWithoutACheck) {
  TrailRecorder recorder;
  const Trail trail = Trail(&recorder).In("fails");
  (void)trail.Fail(Errno::kENOSYS);
  EXPECT_EQ(DecisionOf(recorder.steps()), (Decision{"fails", ""}));
}

// The struct is written back whatever the answer is, which then decides no more.
TEST(DecisionTest, StandsWhateverIsAskedFurtherOutAfterIt) {
  TrailRecorder recorder;
  const Trail outer = Trail(&recorder).In("outer");
  outer.If("the argument can't be read", false);
  const Trail inner = outer.In("inner");
  inner.If("flags != 0", true);
  (void)inner.Fail(Errno::kEINVAL);
  outer.If("the argument can't be written", false);
  EXPECT_EQ(DecisionOf(recorder.steps()), (Decision{"inner", "flags != 0"}));
  (void)outer.Fail(Errno::kEFAULT);
  EXPECT_EQ(DecisionOf(recorder.steps()), (Decision{"outer", "the argument can't be written"}));
}

TEST(DecisionTest, StandsNotOnceSomethingIsDoneAfterIt) {
  TrailRecorder recorder;
  const Trail outer = Trail(&recorder).In("outer");
  const Trail inner = outer.In("inner");
  inner.If("flags != 0", true);
  (void)inner.Fail(Errno::kEINVAL);
  outer.Effect("it is done otherwise");
  EXPECT_EQ(DecisionOf(recorder.steps()), (Decision{"outer", ""}));
}

// Of a call that ended by a signal or an exit, which is the last step.
TEST(DecidingStepTest, IsToldWithoutAnErrnoToo) {
  TrailRecorder recorder;
  EXPECT_EQ(DecidingStep(recorder.steps()), std::nullopt);
  const Trail outer = Trail(&recorder).In("outer");
  outer.If("nothing is mapped there", false);
  const Trail inner = outer.In("inner");
  inner.If("the page is private", true);
  EXPECT_EQ(DecidingStep(recorder.steps()), 3U);
  inner.Effect("the access raises SIGBUS");
  EXPECT_EQ(DecidingStep(recorder.steps()), 3U);
  EXPECT_EQ(DecisionOf(recorder.steps()), (Decision{"inner", ""}));
  (void)outer.Fail(Errno::kEFAULT);
  EXPECT_EQ(DecidingStep(recorder.steps()), 1U);
}

TEST(DecisionTest, AnAnswerThatIsNoErrnoHasNone) {
  TrailRecorder recorder;
  const Trail trail = Trail(&recorder).In("answers");
  trail.If("enabled", true);
  trail.Answer(1);
  EXPECT_EQ(DecisionOf(recorder.steps()), (Decision{"answers", ""}));
}

TEST(DecisionTest, WithoutAnAnswerTheLastFunctionCounts) {
  TrailRecorder recorder;
  EXPECT_EQ(DecisionOf(recorder.steps()), Decision());
  const Trail trail = Trail(&recorder).In("does");
  trail.Effect("it is done");
  EXPECT_EQ(DecisionOf(recorder.steps()), (Decision{"does", ""}));
}

}  // namespace
}  // namespace kvm_model::rules
