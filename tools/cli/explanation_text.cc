// The form of an explanation that a person reads.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"
#include "kvm_model/trail.h"
#include "tools/cli/answer_changes.h"
#include "tools/cli/capability_query.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/explanation.h"
#include "tools/cli/trail_words.h"
#include "uapi/capability_facts.h"
#include "uapi/errno.h"
#include "uapi/flags.h"

namespace kvm_model::cli {
namespace {

using Kind = TrailStep::Kind;

std::string_view AboutFunction(std::string_view function) {
  if (function == "kvm_vm_ioctl_check_extension_generic") {
    return "the part that all architectures share";
  }
  if (function == "kvm_vm_ioctl_check_extension") {
    return "the architecture's own part, asked where the shared part has no answer";
  }
  return {};
}

// The value's bits, each that has a name: which are in the answer.
void PrintFlags(const Explanation& explanation, std::ostream& out) {
  const CapabilityAnswer& answer = explanation.answer;
  if (!answer.flags.has_value() || !answer.value.has_value()) return;
  const auto value = static_cast<std::uint64_t>(*answer.value);
  std::uint64_t named = 0;
  for (const uapi::FlagName& flag : uapi::CapabilityValueFlags(
           answer.capability.name, explanation.asked.spec.arch->traits().name)) {
    const bool has = (value & flag.bit) == flag.bit;
    out << absl::StrFormat("  %-4s %10d  %s\n", has ? "yes" : "no", flag.bit, flag.name);
    named |= flag.bit;
  }
  if ((value & ~named) != 0)
    out << absl::StrFormat("  yes  %#10x  without a name\n", value & ~named);
}

void PrintMeaning(const Explanation& explanation, std::ostream& out) {
  const uapi::CapabilityFacts* facts = explanation.facts;
  out << "\nWhat it is\n";
  if (facts == nullptr) {
    out << "  A number that this revision gives no name.\n";
    return;
  }
  out << Wrapped(facts->meaning, "  ");
  out << Wrapped(absl::StrFormat("The answer is %s.", ValueKindText(explanation)), "  ");
  if (!facts->documented.empty()) {
    out << Wrapped(
        absl::StrFormat("Documented in Documentation/virt/kvm/api.rst, %s.", facts->documented),
        "  ");
  }
  if (!facts->gates.empty()) {
    out << Wrapped(absl::StrFormat("These calls need it: %s.", facts->gates), "  ");
  }
  if (facts->enable_on_vm || facts->enable_on_vcpu) {
    const std::string_view where = !facts->enable_on_vcpu ? "a VM"
                                   : facts->enable_on_vm  ? "a VM or a vCPU"
                                                          : "a vCPU";
    out << Wrapped(absl::StrFormat("KVM_ENABLE_CAP can enable it on %s.", where), "  ");
  }
}

void PrintNote(const Explanation& explanation, std::ostream& out) {
  const std::string note = OtherMeaning(explanation.answer.capability, *explanation.asked.host);
  if (!note.empty()) out << Wrapped("Note: " + note + ".", "  ");
}

void PrintStep(const TrailStep& step, int outermost, std::ostream& out) {
  const bool enters = step.kind == Kind::kEnter;
  const int level = step.depth - outermost + (enters ? 0 : 1);
  const std::string indent(static_cast<std::size_t>(std::max(level, 0)) * 2 + 2, ' ');
  std::string line = StepInWords(step);
  const std::string_view about = enters ? AboutFunction(step.function) : AboutStep(step);
  if (!about.empty()) {
    line += enters ? absl::StrFormat(": %s", about) : absl::StrFormat(" (%s)", about);
  }
  out << Wrapped(line, indent);
}

void PrintTrail(const Explanation& explanation, std::ostream& out) {
  out << "\nHow it is decided\n";
  const std::vector<TrailStep>& trail = explanation.answer.trail;
  if (trail.empty()) {
    out << absl::StrFormat("  %s has no capability of this name, so a program finds 0.\n",
                           explanation.asked.spec.revision->name);
    return;
  }
  for (const TrailStep& step : trail) PrintStep(step, trail.front().depth, out);
}

void PrintCertainty(const CapabilityAnswer& answer, std::ostream& out) {
  out << "\nHow sure this is\n";
  if (!answer.known) {
    out << "  Not known: the model doesn't have this answer.\n";
  } else if (!answer.inferred) {
    out << "  Known: it follows from the kernel's source.\n";
  } else {
    out << "  Inferred, where the sources say nothing outright:\n";
  }
  for (const TrailStep& step : answer.trail) {
    if (step.kind != Kind::kNote || step.certainty == Certainty::kKnown) continue;
    out << Wrapped(step.text, "    ");
  }
}

// "also A, without B": how another set of flags differs. Empty for what is no set.
std::string FlagChange(const CapabilityAnswer& before, const CapabilityAnswer& after) {
  if (!before.flags.has_value() || !after.flags.has_value()) return {};
  const auto missing = [](const std::vector<std::string>& in, const std::vector<std::string>& of) {
    std::vector<std::string> names;
    std::ranges::copy_if(of, std::back_inserter(names), [&in](const std::string& name) {
      return std::ranges::find(in, name) == in.end();
    });
    return absl::StrJoin(names, ", ");
  };
  const std::string more = missing(*before.flags, *after.flags);
  const std::string less = missing(*after.flags, *before.flags);
  std::string text = more.empty() ? "" : "also " + more;
  if (!less.empty()) text += (text.empty() ? "" : ", ") + ("without " + less);
  return text;
}

std::string NewAnswer(const CapabilityAnswer& before, const CapabilityAnswer& after) {
  if (!after.in_revision) return "0: it has no such capability";
  const std::string flags = FlagChange(before, after);
  if (!after.known || !after.value.has_value()) return ShortValueText(after);
  return flags.empty() ? ShortValueText(after) : absl::StrFormat("%d: %s", *after.value, flags);
}

// What a change means, for readers who don't know the name that it has.
std::string_view AboutChange(const Explanation& explanation, const AnswerChange& change) {
  if (change.kind == ChangeKind::kSetting) {
    const std::string name = change.change.substr(0, change.change.find('='));
    const auto settings = explanation.asked.spec.arch->settings();
    const auto setting = std::ranges::find(settings, std::string_view(name), &Setting::name);
    return setting == settings.end() ? std::string_view() : setting->meaning;
  }
  constexpr std::string_view kEnable = "KVM_ENABLE_CAP(";
  if (change.kind != ChangeKind::kCall || !change.change.starts_with(kEnable)) return {};
  const std::string name =
      change.change.substr(kEnable.size(), change.change.find_first_of(",)") - kEnable.size());
  const uapi::CapabilityFacts* facts = uapi::FindCapabilityFacts(name);
  return facts == nullptr || facts == explanation.facts ? std::string_view() : facts->meaning;
}

// "as irqchip_split(kvm) is true: ...": what the change makes come out otherwise, where one step
// does.
std::string Reason(const Explanation& explanation, const AnswerChange& change) {
  const TrailStep* step = DecidingStep(explanation.answer.trail, change.answer.trail);
  if (step == nullptr) return {};
  const std::string_view about = AboutStep(*step);
  return absl::StrFormat("as %s%s%s", StepInWords(*step), about.empty() ? "" : ": ", about);
}

void PrintChanges(const Explanation& explanation, std::ostream& out) {
  out << "\nWhat would change it\n";
  if (explanation.changes.changing.empty()) out << "  Nothing that was tried, alone or in pairs.\n";
  for (const ChangeKind kind : kChangeKinds) {
    bool headed = false;
    std::string_view told;
    for (const AnswerChange& change : explanation.changes.changing) {
      if (change.kind != kind) continue;
      if (!std::exchange(headed, true)) out << absl::StrFormat("  %s\n", ChangeKindHeading(kind));
      out << Wrapped(
          absl::StrFormat("%s -> %s", change.change, NewAnswer(explanation.answer, change.answer)),
          "    ");
      out << Wrapped(Reason(explanation, change), "      ");
      const std::string_view about = AboutChange(explanation, change);
      if (!about.empty() && about != told) {
        out << Wrapped(absl::StrFormat("(%s)", about), "      ");
      }
      told = about;
    }
  }
}

void PrintWithoutEffect(const Explanation& explanation, std::ostream& out) {
  const auto& all = explanation.changes.without_effect;
  if (all.empty()) return;
  out << "\nTried, and the answer stays the same\n";
  for (const ChangeKind kind : kChangeKinds) {
    std::vector<std::string> names;
    for (const auto& [each, name] : all) {
      if (each == kind) names.push_back(name);
    }
    if (names.empty()) continue;
    const std::string what =
        kind == ChangeKind::kSetting
            ? absl::StrFormat("%d settings (--format json names them)", names.size())
            : absl::StrJoin(names, ", ");
    out << Wrapped(absl::StrFormat("%s: %s", ChangeKindHeading(kind), what), "  ");
  }
}

// Ends in a colon where the value's bits follow.
std::string AnswerSentence(const CapabilityAnswer& answer) {
  if (answer.error.has_value()) {
    return absl::StrFormat("The call fails with %s.", uapi::ErrnoName(*answer.error));
  }
  const bool bits_follow = answer.flags.has_value() && answer.value.has_value();
  if (bits_follow) return absl::StrFormat("The answer is %d:", *answer.value);
  return absl::StrFormat("The answer is %s.", ValueText(answer));
}

}  // namespace

void PrintExplanation(const Explanation& explanation, std::ostream& out) {
  const CapabilityAnswer& answer = explanation.answer;
  out << absl::StrFormat("%s (%d) on %s %s, asked of %s\n\n",
                         answer.capability.name.empty() ? "no name" : answer.capability.name,
                         answer.capability.number, explanation.asked.spec.arch->traits().name,
                         explanation.asked.spec.revision->name, AskedText(answer.vm_type));
  out << AnswerSentence(answer) << "\n";
  PrintFlags(explanation, out);
  PrintMeaning(explanation, out);
  PrintNote(explanation, out);
  PrintTrail(explanation, out);
  PrintCertainty(answer, out);
  PrintChanges(explanation, out);
  PrintWithoutEffect(explanation, out);
}

}  // namespace kvm_model::cli
