#include "bench/capabilities/capability_cases.h"

#include <fcntl.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "bench/model/default_host.h"
#include "bench/suite/suite.h"
#include "benchmark/benchmark.h"
#include "kvm_model/arch.h"
#include "kvm_model/capability.h"
#include "kvm_model/file.h"
#include "kvm_model/kernel.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_file.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model::bench {
namespace {

constexpr std::int64_t kLastNumber = 255;

const Trail kNobodyListens(nullptr);

enum class Numbers : std::uint8_t { kGeneric, kArch, kAll };

std::string_view ToString(Numbers numbers) {
  switch (numbers) {
    case Numbers::kGeneric:
      return "generic";
    case Numbers::kArch:
      return "arch";
    case Numbers::kAll:
      return "all";
  }
  return "";
}

// A VM of an architecture, and its process.
class AskedVm {
 public:
  explicit AskedVm(std::shared_ptr<Kernel> kernel)
      : kernel_(std::move(kernel)),
        encoding_(kernel_->host().arch().traits().ioctl_encoding),
        request_(uapi::Request(uapi::Ioctl("KVM_CHECK_EXTENSION"), encoding_)),
        task_(kernel_) {
    const Result<int> kvm = task_.Open("/dev/kvm", O_RDWR);
    if (!kvm) return;
    const std::uint32_t create = uapi::Request(uapi::Ioctl("KVM_CREATE_VM"), encoding_);
    const Result<std::int64_t> created = task_.Ioctl(*kvm, create, std::uint64_t{0});
    if (!created) return;
    fd_ = static_cast<int>(*created);
    vm_ = std::dynamic_pointer_cast<VmFile>(*task_.fds().Get(fd_))->vm();
  }

  // Null when it couldn't be created.
  const Vm* vm() const { return vm_.get(); }

  Result<std::int64_t> Typed(std::int64_t capability) const {
    return CheckExtension(kernel_->host(), vm_.get(), capability, kNobodyListens);
  }
  Result<std::int64_t> Door(std::int64_t capability) {
    return task_.Ioctl(fd_, request_, static_cast<std::uint64_t>(capability));
  }

  std::vector<std::int64_t> Choose(Numbers numbers) const {
    std::vector<std::int64_t> chosen;
    for (std::int64_t number = 0; number <= kLastNumber; ++number) {
      const bool left = IsLeftToArchitecture(kernel_->host(), vm_.get(), number);
      const bool is_chosen = numbers == Numbers::kAll       ? true
                             : numbers == Numbers::kGeneric ? !left
                                                            : left && Typed(number).has_value();
      if (is_chosen) chosen.push_back(number);
    }
    return chosen;
  }

 private:
  const std::shared_ptr<Kernel> kernel_;
  const uapi::Encoding encoding_;
  const std::uint32_t request_;
  Task task_;
  int fd_ = -1;
  std::shared_ptr<Vm> vm_;
};

struct AskTyped {
  static Result<std::int64_t> Of(AskedVm& asked, std::int64_t capability) {
    return asked.Typed(capability);
  }
};
struct AskDoor {
  static Result<std::int64_t> Of(AskedVm& asked, std::int64_t capability) {
    return asked.Door(capability);
  }
};

// What an answer adds to the sum of a pass.
std::int64_t Worth(const Result<std::int64_t>& answer) {
  return answer ? *answer : -static_cast<std::int64_t>(answer.error());
}

template <typename Ask>
void RunAnswers(benchmark::State& state, AskedVm& asked, const std::vector<std::int64_t>& numbers,
                std::int64_t expected) {
  std::int64_t wrong_passes = 0;
  for ([[maybe_unused]] const auto iteration : state) {
    std::int64_t sum = 0;
    for (const std::int64_t number : numbers) sum += Worth(Ask::Of(asked, number));
    wrong_passes += sum != expected ? 1 : 0;
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(numbers.size()));
  if (wrong_passes != 0) state.SkipWithError("answers changed");
}

template <typename Ask>
std::expected<Measurement, std::string> MakeAnswers(const Arch& arch, Numbers numbers) {
  const auto kernel = BootDefaultKernel(arch, DefaultRevision());
  if (!kernel) return std::unexpected(kernel.error());
  const auto asked = std::make_shared<AskedVm>(*kernel);
  if (asked->vm() == nullptr) return std::unexpected("the VM can't be created");
  std::vector<std::int64_t> chosen = asked->Choose(numbers);
  if (chosen.empty()) return std::unexpected("there are no such numbers");
  std::int64_t expected = 0;
  for (const std::int64_t number : chosen) {
    if (asked->Typed(number) != asked->Door(number)) {
      return std::unexpected(absl::StrFormat("%d: the door answers otherwise", number));
    }
    expected += Worth(asked->Typed(number));
  }
  return Measurement{.run = [asked, chosen = std::move(chosen), expected](benchmark::State& state) {
    RunAnswers<Ask>(state, *asked, chosen, expected);
  }};
}

template <typename Ask>
void Add(const Arch& arch, Numbers numbers, std::string_view subject, Suite& suite) {
  suite.Add(absl::StrFormat("capability/%s/%s", arch.traits().name, ToString(numbers)), subject,
            [&arch, numbers] { return MakeAnswers<Ask>(arch, numbers); });
}

}  // namespace

void AddCapabilityCases(Suite& suite) {
  for (const Arch* arch : Architectures()) {
    for (const Numbers numbers : {Numbers::kGeneric, Numbers::kArch, Numbers::kAll}) {
      Add<AskTyped>(*arch, numbers, "typed", suite);
      Add<AskDoor>(*arch, numbers, "door", suite);
    }
  }
}

}  // namespace kvm_model::bench
