#include "tests/live/comparison.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/result.h"
#include "tests/live/side.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

std::string Printed(const Result<std::int64_t>& answer) {
  return answer ? std::to_string(*answer) : std::string(uapi::ErrnoName(answer.error()));
}

std::uint64_t Address(const void* pointer) { return reinterpret_cast<std::uint64_t>(pointer); }

uapi::IoctlId IdOf(Step::Call call) {
  switch (call) {
    case Step::Call::kEnableCap:
    case Step::Call::kEnableVcpuCap:
      return uapi::Ioctl("KVM_ENABLE_CAP");
    case Step::Call::kCreateVcpu:
      return uapi::Ioctl("KVM_CREATE_VCPU");
    case Step::Call::kCreateIrqchip:
      return uapi::Ioctl("KVM_CREATE_IRQCHIP");
    case Step::Call::kSetBootCpuId:
      break;
  }
  return uapi::Ioctl("KVM_SET_BOOT_CPU_ID");
}

std::string ArgumentText(const Step& step) {
  switch (step.argument) {
    case Step::Argument::kNumber:
      break;
    case Step::Argument::kVmDescriptor:
      return "the VM's descriptor";
    case Step::Argument::kKvmDescriptor:
      return "the descriptor of /dev/kvm";
    case Step::Argument::kBuffer:
      return "an address that can be written";
    case Step::Argument::kNothing:
      return "in a struct that can't be read";
  }
  return absl::StrFormat("0x%x", step.arg);
}

std::vector<std::int64_t> MakeNumbers() {
  std::vector<std::int64_t> numbers;
  for (std::int64_t number = -1; number <= 1023; ++number) numbers.push_back(number);
  constexpr std::int64_t kTwo31 = std::int64_t{1} << 31;
  constexpr std::int64_t kTwo32 = std::int64_t{1} << 32;
  for (const std::int64_t edge : {kTwo31, -kTwo31, kTwo32, -kTwo32}) {
    for (const std::int64_t offset : {-1, 0, 1}) numbers.push_back(edge + offset);
  }
  // Small numbers, once the upper half is cut off.
  for (std::int64_t number = 2; number <= 256; ++number) numbers.push_back(kTwo32 + number);
  for (const std::int64_t number : {3, 10, 233}) {
    numbers.push_back(std::numeric_limits<std::int64_t>::min() + number);
    numbers.push_back(number - kTwo32);
  }
  // The bits of 2^63 are those of the smallest number.
  numbers.push_back(std::numeric_limits<std::int64_t>::min());
  numbers.push_back(std::numeric_limits<std::int64_t>::max());
  return numbers;
}

}  // namespace

std::string Step::ToText() const {
  const std::string name(uapi::GetIoctl(IdOf(call)).name);
  switch (call) {
    case Call::kEnableCap:
    case Call::kEnableVcpuCap:
      return absl::StrFormat("%s(cap %d, flags 0x%x, args[0] %s, the rest 0x%02x) on the %s", name,
                             capability, flags, ArgumentText(*this), rest,
                             call == Call::kEnableCap ? "VM" : "vCPU");
    case Call::kCreateVcpu:
    case Call::kCreateIrqchip:
    case Call::kSetBootCpuId:
      break;
  }
  return absl::StrFormat("%s(%s)", name, ArgumentText(*this));
}

Comparison::Comparison(Side& model, Side& kernel, uapi::Encoding encoding, std::string about)
    : model_(model), kernel_(kernel), encoding_(encoding), about_(std::move(about)) {}

Comparison::~Comparison() { CloseVm(); }

void Comparison::CloseVm() {
  for (const auto& [model, kernel] : vcpus_) {
    model_.Close(model);
    kernel_.Close(kernel);
  }
  vcpus_.clear();
  if (model_vm_ >= 0) model_.Close(std::exchange(model_vm_, -1));
  if (kernel_vm_ >= 0) kernel_.Close(std::exchange(kernel_vm_, -1));
  transcript_.clear();
}

std::string Comparison::Difference(const std::string& call, const Answers& answers) const {
  std::string text = absl::StrFormat(
      "%s\n  the kernel answers %s\n  the model answers  %s\nthe model's trail:\n%s", call,
      Printed(answers.kernel), Printed(answers.model), model_.Why());
  text += "the calls made on the kernel:\n";
  for (const std::string& line : transcript_) text += "  " + line + "\n";
  return text + "the model's host:\n" + about_;
}

std::string Comparison::Judge(const std::string& call, const Answers& answers, bool descriptor) {
  const bool both = answers.model.has_value() && answers.kernel.has_value();
  transcript_.push_back(absl::StrFormat(
      "%s = %s", call, descriptor && answers.kernel ? "a descriptor" : Printed(answers.kernel)));
  const bool same = both && descriptor ? true : answers.model == answers.kernel;
  succeeded_ = both && same;
  return same ? "" : Difference(call, answers);
}

