// What a program notices between two revisions, found by running scenarios on both.
//
// A rule that is not the same on every revision is shown by scenarios that make the same calls, one
// for each revision that the rule tells apart: a family. Their expectations say which calls the
// rule is about: those where they differ. On any two revisions a family's calls are made on both;
// the rule makes a difference there when the first call that is answered otherwise is one of those.
// An earlier one is another rule's difference: what follows from it tells nothing.
#ifndef KVM_MODEL_TOOLS_REVISIONS_DIFFERENCES_H_
#define KVM_MODEL_TOOLS_REVISIONS_DIFFERENCES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kvm_model/revision.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"

namespace kvm_model::revisions {

// Scenarios of one rule that make the same calls on several revisions.
struct Family {
  std::string rule;
  std::vector<const scenario::Scenario*> scenarios;
  // Of the calls in order, repeats unrolled: whether no answer is as all expectations say.
  std::vector<bool> asked;
};

// The families among the scenarios, in order of their rules. The scenarios must outlive them.
std::vector<Family> FindFamilies(std::span<const scenario::Scenario> suite);

struct Difference {
  std::string rule;
  scenario::CallId id{};
  std::optional<std::uint64_t> capability;  // which one check_extension asks for
  std::string call;                         // as a scenario writes it
  std::string from;                         // answers, likewise
  std::string to;
  // "FILE:LINE" of the call in each scenario of the family.
  std::vector<std::string> shown_by;
  // The host on which it was found, as a host line's settings: "" for the default one.
  std::string arch;
  std::string settings;
};

// What a family comes to on two revisions.
struct Comparison {
  enum class Kind : std::uint8_t {
    kSame,        // every call is answered alike
    kDifference,  // a call that the rule is about is answered otherwise
    kElsewhere,   // a call that it is not about is answered otherwise first
    kNoHost,      // one of the revisions has no such host
  };
  Kind kind = Kind::kSame;
  Difference difference;  // of the first call that is answered otherwise
  std::string reason;     // why there is no host
};

Comparison Compare(const Family& family, const Revision& from, const Revision& to);

// The differences of all families, in their order.
std::vector<Difference> FindDifferences(std::span<const scenario::Scenario> suite,
                                        const Revision& from, const Revision& to);

}  // namespace kvm_model::revisions

#endif  // KVM_MODEL_TOOLS_REVISIONS_DIFFERENCES_H_
