#include "tools/cli/caps_format.h"

#include <cstddef>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "nlohmann/json.hpp"
#include "tools/cli/capability_query.h"
#include "tools/cli/exit_code.h"
#include "uapi/errno.h"

namespace kvm_model::cli {

std::string Dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

Json OrNull(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

void AddAnswer(const CapabilityAnswer& answer, Json& json) {
  json["value"] = answer.value.has_value() ? Json(*answer.value) : Json(nullptr);
  json["flags"] = answer.flags.has_value() ? Json(*answer.flags) : Json(nullptr);
  json["errno"] = answer.error.has_value() ? Json(uapi::ErrnoName(*answer.error)) : Json(nullptr);
  json["known"] = answer.known;
  json["inferred"] = answer.inferred;
}

Json ToJson(const Host& host, const CapabilityAnswer& answer) {
  Json json;
  json["arch"] = host.arch().traits().name;
  json["revision"] = host.revision().name;
  json["scope"] = answer.vm_type.has_value() ? "vm" : "system";
  json["vm_type"] = answer.vm_type.has_value() ? Json(*answer.vm_type) : Json(nullptr);
  json["number"] = answer.capability.number;
  json["name"] = OrNull(answer.capability.name);
  AddAnswer(answer, json);
  return json;
}

std::string ShortValueText(const CapabilityAnswer& answer) {
  if (!answer.known) return "not known";
  if (answer.error.has_value()) return std::string(uapi::ErrnoName(*answer.error));
  std::string text = absl::StrFormat("%d", *answer.value);
  if (answer.flags.has_value() && !answer.flags->empty()) {
    text += absl::StrFormat(" (%s)", absl::StrJoin(*answer.flags, "|"));
  }
  return text;
}

std::string ValueText(const CapabilityAnswer& answer) {
  if (!answer.known) return "not known: the model doesn't have this answer";
  return ShortValueText(answer);
}

std::string_view CsvHeader() {
  return "arch,revision,scope,vm_type,number,name,value,flags,errno,known,inferred\n";
}

std::string CsvRow(const Host& host, const CapabilityAnswer& answer) {
  return absl::StrFormat("%s,%s,%s,%s,%d,%s,%s,%s,%s,%s,%s\n", host.arch().traits().name,
                         host.revision().name, answer.vm_type.has_value() ? "vm" : "system",
                         answer.vm_type.value_or(""), answer.capability.number,
                         answer.capability.name,
                         answer.value.has_value() ? absl::StrFormat("%d", *answer.value) : "",
                         answer.flags.has_value() ? absl::StrJoin(*answer.flags, "|") : "",
                         answer.error.has_value() ? uapi::ErrnoName(*answer.error) : "",
                         answer.known ? "true" : "false", answer.inferred ? "true" : "false");
}

std::string CsvLine(std::span<const std::string> fields) {
  std::vector<std::string> quoted;
  for (const std::string& field : fields) {
    const bool plain = field.find_first_of(",\"\n") == std::string::npos;
    quoted.push_back(plain ? field : "\"" + absl::StrReplaceAll(field, {{"\"", "\"\""}}) + "\"");
  }
  return absl::StrJoin(quoted, ",") + "\n";
}

std::string Wrapped(std::string_view text, std::string_view indent, int width) {
  std::string all;
  std::string line;
  const std::vector<std::string> words = absl::StrSplit(std::string(text), ' ', absl::SkipEmpty());
  for (const std::string& word : words) {
    const std::size_t size = indent.size() + line.size() + 1 + word.size();
    if (!line.empty() && size > static_cast<std::size_t>(width)) {
      all += absl::StrFormat("%s%s\n", indent, line);
      line.clear();
    }
    line += line.empty() ? word : " " + word;
  }
  return line.empty() ? all : all + absl::StrFormat("%s%s\n", indent, line);
}

int FailUsage(std::string_view message, std::ostream& err) {
  err << "kvmsim: " << message << "\n";
  return kUsage;
}

int FailUsage(const std::vector<std::string>& messages, std::ostream& err) {
  for (const std::string& message : messages) FailUsage(message, err);
  return kUsage;
}

}  // namespace kvm_model::cli