std::string Comparison::OnSystem(uapi::IoctlId id, std::uint64_t arg) {
  const std::uint32_t request = uapi::Request(id, encoding_);
  const Answers answers = {model_.Ioctl(model_.kvm(), request, arg),
                           kernel_.Ioctl(kernel_.kvm(), request, arg)};
  return Judge(absl::StrFormat("%s(0x%x) on /dev/kvm", std::string(uapi::GetIoctl(id).name), arg),
               answers, false);
}

std::string Comparison::NewVm(std::uint64_t type) {
  CloseVm();
  const std::uint32_t request = uapi::Request(uapi::Ioctl("KVM_CREATE_VM"), encoding_);
  const Answers answers = {model_.Ioctl(model_.kvm(), request, type),
                           kernel_.Ioctl(kernel_.kvm(), request, type)};
  std::string difference = Judge(absl::StrFormat("KVM_CREATE_VM(0x%x)", type), answers, true);
  if (answers.model) model_vm_ = static_cast<int>(*answers.model);
  if (answers.kernel) kernel_vm_ = static_cast<int>(*answers.kernel);
  return difference;
}

Comparison::Answers Comparison::EnableCap(const Step& step, int model_fd, int kernel_fd) {
  const std::uint32_t request = uapi::Request(uapi::Ioctl("KVM_ENABLE_CAP"), encoding_);
  if (step.argument == Step::Argument::kNothing) {
    constexpr std::uint64_t kBadPointer = 8;
    return {model_.Ioctl(model_fd, request, kBadPointer),
            kernel_.Ioctl(kernel_fd, request, kBadPointer)};
  }
  uapi::kvm_enable_cap model{};
  model.cap = step.capability;
  model.flags = step.flags;
  std::memset(model.args, step.rest, sizeof(model.args));
  std::memset(model.pad, step.rest, sizeof(model.pad));
  model.args[0] = step.arg;
  if (step.argument == Step::Argument::kBuffer) model.args[0] = Address(&buffer_);
  uapi::kvm_enable_cap kernel = model;
  if (step.argument == Step::Argument::kVmDescriptor) {
    model.args[0] = static_cast<std::uint64_t>(model_vm_);
    kernel.args[0] = static_cast<std::uint64_t>(kernel_vm_);
  } else if (step.argument == Step::Argument::kKvmDescriptor) {
    model.args[0] = static_cast<std::uint64_t>(model_.kvm());
    kernel.args[0] = static_cast<std::uint64_t>(kernel_.kvm());
  }
  return {model_.Ioctl(model_fd, request, Address(&model)),
          kernel_.Ioctl(kernel_fd, request, Address(&kernel))};
}

std::string Comparison::Make(const Step& step) {
  if (step.call == Step::Call::kEnableVcpuCap) {
    if (vcpus_.empty()) return {};
    return Judge(step.ToText(), EnableCap(step, vcpus_.back().first, vcpus_.back().second), false);
  }
  if (step.call == Step::Call::kEnableCap) {
    return Judge(step.ToText(), EnableCap(step, model_vm_, kernel_vm_), false);
  }
  const std::uint32_t request = uapi::Request(IdOf(step.call), encoding_);
  const Answers answers = {model_.Ioctl(model_vm_, request, step.arg),
                           kernel_.Ioctl(kernel_vm_, request, step.arg)};
  const bool descriptor = step.call == Step::Call::kCreateVcpu;
  std::string difference = Judge(step.ToText(), answers, descriptor);
  if (descriptor && succeeded_) {
    vcpus_.emplace_back(static_cast<int>(*answers.model), static_cast<int>(*answers.kernel));
  }
  return difference;
}

std::string Comparison::CapabilitiesOf(const std::string& what, int model_fd, int kernel_fd) {
  const std::uint32_t request = uapi::Request(uapi::Ioctl("KVM_CHECK_EXTENSION"), encoding_);
  for (const std::int64_t number : Numbers()) {
    const auto arg = static_cast<std::uint64_t>(number);
    const Answers answers = {model_.Ask(model_fd, request, arg),
                             kernel_.Ask(kernel_fd, request, arg)};
    if (answers.model == answers.kernel) continue;
    (void)model_.Ioctl(model_fd, request, arg);  // for its trail
    return Difference(absl::StrFormat("KVM_CHECK_EXTENSION(%d) on %s", number, what), answers);
  }
  transcript_.push_back("KVM_CHECK_EXTENSION on " + what + ", every number: the same");
  return {};
}

std::string Comparison::EveryCapability() {
  std::string difference = CapabilitiesOf("/dev/kvm", model_.kvm(), kernel_.kvm());
  if (!difference.empty() || !has_vm()) return difference;
  return CapabilitiesOf("the VM", model_vm_, kernel_vm_);
}

const std::vector<std::int64_t>& Comparison::Numbers() {
  static const auto* const kNumbers = new std::vector<std::int64_t>(MakeNumbers());
  return *kNumbers;
}

}  // namespace kvm_model
