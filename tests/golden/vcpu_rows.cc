// vCPUs, KVM_PRE_FAULT_MEMORY, and what a forked child may still do.
#include <fcntl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/result.h"
#include "tests/golden/program.h"
#include "uapi/constants.h"
#include "uapi/ioctls.h"

namespace kvm_model {
namespace {

constexpr std::uint64_t kPage = Program::kPage;

ProgramRow OnVcpu(std::string_view name, std::uint32_t request, std::uint64_t arg) {
  return {std::string(name),
          [=](Program& p) { return Printed(p.task().Ioctl(p.vcpu, request, arg)); }};
}

constexpr std::uint32_t Io(std::uint8_t type, std::uint8_t nr) {
  return uapi::Encode(uapi::Direction::kNone, type, nr, 0, uapi::Encoding::kGeneric);
}

// Two rows: the answer, and what the call left in its argument.
void AddPreFault(std::vector<ProgramRow>& rows, const std::string& name, std::uint64_t gpa,
                 std::uint64_t size, std::uint64_t flags = 0) {
  rows.push_back({name, [=](Program& p) {
                    p.pre_fault = {gpa, size, flags, {}};
                    return Printed(p.task().Ioctl(p.vcpu, uapi::RequestOf("KVM_PRE_FAULT_MEMORY"),
                                                  &p.pre_fault));
                  }});
  rows.push_back({name + ", left", [](Program& p) {
                    return absl::StrFormat("gpa %x size %x", p.pre_fault.gpa, p.pre_fault.size);
                  }});
}

ProgramRow InChild(std::string_view name, std::string (*call)(Program&, Task&)) {
  return {std::string(name), [call](Program& p) {
            const std::unique_ptr<Task> child = p.task().Fork();
            return call(p, *child);
          }};
}

}  // namespace

std::vector<ProgramRow> VcpuRows() {
  constexpr std::uint32_t kCreate = uapi::RequestOf("KVM_CREATE_VCPU");
  std::vector<ProgramRow> rows = {
      {"CREATE_VCPU(4096)",
       [](Program& p) {
         std::string printed = Printed(p.task().Ioctl(p.vm, kCreate, std::uint64_t{4096}));
         // Of the vCPU that the following rows use nothing was printed.
         p.vcpu = p.machine.CreateVcpu(p.vm).value();
         return printed;
       }},
      {"CREATE_VCPU(0) dup",
       [](Program& p) { return Printed(p.task().Ioctl(p.vm, kCreate, std::uint64_t{0})); }},
      OnVcpu("vcpu unknown ioctl 0xAE", Io(uapi::kKvmio, 0xff), 0),
      OnVcpu("vcpu other type", Io(0x12, 0x01), 0),
      OnVcpu("KVM_RUN arg1", uapi::RequestOf("KVM_RUN"), 1),
      OnVcpu("vcpu CHECK_EXT", uapi::RequestOf("KVM_CHECK_EXTENSION"), 0),
  };
  AddPreFault(rows, "PF flags", 0x1000000, kPage, 1);
  AddPreFault(rows, "PF unaligned gpa", 1, kPage);
  AddPreFault(rows, "PF unaligned size", 0, 1);
  AddPreFault(rows, "PF size0", 0, 0);
  AddPreFault(rows, "PF wrap", 0xfffffffffffff000u, kPage);
  AddPreFault(rows, "PF ok", 0x1000000, kPage);
  AddPreFault(rows, "PF no slot", 0x40000000, kPage);
  rows.push_back(
      OnVcpu("PF badptr", uapi::RequestOf("KVM_PRE_FAULT_MEMORY"), Program::kBadPointer));
  return rows;
}

std::vector<ProgramRow> ChildRows() {
  constexpr std::uint64_t kNone = 0;
  return {
      InChild("child: vm CHECK_EXTENSION",
              [](Program& p, Task& child) {
                return Printed(child.Ioctl(p.vm, uapi::RequestOf("KVM_CHECK_EXTENSION"), kNone));
              }),
      InChild("child: vcpu KVM_RUN",
              [](Program& p, Task& child) {
                return Printed(child.Ioctl(p.vcpu, uapi::RequestOf("KVM_RUN"), kNone));
              }),
      InChild("child: gmem create",
              [](Program& p, Task& child) {
                return Printed(child.Ioctl(p.vm, uapi::RequestOf("KVM_CREATE_GUEST_MEMFD"), kNone));
              }),
      InChild("child: dev check",
              [](Program& p, Task& child) {
                return Printed(child.Ioctl(p.machine.kvm(), uapi::RequestOf("KVM_CHECK_EXTENSION"),
                                           std::uint64_t{3}));
              }),
      InChild("child: gmem fallocate",
              [](Program& p, Task& child) {
                return Printed(child.Fallocate(p.g3, FALLOC_FL_KEEP_SIZE, 0, kPage));
              }),
  };
}

}  // namespace kvm_model
