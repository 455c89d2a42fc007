#include "tests/golden/program.h"

#include <sys/mman.h>

#include <cstdint>
#include <string>

#include "kvm_model/result.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

std::string PrintedErrno(uapi::Errno error) { return "-" + std::string(uapi::ErrnoName(error)); }

}  // namespace

Program::Program()
    : machine("x86", {{"hw.vendor", "pvm"}, {"hw.cpus", "2"}}, "linux-6.18"),
      vm(machine.CreateVm().value()),
      vm2(machine.CreateVm().value()),
      anonymous(task()
                    .Mmap(64 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                    .value()) {}

std::string Printed(const Result<std::int64_t>& answer) {
  return answer ? std::to_string(*answer) : PrintedErrno(answer.error());
}

std::string Printed(const Result<int>& answer) {
  return answer ? std::to_string(*answer) : PrintedErrno(answer.error());
}

std::string Printed(const Result<>& answer) { return answer ? "0" : PrintedErrno(answer.error()); }

}  // namespace kvm_model
