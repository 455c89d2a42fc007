#include "tools/serve/starting_world.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "nlohmann/json.hpp"
#include "tools/cli/capability_query.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/host_spec.h"
#include "tools/serve/scenario_run.h"

namespace kvm_model::serve {
namespace {

// The flags of guest_memfd that a VM of that type takes: none where it can't be made.
std::vector<std::string> FlagsOf(const std::shared_ptr<const Host>& host,
                                 const std::string& vm_type) {
  const auto asker = cli::CapabilityAsker::Open(host, vm_type);
  if (!asker) return {};
  return (*asker)
      ->AskByName("KVM_CAP_GUEST_MEMFD_FLAGS")
      .flags.value_or(std::vector<std::string>());
}

std::string HostLine(const cli::HostSpec& spec) {
  std::string line = absl::StrFormat("host %s %s", spec.arch->traits().name, spec.revision->name);
  for (const SettingAssignment& each : spec.settings) {
    absl::StrAppendFormat(&line, " %s=%s", each.name, each.value);
  }
  return line;
}

std::string CallsOf(const cli::HostSpec& spec, const std::shared_ptr<const Host>& host,
                    std::uint64_t pages) {
  const std::vector<std::string> flags = FlagsOf(host, spec.vm_type);
  const bool mappable = std::ranges::find(flags, "MMAP") != flags.end();
  const std::string with =
      flags.empty() ? "" : absl::StrFormat(", flags=%s", absl::StrJoin(flags, "|"));
  const std::string from = mappable ? absl::StrFormat("gmem, 0, %dp", pages)
                                    : absl::StrFormat("-1, 0, %dp, flags=PRIVATE|ANONYMOUS", pages);
  return absl::StrFormat(
      "%s\n"
      "\n"
      "kvm = open()\n"
      "vm = create_vm(kvm, %s)\n"
      "gmem = create_guest_memfd(vm, size=%dp%s)\n"
      "map = mmap(%s)\n"
      "set_user_memory_region2(vm, slot=1, flags=GUEST_MEMFD, gpa=4G, size=%dp, hva=map, "
      "guest_memfd=gmem, offset=0)\n"
      "\n",
      HostLine(spec), spec.vm_type, pages, with, from, pages);
}

// The text with what those lines answer that fail: others have to succeed without a word.
std::string WithFailures(const std::string& text) {
  const cli::Json run = RunText(text);
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  for (const cli::Json& step : run.value("steps", cli::Json::array())) {
    if (step["outcome"] != "failed") continue;
    lines[step["line"].get<std::size_t>() - 1] += " -> " + step["answer"].get<std::string>();
  }
  return absl::StrJoin(lines, "\n");
}

}  // namespace

std::expected<std::string, std::string> StartingWorld(const cli::HostSpec& spec,
                                                      std::uint64_t pages) {
  const auto host = cli::CreateHost(spec);
  if (!host) return std::unexpected(host.error());
  return WithFailures(CallsOf(spec, *host, pages));
}

}  // namespace kvm_model::serve
