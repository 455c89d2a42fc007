// The calls behind the recorded errnos, made on the model in the order in which they were made on
// the real kernel. Later rows depend on what earlier ones left: descriptors, slots, enabled
// capabilities.
#ifndef KVM_MODEL_TESTS_GOLDEN_PROGRAM_H_
#define KVM_MODEL_TESTS_GOLDEN_PROGRAM_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kvm_model/result.h"
#include "tests/kvm_model/machine.h"
#include "uapi/structs.h"

namespace kvm_model {

// What the program has in its variables. The recorded machine: 6.18 with kvm_pvm on two
// processors.
struct Program {
  static constexpr std::uint64_t kPage = 4096;
  static constexpr std::uint64_t kBadPointer = 8;

  Program();

  Machine machine;
  int vm = -1;
  int vm2 = -1;
  int vm3 = -1;
  int vcpu = -1;
  // Guest_memfds of vm: without flags, MMAP, INIT_SHARED, both; and one of vm2.
  int g0 = -1;
  int g1 = -1;
  int g2 = -1;
  int g3 = -1;
  int gx = -1;
  // Mappings of g1 and g3, and 64 pages of anonymous memory.
  std::uint64_t m1 = 0;
  std::uint64_t m3 = 0;
  std::uint64_t anonymous = 0;
  // What the last KVM_PRE_FAULT_MEMORY left.
  uapi::kvm_pre_fault_memory pre_fault{};

  Task& task() { return machine.task(); }
};

struct ProgramRow {
  std::string name;
  std::function<std::string(Program&)> run;
  // The answer is a descriptor: any number will do for another.
  bool descriptor = false;
};

// As the recording prints it: the number, or "-" and the errno.
std::string Printed(const Result<std::int64_t>& answer);
std::string Printed(const Result<int>& answer);
std::string Printed(const Result<>& answer);

std::vector<ProgramRow> DeviceRows();
std::vector<ProgramRow> GuestMemfdRows();
std::vector<ProgramRow> MappingRows();
std::vector<ProgramRow> MemslotRows();
std::vector<ProgramRow> GuestMemfdSlotRows();
std::vector<ProgramRow> VcpuRows();
std::vector<ProgramRow> EnableCapRows();
std::vector<ProgramRow> ChildRows();

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_GOLDEN_PROGRAM_H_
