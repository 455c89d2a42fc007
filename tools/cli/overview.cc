#include "tools/cli/overview.h"

#include <fcntl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/vm_type.h"
#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/backends/native_backend.h"
#include "tools/cli/capability_query.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/page_map.h"
#include "tools/cli/results.h"
#include "tools/cli/suite.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/names.h"
#include "tools/scenario/parser.h"
#include "tools/scenario/printer.h"
#include "tools/scenario/runner.h"

namespace kvm_model::cli {
namespace {

constexpr std::string_view kCapabilities[] = {
    "KVM_CAP_MEMORY_ATTRIBUTES",
    "KVM_CAP_GUEST_MEMFD",
    "KVM_CAP_GUEST_MEMFD_FLAGS",
    "KVM_CAP_MEMORY_ATTRIBUTES2",
    "KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES",
    "KVM_CAP_MEMORY_ATTRIBUTES2_FLAGS",
};

// A conversion to look at: written by the host, made private, one page of it given back.
constexpr std::string_view kConversion =
    R"kvmt(# Eight pages; the host fills four, converts them, and takes one back.
host x86 rfc-v4
kvm  = open()
vm   = create_vm(kvm, type=SW_PROTECTED)
gmem = create_guest_memfd(vm, size=8p, flags=MMAP|INIT_SHARED)
map  = mmap(gmem, offset=0, size=8p)
host_write(map, 1p, 'A')
host_write(map, 2p, 'B')
host_write(map, 3p, 'C')
host_write(map, 4p, 'D')
set_memory_attributes2(gmem, offset=1p, size=4p, attributes=PRIVATE, flags=PRESERVE) -> 0
host_read(map, 2p)                                                                   -> SIGBUS
set_memory_attributes2(gmem, offset=2p, size=1p, attributes=0, flags=ZERO)           -> 0
host_read(map, 2p)                                                                   -> 0
)kvmt";

std::string Indent(const std::string& text, std::string_view by) {
  std::string indented;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    indented += absl::StrFormat("%s%s\n", by, line);
  }
  return indented;
}

// What the program prints, each line indented; a line about it when it can't be run.
std::string RunAndCapture(const std::string& program, std::vector<std::string> arguments) {
  std::vector<char*> argv;
  arguments.insert(arguments.begin(), program);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return "  (no pipe)\n";
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    execv(program.c_str(), argv.data());
    _exit(kUsage);
  }
  close(ends[1]);
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = read(ends[0], buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
    return "  (the benchmark program failed)\n";
  }
  return Indent(text, "  ");
}

std::shared_ptr<const Host> DefaultHost() {
  auto host = Host::Create(*Architectures()[0], DefaultRevision());
  return host ? *host : nullptr;
}

int PrintConformance(std::ostream& out) {
  out << "Does the model conform?\n";
  const auto suite = LoadBuiltInSuite();
  if (!suite) {
    for (const std::string& error : suite.error()) out << "  " << error << "\n";
    return kUsage;
  }
  scenario::ModelBackend model;
  scenario::NativeBackend native;
  int exit_code = kAllAsExpected;
  for (scenario::Backend* backend :
       {static_cast<scenario::Backend*>(&model), static_cast<scenario::Backend*>(&native)}) {
    const std::vector<ScenarioResult> results = RunAll(*suite, {backend});
    const Counts counts = CountResults(results);
    out << absl::StrFormat("  %-7s %d scenarios as specified, %d not, %d skipped\n",
                           backend == &model ? "model" : "kernel", counts.passed, counts.failed,
                           counts.skipped);
    if (counts.failed == 0) continue;
    exit_code = kSomethingDiffers;
    std::vector<ScenarioResult> failures;
    for (const ScenarioResult& result : results) {
      if (result.verdict.outcome == scenario::Verdict::Outcome::kFail) failures.push_back(result);
    }
    PrintText(failures, out);
  }
  return exit_code;
}

std::string Cell(const std::shared_ptr<const Host>& host, std::string_view capability,
                 const std::optional<std::string>& vm_type) {
  const auto name = FindCapability(capability, *host);
  if (!name) return "?";
  const auto answer = AskCapability(host, vm_type, *name);
  if (!answer || !answer->value.has_value()) return "-";
  return absl::StrFormat("%d", *answer->value);
}

