#include "tools/cli/capability_query.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
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
#include "tools/cli/host_spec.h"
#include "uapi/capabilities.h"
#include "uapi/capability_facts.h"
#include "uapi/errno.h"
#include "uapi/flags.h"
#include "uapi/ioctls.h"

namespace kvm_model::cli {
namespace {

// The names of the value's bits, then what has no name, in hexadecimal.
std::optional<std::vector<std::string>> Flags(const CapabilityName& capability, std::int64_t value,
                                              const Host& host) {
  const auto names = uapi::CapabilityValueFlags(capability.name, host.arch().traits().name);
  if (names.empty()) return std::nullopt;
  if (value == 0) return std::vector<std::string>{};
  const std::string text = uapi::DecodeFlags(static_cast<std::uint64_t>(value), names);
  std::vector<std::string> flags = absl::StrSplit(text, '|');
  return flags;
}

// The fd to ask: /dev/kvm's, or that of a VM that is made for the purpose.
std::expected<int, std::string> Open(Task& task, const Host& host,
                                     const std::optional<std::string>& vm_type) {
  const Result<int> kvm = task.Open("/dev/kvm", O_RDWR);
  if (!kvm) return std::unexpected("the model's /dev/kvm can't be opened");
  if (!vm_type.has_value()) return *kvm;
  const std::expected<VmType, std::string> type = FindVmTypeNamed(host.arch(), *vm_type);
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

// The steps from the function that answers on: those before it find the descriptor's.
std::vector<TrailStep> AnswersTrail(const std::vector<TrailStep>& steps) {
  const auto first = std::ranges::find_if(steps, [](const TrailStep& step) {
    return step.function == "kvm_vm_ioctl_check_extension_generic";
  });
  return {first, steps.end()};
}

// Whether it was meant as a number: digits after a sign, or anything after 0x.
bool IsNumber(std::string_view word) {
  if (word.starts_with("0x")) return true;
  if (word.starts_with("-")) word.remove_prefix(1);
  return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
}

CapabilityName NumberedCapability(std::int64_t number, const Host& host) {
  const bool in_range = number >= 0 && number <= 0xffff;
  const std::string_view name =
      in_range ? uapi::CapabilityNameIn(static_cast<int>(number), host.revision().header) : "";
  return {number, std::string(name)};
}

// "; did you mean ...?": the names that end in the word, or otherwise the nearest. `word` is in
// upper case. Without the prefix that all names share, which would make all of them near.
std::string NamesLike(std::string_view word) {
  constexpr std::string_view kPrefix = "KVM_CAP_";
  if (word.starts_with(kPrefix)) word.remove_prefix(kPrefix.size());
  const std::string ending = "_" + std::string(word);
  std::vector<std::string_view> known;
  std::vector<std::string> alike;
  for (const uapi::CapabilityName& row : uapi::AllCapabilities()) {
    known.push_back(row.name.substr(kPrefix.size()));
    if (!word.empty() && row.name.ends_with(ending)) alike.emplace_back(row.name);
  }
  if (alike.empty()) {
    const std::optional<std::string_view> nearest = Nearest(word, known);
    if (!nearest.has_value()) return {};
    alike.push_back(absl::StrFormat("%s%s", kPrefix, *nearest));
  }
  return absl::StrFormat("; did you mean %s?", absl::StrJoin(alike, " or "));
}

bool Has(const Revision& revision, const CapabilityName& capability) {
  return uapi::CapabilityNumberIn(capability.name, revision.header) == capability.number;
}

// That the default revision has no such number, and which number the name has there.
std::string NotInTheDefault(std::string_view name, std::int64_t number, const Host& host) {
  const Revision& usual = DefaultRevision();
  if (!uapi::CapabilityNameIn(static_cast<int>(number), usual.header).empty()) return {};
  const std::optional<int> there = uapi::CapabilityNumberIn(name, usual.header);
  const std::string and_there =
      there.has_value() ? absl::StrFormat(", where this capability is %d", *there) : "";
  return absl::StrFormat("%d means this in %s; it has no name in %s%s", number,
                         host.revision().name, usual.name, and_there);
}

}  // namespace

std::string NewestNameOf(std::int64_t number) {
  if (number < 0 || number > 0xffff) return {};
  for (const Revision& revision : Revisions() | std::views::reverse) {
    const std::string_view name = uapi::CapabilityNameIn(static_cast<int>(number), revision.header);
    if (!name.empty()) return std::string(name);
  }
  return {};
}

const Revision& RevisionWith(const CapabilityName& capability) {
  if (Has(DefaultRevision(), capability)) return DefaultRevision();
  for (const Revision& revision : Revisions() | std::views::reverse) {
    if (Has(revision, capability)) return revision;
  }
  return DefaultRevision();
}

std::expected<CapabilityName, std::string> FindCapability(std::string_view text, const Host& host) {
  std::int64_t number = 0;
  const std::string word(text);
  std::uint64_t unsigned_number = 0;
  const bool is_hex = word.starts_with("0x");
  if (is_hex ? absl::SimpleHexAtoi(word, &unsigned_number)
             : absl::SimpleAtoi(word, &unsigned_number)) {
    // As the call's argument, whose largest numbers are the negative ones.
    number = static_cast<std::int64_t>(unsigned_number);
    return NumberedCapability(number, host);
  }
  if (absl::SimpleAtoi(word, &number)) return NumberedCapability(number, host);
  if (IsNumber(word)) {
    return std::unexpected(absl::StrFormat("%s is no number of 64 bits", word));
  }
  std::optional<int> found = uapi::CapabilityNumberIn(text, host.revision().header);
  if (!found.has_value()) found = uapi::CapabilityNumber(text);
  if (found.has_value()) {
    return CapabilityName{*found, word.starts_with("KVM_CAP_") ? word : "KVM_CAP_" + word};
  }
  return std::unexpected(absl::StrFormat("no revision has a capability '%s'%s", text,
                                         NamesLike(absl::AsciiStrToUpper(word))));
}

std::vector<CapabilityName> CapabilitiesOf(const Host& host) {
  std::vector<CapabilityName> names;
  for (const uapi::CapabilityName& row : uapi::AllCapabilities()) {
    if (!row.headers.Contains(host.revision().header)) continue;
    names.push_back({row.number, std::string(row.name)});
  }
  return names;
}

std::string AskedText(const std::optional<std::string>& vm_type) {
  return vm_type.has_value() ? absl::StrFormat("a VM of type %s", *vm_type) : "/dev/kvm";
}

bool SameAnswer(const CapabilityAnswer& a, const CapabilityAnswer& b) {
  return a.known == b.known && a.value == b.value && a.error == b.error;
}

CapabilityAsker::CapabilityAsker(std::shared_ptr<const Host> host,
                                 std::optional<std::string> vm_type)
    : host_(std::move(host)),
      vm_type_(std::move(vm_type)),
      task_(std::make_shared<Kernel>(host_), &memory_) {}

std::expected<std::unique_ptr<CapabilityAsker>, std::string> CapabilityAsker::Open(
    std::shared_ptr<const Host> host, const std::optional<std::string>& vm_type) {
  std::unique_ptr<CapabilityAsker> asker(new CapabilityAsker(std::move(host), vm_type));
  const std::expected<int, std::string> fd = cli::Open(asker->task_, *asker->host_, vm_type);
  if (!fd) return std::unexpected(fd.error());
  asker->fd_ = *fd;
  return asker;
}

CapabilityAnswer CapabilityAsker::Ask(const CapabilityName& capability) {
  CapabilityAnswer answer;
  answer.capability = capability;
  answer.vm_type = vm_type_;
  // A name that this revision doesn't have is asked for in vain: its number may mean something else
  // here.
  answer.in_revision =
      capability.name.empty() ||
      uapi::CapabilityNumberIn(capability.name, host_->revision().header) == capability.number;
  if (!answer.in_revision) {
    answer.value = 0;
    answer.flags = Flags(capability, 0, *host_);
    return answer;
  }
  TrailRecorder recorder;
  task_.SetTrailListener(&recorder);
  const std::uint32_t check =
      uapi::Request(uapi::Ioctl("KVM_CHECK_EXTENSION"), host_->arch().traits().ioctl_encoding);
  const Result<std::int64_t> value =
      task_.Ioctl(fd_, check, static_cast<std::uint64_t>(capability.number));
  task_.SetTrailListener(nullptr);
  answer.inferred = recorder.Has(Certainty::kInferred);
  answer.known = !recorder.Has(Certainty::kNotModelled);
  answer.trail = AnswersTrail(recorder.steps());
  if (value.has_value()) {
    answer.value = *value;
    answer.flags = Flags(capability, *value, *host_);
  } else if (answer.known) {
    answer.error = value.error();
  }
  return answer;
}

CapabilityAnswer CapabilityAsker::AskByName(std::string_view name) {
  std::optional<int> number = uapi::CapabilityNumberIn(name, host_->revision().header);
  if (!number.has_value()) number = uapi::CapabilityNumber(name);
  return Ask({number.value_or(0), std::string(name)});
}

std::expected<CapabilityAnswer, std::string> AskCapability(
    std::shared_ptr<const Host> host, const std::optional<std::string>& vm_type,
    const CapabilityName& capability) {
  const auto asker = CapabilityAsker::Open(std::move(host), vm_type);
  if (!asker) return std::unexpected(asker.error());
  return (*asker)->Ask(capability);
}

std::string OtherMeaning(const CapabilityName& capability, const Host& host) {
  const std::int64_t number = capability.number;
  if (number < 0 || number > 0xffff) return {};
  const std::string_view here =
      uapi::CapabilityNameIn(static_cast<int>(number), host.revision().header);
  std::vector<std::string> elsewhere;
  for (const uapi::CapabilityName& row : uapi::AllCapabilities()) {
    if (row.number == number && row.name != here) elsewhere.emplace_back(row.name);
  }
  if (elsewhere.empty()) return here.empty() ? "" : NotInTheDefault(here, number, host);
  const std::string others = absl::StrJoin(elsewhere, " and ");
  if (here.empty()) {
    return absl::StrFormat("%d has no name in %s; other revisions call it %s", number,
                           host.revision().name, others);
  }
  if (!capability.name.empty() && capability.name != here) {
    return absl::StrFormat("in %s the number %d is %s; %s is another revision's",
                           host.revision().name, number, here, capability.name);
  }
  return absl::StrFormat("%d means this in %s only; other revisions give the number to %s", number,
                         host.revision().name, others);
}

}  // namespace kvm_model::cli
