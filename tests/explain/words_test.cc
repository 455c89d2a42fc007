// Each word that the language, the commands and the trails have in common with the field is a
// topic.
#include <string>
#include <string_view>
#include <vector>

#include "arch/registry.h"
#include "gtest/gtest.h"
#include "kvm_model/arch.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"
#include "tools/cli/explain_topics.h"
#include "tools/cli/step_glossary.h"
#include "tools/cli/step_picture.h"
#include "tools/explain/call_names.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/names.h"
#include "uapi/capabilities.h"

namespace kvm_model::cli {
namespace {

const Explanations& All() { return LoadExplanations().value(); }

void ExpectTopic(std::string_view words) {
  const auto topic = FindTopic(All(), words);
  EXPECT_TRUE(topic.has_value()) << topic.error();
}

TEST(WordsTest, HostsAreMadeOf) {
  for (const Revision& revision : Revisions()) ExpectTopic(revision.name);
  for (const Arch* arch : Architectures()) {
    ExpectTopic(arch->traits().name);
    for (const Setting& setting : arch->settings()) ExpectTopic(setting.name);
    const scenario::NameContext context{arch->traits().name, DefaultRevision().name};
    for (const std::string_view name : scenario::NamesIn(scenario::NameDomain::kVmType, context)) {
      ExpectTopic(name);
    }
  }
}

TEST(WordsTest, ArgumentsAreMadeOf) {
  using enum scenario::NameDomain;
  const scenario::NameContext context{"x86", DefaultRevision().name};
  for (const scenario::NameDomain domain :
       {kContentMode, kGuestMemfdFlag, kMemoryAttribute, kMemoryFaultFlag, kMemslotFlag}) {
    for (const std::string_view name : scenario::NamesIn(domain, context)) ExpectTopic(name);
  }
}

// Of a call that fails somewhere: the others have no errno to explain.
TEST(WordsTest, CallsAreNamedBy) {
  for (const scenario::CallSpec& spec : scenario::AllCalls()) {
    const std::string name(explain::KernelName(spec.id));
    const auto fails = All().outcomes.failures.lower_bound({name, ""});
    if (name.empty() || fails == All().outcomes.failures.end() || fails->first.first != name) {
      continue;
    }
    ExpectTopic(name);
    ExpectTopic(spec.name);
  }
}

TEST(WordsTest, PicturesAreMadeOf) {
  for (const MarkMeaning& mark : MarkMeanings()) ExpectTopic(RowName(mark.kind));
}

TEST(WordsTest, CapabilitiesAreNamedBy) {
  for (const uapi::CapabilityName& row : uapi::AllCapabilities()) {
    ExpectTopic(row.name);
    ExpectTopic(std::to_string(row.number));
  }
}

TEST(WordsTest, TrailsAreToldBy) {
  for (const StepAbout& about : StepGlossary()) ExpectTopic(about.text);
}

TEST(WordsTest, EachNameThatCompletionOffersIsATopic) {
  const std::vector<std::string> names = TopicNames(All());
  EXPECT_GT(names.size(), 1000U);
  for (const std::string& name : names) ExpectTopic(name);
}

}  // namespace
}  // namespace kvm_model::cli
