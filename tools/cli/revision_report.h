// What a program notices between two revisions, with the scenarios that show it and the sentences
// that tell it.
#ifndef KVM_MODEL_TOOLS_CLI_REVISION_REPORT_H_
#define KVM_MODEL_TOOLS_CLI_REVISION_REPORT_H_

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/arch.h"
#include "kvm_model/revision.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/embedded_file.h"
#include "tools/cli/revision_capabilities.h"
#include "tools/revisions/differences.h"
#include "tools/revisions/sentences.h"

namespace kvm_model::cli {

// The tables of sentences of tests/conformance, as they were when the command was built.
std::span<const EmbeddedFile> BuiltInSentences();
std::vector<revisions::SentenceTable> SentenceTables();

struct RevisionReport {
  struct Told {
    revisions::Difference difference;
    std::optional<revisions::Sentence> sentence;
  };
  struct OfArch {
    std::string arch;
    std::vector<CapabilityChange> changes;
  };

  const Revision* from = nullptr;
  const Revision* to = nullptr;
  std::vector<Told> differences;               // in order of their calls, then of their rules
  std::vector<OfArch> capabilities;            // architectures where something changes
  std::vector<revisions::Sentence> not_shown;  // between these two, what no call shows
};

// On the built-in suite, and for capabilities on the default hosts of the architectures. In words,
// what is wrong with the suite.
std::expected<RevisionReport, std::string> MakeRevisionReport(const Revision& from,
                                                              const Revision& to,
                                                              std::span<const Arch* const> archs);

std::string ReportText(const RevisionReport& report);
Json ReportJson(const RevisionReport& report);
// As a page of Markdown; `root` leads from the page to the project's root, "../..".
std::string ReportMarkdown(const RevisionReport& report, std::string_view root);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_REVISION_REPORT_H_
