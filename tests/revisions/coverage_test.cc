// Whatever a scenario of the suite finds between two revisions is told: the first call that is
// answered otherwise is one that some difference between the two is about.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kvm_model/revision.h"
#include "tools/backends/model_backend.h"
#include "tools/cli/suite.h"
#include "tools/revisions/differences.h"
#include "tools/revisions/other_host.h"
#include "tools/revisions/replay.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/printer.h"

namespace kvm_model::revisions {
namespace {

using scenario::Scenario;

// What a difference is about: a call, and of check_extension the capability that it asks for.
using Subject = std::pair<scenario::CallId, std::optional<std::uint64_t>>;

const std::vector<Scenario>& Suite() {
  static const auto* const kSuite = new std::vector<Scenario>(cli::LoadBuiltInSuite().value());
  return *kSuite;
}

// The scenario with its host on the revision; nothing where that has no such host.
std::optional<Scenario> On(const Scenario& one, const Revision& revision) {
  if (one.host.revision == revision.name) return one;
  auto host = OnRevision(one.host, revision);
  if (!host) return std::nullopt;
  Scenario moved = one;
  moved.host = std::move(host->line);
  return moved;
}

std::vector<Step> Replayed(const Scenario& one) {
  scenario::ModelBackend backend(/*seed=*/1, scenario::ModelBackend::Record::kNothing);
  auto steps = Replay(one, backend);
  return steps ? *std::move(steps) : std::vector<Step>();
}

// Null where each is answered alike.
const Step* FirstOtherwise(const std::vector<Step>& here, const std::vector<Step>& there) {
  for (std::size_t i = 0; i < here.size() && i < there.size(); ++i) {
    if (here[i].text != there[i].text) return &here[i];
  }
  return nullptr;
}

std::set<Subject> Told(const Revision& from, const Revision& to) {
  std::set<Subject> told;
  for (const Difference& difference : FindDifferences(Suite(), from, to)) {
    told.emplace(difference.id, difference.capability);
  }
  return told;
}

TEST(CoverageTest, WhatAScenarioFindsIsTold) {
  std::map<std::pair<const Revision*, const Revision*>, std::set<Subject>> told;
  for (const Revision& from : Revisions()) {
    for (const Revision& to : Revisions()) {
      if (&from < &to) told[{&from, &to}] = Told(from, to);
    }
  }
  for (const Scenario& one : Suite()) {
    const Revision* const home = FindRevision(one.host.revision);
    ASSERT_NE(home, nullptr) << one.file;
    const std::vector<Step> here = Replayed(one);
    for (const Revision& other : Revisions()) {
      const std::optional<Scenario> moved = On(one, other);
      if (&other == home || !moved) continue;
      const std::vector<Step> there = Replayed(*moved);
      const Step* const first = FirstOtherwise(here, there);
      if (first == nullptr) continue;
      const std::set<Subject>& subjects = told.at({std::min(home, &other), std::max(home, &other)});
      EXPECT_TRUE(subjects.contains({first->call->id, first->capability}))
          << one.file << ":" << first->call->position.line << " on " << other.name << ": "
          << scenario::PrintCall(*first->call) << " -> " << first->text << ", there "
          << there[static_cast<std::size_t>(first - here.data())].text;
    }
  }
}

}  // namespace
}  // namespace kvm_model::revisions
