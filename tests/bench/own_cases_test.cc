// The cases that are measured above the store and beside its writer: which there are, and that
// cheap ones of each kind run and are right. How long they take is not looked at.
#include <cstddef>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "bench/accesses/access_cases.h"
#include "bench/beside_writer/beside_writer_cases.h"
#include "bench/capabilities/capability_cases.h"
#include "bench/conversions/conversion_cases.h"
#include "bench/suite/suite.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kvm_model::bench {
namespace {

using testing::Contains;
using testing::UnorderedElementsAre;

// Runs what the filter lets through, once and for a moment.
void ExpectToRun(Suite& suite, const std::string& filter) {
  ASSERT_FALSE(suite.Names(filter).empty()) << filter;
  const SuiteOptions options{.filter = filter, .repetitions = 1, .min_time = 0.0001};
  std::ostringstream json;
  std::ostringstream progress;
  std::ostringstream table;
  EXPECT_TRUE(suite.Run(options, json, progress, table)) << progress.str();
  EXPECT_EQ(json.str().find("error_occurred"), std::string::npos) << json.str();
}

// The parts of the names at that place, each once.
std::set<std::string> PartsOf(const Suite& suite, std::size_t place) {
  std::set<std::string> parts;
  for (const std::string& name : suite.Names("")) {
    std::istringstream stream(name);
    std::string part;
    for (std::size_t i = 0; i <= place; ++i) std::getline(stream, part, '/');
    parts.insert(part);
  }
  return parts;
}

TEST(ConversionCasesTest, EveryCaseHasEveryLayer) {
  Suite suite;
  AddConversionCases(suite);
  EXPECT_THAT(PartsOf(suite, 1), UnorderedElementsAre("uniform", "every_second", "random"));
  EXPECT_THAT(PartsOf(suite, 2), UnorderedElementsAre("1", "16", "512", "262144"));
  EXPECT_THAT(PartsOf(suite, 3), UnorderedElementsAre("UNSPECIFIED", "PRESERVE", "ZERO"));
  EXPECT_THAT(PartsOf(suite, 4), UnorderedElementsAre("none", "resident"));
  EXPECT_THAT(PartsOf(suite, 5), UnorderedElementsAre("null", "store_set", "store", "typed", "door",
                                                      "door_task_memory"));
  EXPECT_EQ(suite.Names("").size(), 3U * 4 * 3 * 2 * 6);
}

TEST(ConversionCasesTest, EachModeRuns) {
  Suite suite;
  AddConversionCases(suite);
  ExpectToRun(suite, "^conversion/uniform/(16|262144)/(PRESERVE|ZERO)/");
  ExpectToRun(suite, "^conversion/random/512/(PRESERVE|ZERO)/resident/");
  ExpectToRun(suite, "^conversion/every_second/512/UNSPECIFIED/none/");
}

TEST(ConversionCasesTest, AFewConversionsHaveASetNumberOfRounds) {
  Suite suite;
  AddConversionCases(suite);
  ExpectToRun(suite, "^conversion/every_second/262144/PRESERVE/none/(null|store|typed)$");
}

TEST(AccessCasesTest, EachAccessRuns) {
  Suite suite;
  AddAccessCases(suite);
  EXPECT_THAT(PartsOf(suite, 1), UnorderedElementsAre("guest_read", "guest_write", "host_read",
                                                      "host_fault", "pre_fault"));
  ExpectToRun(suite, "/1000/");
}

TEST(CapabilityCasesTest, EachArchitectureRuns) {
  Suite suite;
  AddCapabilityCases(suite);
  EXPECT_THAT(PartsOf(suite, 1), UnorderedElementsAre("x86", "arm64", "riscv", "s390", "loongarch",
                                                      "powerpc", "mips"));
  ExpectToRun(suite, "");
}

TEST(BesideWriterCasesTest, ThereIsOneThreadOrTwo) {
  Suite suite;
  AddBesideWriterCases(suite);
  const std::vector<std::string> names = suite.Names("^beside_writer/(get|writer)/W1/[^_]*$");
  EXPECT_THAT(names,
              UnorderedElementsAre("beside_writer/get/W1/alone", "beside_writer/get/W1/beside",
                                   "beside_writer/writer/W1/alone"));
  EXPECT_THAT(PartsOf(suite, 3), Contains("shared_mutex_beside_runs_in"));
}

// With a lock a question may wait for many stores, so that takes longest.
TEST(BesideWriterCasesTest, QuestionsAndStoresRun) {
  Suite suite;
  AddBesideWriterCases(suite);
  ExpectToRun(suite, "^beside_writer/(get|range_has|runs_in)/(W4|narrow)/(alone|beside)$");
  ExpectToRun(suite, "^beside_writer/writer/(W4|narrow)/(alone|beside_.*)$");
  ExpectToRun(suite, "^beside_writer/get/narrow/shared_mutex_");
}

}  // namespace
}  // namespace kvm_model::bench
