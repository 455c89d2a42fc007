// The forms in which the subcommands of `kvmsim caps` tell an answer.
#ifndef KVM_MODEL_TOOLS_CLI_CAPS_FORMAT_H_
#define KVM_MODEL_TOOLS_CLI_CAPS_FORMAT_H_

#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/host.h"
#include "nlohmann/json_fwd.hpp"
#include "tools/cli/capability_query.h"

namespace kvm_model::cli {

using Json = nlohmann::ordered_json;

// The JSON as text, indented by `indent` where that isn't negative. Bytes that are no UTF-8, as
// file names may have, are replaced.
std::string Dump(const Json& json, int indent = -1);

// Null for an empty text.
Json OrNull(std::string_view text);

// The object that `caps get` prints.
Json ToJson(const Host& host, const CapabilityAnswer& answer);
// The fields of an answer alone: value, flags, errno, known, inferred.
void AddAnswer(const CapabilityAnswer& answer, Json& json);

// "11 (USE_32BIT_IDS|...)", "EINVAL", "not known: ...".
std::string ValueText(const CapabilityAnswer& answer);
// The same, cut to a line's size: "not known" alone.
std::string ShortValueText(const CapabilityAnswer& answer);

// The header of `caps get --format csv`, and a row, both with a newline.
std::string_view CsvHeader();
std::string CsvRow(const Host& host, const CapabilityAnswer& answer);
// Any row of fields, quoted where CSV wants it, with a newline.
std::string CsvLine(std::span<const std::string> fields);

// Breaks a text into lines of at most `width` columns, each led by `indent` and ended by a newline.
std::string Wrapped(std::string_view text, std::string_view indent, int width = 100);

// Prints "kvmsim: MESSAGE" and returns the exit code for wrong usage.
int FailUsage(std::string_view message, std::ostream& err);
// The same of each.
int FailUsage(const std::vector<std::string>& messages, std::ostream& err);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_CAPS_FORMAT_H_
