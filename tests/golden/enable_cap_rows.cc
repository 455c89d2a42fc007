// KVM_ENABLE_CAP on a VM of its own, and on the vCPU; and what some capabilities are afterwards.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/golden/program.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

enum class On : std::uint8_t { kVm, kVcpu };

struct EnableCapCall {
  std::string_view name;
  On on;
  std::uint32_t cap;
  std::uint32_t flags;
  std::uint64_t arg;
};

constexpr EnableCapCall kCalls[] = {
    {"EC MANUAL2 args 2", On::kVm, 168, 0, 2},
    {"EC MANUAL2 args 3", On::kVm, 168, 0, 3},
    {"EC MANUAL2 args 1", On::kVm, 168, 0, 1},
    {"EC MANUAL2 args 0", On::kVm, 168, 0, 0},
    {"EC MANUAL2 args 4", On::kVm, 168, 0, 4},
    {"EC MANUAL2 flags", On::kVm, 168, 1, 1},
    {"EC MANUAL(166)", On::kVm, 166, 0, 1},
    {"EC HALT_POLL 0", On::kVm, 182, 0, 0},
    {"EC HALT_POLL 2^32", On::kVm, 182, 0, std::uint64_t{1} << 32},
    {"EC HALT_POLL flags", On::kVm, 182, 1, 0},
    {"EC RING 0", On::kVm, 192, 0, 0},
    {"EC RING 100", On::kVm, 192, 0, 100},
    {"EC RING 2048", On::kVm, 192, 0, 2048},
    {"EC RING 2MB", On::kVm, 192, 0, 2097152},
    {"EC RING 4096 flags=1", On::kVm, 192, 1, 4096},
    {"EC RING again", On::kVm, 192, 0, 4096},
    {"EC RING_ACQ again", On::kVm, 223, 0, 8192},
    {"EC RING_WITH_BITMAP", On::kVm, 225, 0, 0},
    {"EC MEMATTR", On::kVm, 233, 0, 0},
    {"EC 9999", On::kVm, 9999, 0, 0},
    {"EC SPLIT 4097", On::kVm, 121, 0, 4097},
    {"EC SPLIT 24", On::kVm, 121, 0, 24},
    {"EC SPLIT again", On::kVm, 121, 0, 24},
    {"EC QUIRKS2 bad", On::kVm, 213, 0, std::uint64_t{1} << 40},
    {"EC QUIRKS bad", On::kVm, 116, 0, std::uint64_t{1} << 40},
    {"EC QUIRKS flags", On::kVm, 116, 1, 0},
    {"EC X2APIC 16", On::kVm, 129, 0, 16},
    {"EC X2APIC 12", On::kVm, 129, 0, 12},
    {"EC X2APIC 4", On::kVm, 129, 0, 4},
    {"EC EXITHYPER bad", On::kVm, 201, 0, 1},
    {"EC EXITHYPER ok", On::kVm, 201, 0, 4096},
    {"EC APICBUS 0", On::kVm, 237, 0, 0},
    {"EC APICBUS 10", On::kVm, 237, 0, 10},
    {"EC MAXID 4097", On::kVm, 128, 0, 4097},
    {"EC MAXID 10", On::kVm, 128, 0, 10},
    {"EC MAXID 11", On::kVm, 128, 0, 11},
    {"EC MAXID 0", On::kVm, 128, 0, 0},
    {"EC PMU 1", On::kVm, 212, 0, 1},
    {"EC DISABLE_EXITS 16", On::kVm, 143, 0, 16},
    {"EC DISABLE_EXITS 14", On::kVm, 143, 0, 14},
    {"EC EXIT_ON_EMU 2", On::kVm, 204, 0, 2},
    {"EC EXIT_ON_EMU 1", On::kVm, 204, 0, 1},
    {"EC USERMSR bad", On::kVm, 188, 0, 0x100},
    {"EC USERMSR 7", On::kVm, 188, 0, 7},
    {"EC BUSLOCK 3", On::kVm, 193, 0, 3},
    {"EC BUSLOCK 2", On::kVm, 193, 0, 2},
    {"EC NXHUGE 1", On::kVm, 220, 0, 1},
    {"EC NXHUGE 0", On::kVm, 220, 0, 0},
    {"EC COPYENC", On::kVm, 197, 0, 0},
    {"EC MOVEENC", On::kVm, 206, 0, 0},
    {"EC NOTIFY", On::kVm, 219, 0, 1},
    {"EC PLATFORM_INFO", On::kVm, 159, 0, 5},
    {"EC vcpu 190", On::kVcpu, 190, 0, 1},
    {"EC vcpu 233", On::kVcpu, 233, 0, 1},
    {"EC vcpu 190 flags", On::kVcpu, 190, 1, 1},
};

}  // namespace

std::vector<ProgramRow> EnableCapRows() {
  std::vector<ProgramRow> rows;
  for (const EnableCapCall& call : kCalls) {
    rows.push_back({std::string(call.name), [call](Program& p) {
                      if (p.vm3 < 0) p.vm3 = p.machine.CreateVm().value();
                      uapi::kvm_enable_cap args{};
                      args.cap = call.cap;
                      args.flags = call.flags;
                      args.args[0] = call.arg;
                      const int fd = call.on == On::kVm ? p.vm3 : p.vcpu;
                      return Printed(p.task().Ioctl(fd, uapi::RequestOf("KVM_ENABLE_CAP"), &args));
                    }});
  }
  rows.push_back({"CHECK after", [](Program& p) {
                    const auto check = [&p](int vm, std::int64_t capability) {
                      return Printed(p.machine.Check(vm, capability));
                    };
                    return absl::StrFormat("9->%s 129 vm=%s v3(split)=%s 66 v3=%s 128 v3=%s",
                                           check(p.vm3, 9), check(p.vm, 129), check(p.vm3, 129),
                                           check(p.vm3, 66), check(p.vm3, 128));
                  }});
  return rows;
}

}  // namespace kvm_model
