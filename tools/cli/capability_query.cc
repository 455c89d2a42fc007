#include "tools/cli/capability_query.h"

#include <fcntl.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/nearest.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm_type.h"
#include "tools/cli/host_options.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/names.h"
#include "uapi/capabilities.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model::cli {
namespace {

scenario::NameContext Names(const Host& host) {
  return {host.arch().traits().name, host.revision().name};
}

std::optional<std::vector<std::string>> Flags(std::int64_t number, std::int64_t value,
                                              const Host& host) {
  const scenario::NameDomain domain =
      scenario::CapabilityAnswerDomain(static_cast<std::uint64_t>(number), Names(host));
  if (domain == scenario::NameDomain::kNone) return std::nullopt;
  if (value == 0) return std::vector<std::string>{};
  const std::string text =
      scenario::FormatNumber(domain, static_cast<std::uint64_t>(value), Names(host));
  std::vector<std::string> flags = absl::StrSplit(text, '|');
  return flags;
}

// The fd to ask: /dev/kvm's, or that of a VM that is made for the purpose.
std::expected<int, std::string> Open(Task& task, const Host& host,
                                     const std::optional<std::string>& vm_type) {
  const Result<int> kvm = task.Open("/dev/kvm", O_RDWR);
  if (!kvm) return std::unexpected("the model's /dev/kvm can't be opened");
  if (!vm_type.has_value()) return *kvm;
  const std::expected<VmType, std::string> type = FindVmType(host, *vm_type);
  if (!type) return std::unexpected(type.error());
  const std::uint32_t create =
      uapi::Request(uapi::Ioctl("KVM_CREATE_VM"), host.arch().traits().ioctl_encoding);
  const Result<std::int64_t> vm = task.Ioctl(*kvm, create, type->number);
  if (!vm) {
    return std::unexpected(absl::StrFormat("this host creates no %s VM: KVM_CREATE_VM answers %s",
                                           *vm_type, uapi::ErrnoName(vm.error())));
  }
  return static_cast<int>(*vm);
}

}  // namespace

std::expected<CapabilityName, std::string> FindCapability(std::string_view text, const Host& host) {
  std::int64_t number = 0;
  const std::string word(text);
  if (word.starts_with("0x") ? absl::SimpleHexAtoi(word, &number)
                             : absl::SimpleAtoi(word, &number)) {
    const bool in_range = number >= 0 && number <= 0xffff;
    const std::string_view name =
        in_range ? uapi::CapabilityNameIn(static_cast<int>(number), host.revision().header) : "";
    return CapabilityName{number, std::string(name)};
  }
  std::optional<int> found = uapi::CapabilityNumberIn(text, host.revision().header);
  if (!found.has_value()) found = uapi::CapabilityNumber(text);
  if (found.has_value()) {
    return CapabilityName{*found, word.starts_with("KVM_CAP_") ? word : "KVM_CAP_" + word};
  }
  std::vector<std::string_view> known;
  for (const uapi::CapabilityName& row : uapi::AllCapabilities()) known.push_back(row.name);
  std::string message = absl::StrFormat("no revision has a capability '%s'", text);
  const std::string prefixed = word.starts_with("KVM_CAP_") ? word : "KVM_CAP_" + word;
  if (const std::optional<std::string_view> nearest = Nearest(prefixed, known)) {
    message += absl::StrFormat("; did you mean %s?", *nearest);
  }
  return std::unexpected(message);
}

std::expected<CapabilityAnswer, std::string> AskCapability(
    std::shared_ptr<const Host> host, const std::optional<std::string>& vm_type,
    const CapabilityName& capability) {
  CapabilityAnswer answer;
  answer.capability = capability;
  answer.vm_type = vm_type;
  // A name that this revision doesn't have is asked for in vain: its number may mean something else
  // here.
  const bool named_elsewhere =
      !capability.name.empty() &&
      uapi::CapabilityNumberIn(capability.name, host->revision().header) != capability.number;

  Task task(std::make_shared<Kernel>(host));
  const std::expected<int, std::string> fd = Open(task, *host, vm_type);
  if (!fd) return std::unexpected(fd.error());
  if (named_elsewhere) {
    answer.value = 0;
    answer.flags = Flags(capability.number, 0, *host);
    return answer;
  }
  TrailRecorder recorder;
  task.SetTrailListener(&recorder);
  const std::uint32_t check =
      uapi::Request(uapi::Ioctl("KVM_CHECK_EXTENSION"), host->arch().traits().ioctl_encoding);
  const Result<std::int64_t> value =
      task.Ioctl(*fd, check, static_cast<std::uint64_t>(capability.number));
  answer.inferred = recorder.Has(Certainty::kInferred);
  answer.known = !recorder.Has(Certainty::kNotModelled);
  if (value.has_value()) {
    answer.value = *value;
    answer.flags = Flags(capability.number, *value, *host);
  } else if (answer.known) {
    answer.error = value.error();
  }
  return answer;
}

std::string OtherMeaning(std::int64_t number, const Host& host) {
  const std::string_view here =
      number < 0 || number > 0xffff
          ? ""
          : uapi::CapabilityNameIn(static_cast<int>(number), host.revision().header);
  for (const uapi::CapabilityName& row : uapi::AllCapabilities()) {
    if (row.number != number || here.empty() || row.name == here) continue;
    return absl::StrFormat("%d means this in %s only; upstream gave the number to %s", number,
                           host.revision().name, row.name);
  }
  return {};
}

}  // namespace kvm_model::cli