void PrintCapabilities(std::ostream& out) {
  const std::shared_ptr<const Host> host = DefaultHost();
  out << absl::StrFormat("\nWhat can a guest_memfd do? (%s, %s)\n  %-45s%8s",
                         host->arch().traits().name, host->revision().name, "", "/dev/kvm");
  for (const VmType& type : host->arch().named_vm_types()) {
    out << absl::StrFormat(" %*s", static_cast<int>(type.name.size()), type.name);
  }
  out << "\n";
  for (const std::string_view capability : kCapabilities) {
    const auto name = FindCapability(capability, *host);
    out << absl::StrFormat("  %d %-41s%8s", name->number, capability,
                           Cell(host, capability, std::nullopt));
    for (const VmType& type : host->arch().named_vm_types()) {
      out << absl::StrFormat(" %*s", static_cast<int>(type.name.size()),
                             Cell(host, capability, std::string(type.name)));
    }
    out << "\n";
  }
  out << "  248 to 250 mean this in rfc-v4 only: it is not what was merged upstream.\n";
}

// Each call that matters, with the pages as they are after it, once those before the first
// conversion are shown.
class ConversionPrinter {
 public:
  ConversionPrinter(scenario::ModelBackend& model, std::ostream& out) : model_(model), out_(out) {}

  void After(const scenario::Call& call, const scenario::Answer& answer) {
    if (call.id == scenario::CallId::kCreateGuestMemfd) {
      gmem_ = static_cast<int>(scenario::ValueOf(answer));
    }
    if (call.id == scenario::CallId::kSetMemoryAttributes2) {
      if (!std::exchange(begun_, true)) out_ << Indented(before_);
      out_ << absl::StrFormat("  %s\n", scenario::PrintCall(call)) << Indented(Picture());
    } else if (call.id == scenario::CallId::kHostRead) {
      const scenario::NameContext names{"x86", "rfc-v4"};
      out_ << absl::StrFormat("  %s -> %s\n", scenario::PrintCall(call),
                              scenario::FormatAnswer(answer, scenario::NameDomain::kNone, names));
    }
    before_ = Picture();
  }

 private:
  std::string Picture() const {
    const std::shared_ptr<GuestMemfd> file = gmem_ < 0 ? nullptr : model_.FindGuestMemfd(gmem_);
    return file == nullptr ? "" : DrawPageMap(file->inode());
  }
  static std::string Indented(const std::string& text) { return Indent(text, "      "); }

  scenario::ModelBackend& model_;
  std::ostream& out_;
  int gmem_ = -1;
  bool begun_ = false;
  std::string before_;
};

void PrintConversion(std::ostream& out) {
  out << "\nWhat does a conversion look like? (S shared, P private; . a hole)\n";
  const auto parsed = scenario::Parse("conversion", kConversion);
  if (!parsed) return;
  scenario::ModelBackend model;
  ConversionPrinter printer(model, out);
  scenario::RunScenario(
      *parsed, model,
      [&printer](const scenario::Call& call, const scenario::CallRequest&,
                 const scenario::Answer& answer) { printer.After(call, answer); });
}

// What one conversion costs, layer by layer; the benchmark prints a line for each.
void PrintSpeed(const std::string& benchmark, std::ostream& out) {
  out << "\nHow fast is it?\n";
  if (benchmark.empty()) {
    out << "  (the benchmark program is not beside this one)\n";
    return;
  }
  out << RunAndCapture(
      benchmark,
      {"--quiet", "--repetitions=3",
       "--filter=^conversion/uniform/1/PRESERVE/none/(store|typed|door|door_task_memory)$"});
}

}  // namespace

int PrintOverview(const std::string& benchmark, std::ostream& out) {
  const int exit_code = PrintConformance(out);
  PrintCapabilities(out);
  PrintConversion(out);
  PrintSpeed(benchmark, out);
  return exit_code;
}

}  // namespace kvm_model::cli
