// kvmsim caps hosts: the hosts that have names, and what they set.
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "tools/cli/caps_command.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/caps_options.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/options.h"
#include "tools/cli/presets.h"

namespace kvm_model::cli {
namespace {

std::vector<std::string> Settings(const Preset& preset) {
  std::vector<std::string> settings;
  for (const PresetSetting& setting : preset.settings) {
    settings.push_back(absl::StrFormat("%s=%s", setting.name, setting.value));
  }
  return settings;
}

Json ToJson(const Preset& preset) {
  Json json;
  json["name"] = preset.name;
  json["description"] = preset.description;
  json["arch"] = preset.arch;
  json["revision"] = preset.revision;
  json["vm_type"] = preset.vm_type;
  json["settings"] = Settings(preset);
  return json;
}

void PrintJson(std::ostream& out) {
  Json array = Json::array();
  for (const Preset& preset : Presets()) array.push_back(ToJson(preset));
  out << Dump(array, 1) << "\n";
}

void PrintCsv(std::ostream& out) {
  out << "name,description,arch,revision,vm_type,settings\n";
  for (const Preset& preset : Presets()) {
    const std::string fields[] = {
        std::string(preset.name),    std::string(preset.description),
        std::string(preset.arch),    std::string(preset.revision),
        std::string(preset.vm_type), absl::StrJoin(Settings(preset), " ")};
    out << CsvLine(fields);
  }
}

void PrintText(std::ostream& out) {
  for (const Preset& preset : Presets()) {
    out << absl::StrFormat("%-17s %s\n", preset.name, preset.description);
    std::string host = absl::StrFormat("%s/%s/%s", preset.arch, preset.revision, preset.vm_type);
    for (const std::string& setting : Settings(preset)) host += "," + setting;
    out << absl::StrFormat("%-17s = %s\n", "", host);
  }
  out << "\nmachine is the machine that this runs on, where the model has its kernel.\n";
  out << "A HOST is such a name or ARCH, then /REVISION and /VM_TYPE and ,NAME=VALUE as wanted:\n"
         "x86-snp-host/linux-7.0, x86/rfc-v4/SNP,hw.vendor=amd\n";
}

int Hosts(const std::string& format, std::ostream& out) {
  if (format == "json") {
    PrintJson(out);
  } else if (format == "csv") {
    PrintCsv(out);
  } else {
    PrintText(out);
  }
  return kAllAsExpected;
}

}  // namespace

void AddCapsHosts(CLI::App& caps, std::ostream& out, std::ostream&, std::function<int()>& run) {
  CLI::App& hosts = AddCommand(caps, "hosts", "The hosts that have names, and what they set.");
  const auto format = std::make_shared<std::string>("text");
  AddFormatOption(hosts, *format);
  SetAction(hosts, run, [format, &out] { return Hosts(*format, out); });
}

}  // namespace kvm_model::cli
