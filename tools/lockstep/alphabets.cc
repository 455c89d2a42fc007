#include "tools/lockstep/alphabets.h"

#include <array>
#include <span>
#include <string_view>

#include "tools/lockstep/alphabet.h"

namespace kvm_model::lockstep {
namespace {

constexpr std::string_view kKernelWorld =
    "kvm = open()\n"
    "vm0 = create_vm(kvm)\n"
    "vm1 = create_vm(kvm)\n"
    "gm0 = create_guest_memfd(vm0, size=4p, flags=MMAP|INIT_SHARED)\n"
    "map0 = mmap(-1, 0, 64p, flags=PRIVATE|ANONYMOUS)\n";

// Weights lean to calls that build something: a world of refused calls is a poor one.
constexpr auto kKernelRows = std::to_array<AlphabetRow>({
    // ---- Files ----
    {2,
     "{gm0;gm1;gm2} = create_guest_memfd({vm0;vm0;vm1;gm0;-1}, size={4p;8p;2p;1p;4p;8p;64p;0;"
     "1;4p+1;-1p;0x7ffffffffffff000;0x8000000000000000;1T}, flags={MMAP|INIT_SHARED;"
     "MMAP|INIT_SHARED;MMAP;0;INIT_SHARED;4;-1}, reserved={0;0;-1})"},
    {1, "{gm2;gm1;vm1} = dup({gm0;gm1;vm0;gm2;kvm;vcpu0;-1;999})"},
    {2, "close({gm0;gm1;gm2;vm1;vm0;vcpu0;kvm;-1;999})"},
    {3,
     "fallocate({gm0;gm1;gm2;vm0;-1}, mode={KEEP_SIZE;KEEP_SIZE;KEEP_SIZE|PUNCH_HOLE;"
     "KEEP_SIZE|PUNCH_HOLE;0;PUNCH_HOLE;ZERO_RANGE;KEEP_SIZE|ZERO_RANGE;COLLAPSE_RANGE;0x8000;"
     "0x8001}, offset={0;1p;2p;3p;0;1p;1;-1p;8p;0x7ffffffffffff000}, len={1p;2p;4p;1p;8p;0;1;-1;"
     "0x7ffffffffffff000})"},
    // ---- Mappings ----
    {3,
     "{map1;map2;map3;map1;map0} = mmap({gm0;gm1;gm2;gm0;-1;vm0;vcpu0;kvm}, offset={0;0;1p;2p;"
     "4p;1;64p;0x7ffffffffffff000}, size={4p;2p;8p;1p;1;0;16M;-1}, prot={rw;rw;rw;r;none;rwx},"
     " flags={SHARED;SHARED;SHARED;PRIVATE;SHARED_VALIDATE;0})"},
    {1,
     "{map0;map3} = mmap(-1, 0, size={64p;4p}, prot={rw;r;none}, flags={PRIVATE|ANONYMOUS;"
     "SHARED|ANONYMOUS})"},
    {1, "munmap({map1;map2;map3;map0})"},
    {1,
     "madvise({map1;map2;map3;map0}, {0;1p;2p;1}, size={1p;2p;0;1}, advice={DONTNEED;REMOVE;"
     "HUGEPAGE})"},
    {5, "host_read({map1;map2;map3;map0}, {0;1p;2p;3p;4p;7p;1p+4095;63p})"},
    {6, "host_write({map1;map2;map3;map0}, {0;1p;2p;3p;4p;7p;1p+4095;63p}, {'A';'B';'C';0;255})"},
    {1, "{pin0;pin1} = pin({map1;map2;map0}, {0;1p;3p;7p})"},
    {1, "unpin({pin0;pin1;77})"},
    // ---- Memory regions ----
    {4,
     "set_user_memory_region({vm0;vm0;vm0;vm1;gm0;-1}, slot={0;1;2;3;0;1;32763;32764;0x10000;"
     "0x10001;0x20000;0xffff}, flags={0;0;0;LOG_DIRTY_PAGES;LOG_DIRTY_PAGES;READONLY;"
     "LOG_DIRTY_PAGES|READONLY;GUEST_MEMFD;8}, gpa={0;4p;8p;1G;4G;0;8p;1;-1p;-2p;"
     "0xffffffff000;0x10000000000000}, size={4p;8p;4p;0;0;1p;2p;64p;1;-1p;8T}, "
     "hva={map0;map0;map0+4p;map1;0;1;0x7fffffffb000;0x7fffffffc000;"
     "0x7ffffffff000;0x800000000000;0x200000000000000;-1p})"},
    {6,
     "set_user_memory_region2({vm0;vm0;vm0;vm1;gm0;-1}, slot={0;1;2;3;0;1;32763;32764;0x10000;"
     "0x10001;0x20000}, flags={GUEST_MEMFD;GUEST_MEMFD;GUEST_MEMFD;0;LOG_DIRTY_PAGES;READONLY;"
     "GUEST_MEMFD|LOG_DIRTY_PAGES;GUEST_MEMFD|READONLY;8;-1}, gpa={0;4p;8p;1G;4G;8p;1;-1p;-2p},"
     " size={4p;2p;4p;2p;0;0;1p;8p;1;-1p}, hva={map0;map0;map0+4p;map1;0;1;-1p},"
     " guest_memfd={gm0;gm0;gm1;gm2;vm0;kvm;-1;999}, offset={0;0;2p;1p;4p;1;-1p;"
     "0x7ffffffffffff000;0x8000000000000000})"},
    {1, "set_user_memory_region({vm0;vm0;vm1}, slot={0;1;2;3}, gpa=0, size=0, hva=0)"},
    // ---- Dirty logs ----
    {1, "enable_cap({vm0;vm1}, cap=168, flags={0;0;0;1}, args=[{1;3;0;2;4}])"},
    {2, "get_dirty_log({vm0;vm1;-1}, slot={0;1;2;3;32764;0x10000;0x20000}, pages={64;8;4})"},
    {2,
     "clear_dirty_log({vm0;vm1;-1}, slot={0;1;2;32764;0x10000}, first={0;64;1;128;-1},"
     " pages={4;8;64;2;1;0;65;4294967295}, mask={-1;0;5;0xf0f0})"},
    // ---- vCPUs and capabilities ----
    {1, "{vcpu0} = create_vcpu({vm0;vm1;gm0;-1}, id={0;1;2;4095;4096;-1})"},
    {1, "pre_fault({vcpu0;vm0;-1}, gpa={0;4p;1;-1p;4G}, size={1p;4p;0;1;-1p}, flags={0;1})"},
    {1, "check_extension({vm0;kvm;vm1;gm0}, cap={234;244;233;168;10;249;118;236})"},
    {1,
     "set_memory_attributes({vm0;vm1;gm0;-1}, address={0;4p;1;-1p}, size={4p;1p;0;1},"
     " attributes={PRIVATE;0;1;-1}, flags={0;0;1})"},
    {1,
     "set_memory_attributes2({gm0;vm0;gm1;-1}, offset={0;1p}, size={1p;4p}, attributes={PRIVATE;"
     "0})"},
    // ---- Processes, and pointers that lead nowhere ----
    {1, "{c0;c1} = fork()"},
    {1,
     "ioctl({vm0;gm0;kvm;vcpu0;-1}, {KVM_SET_USER_MEMORY_REGION;KVM_SET_USER_MEMORY_REGION2;"
     "KVM_CREATE_GUEST_MEMFD;KVM_GET_DIRTY_LOG;KVM_CLEAR_DIRTY_LOG;KVM_SET_MEMORY_ATTRIBUTES;"
     "KVM_SET_MEMORY_ATTRIBUTES2;KVM_ENABLE_CAP;KVM_PRE_FAULT_MEMORY;KVM_GET_API_VERSION;0xaeff},"
     " {BAD;NULL})"},
});

}  // namespace

std::string_view KernelWorld() { return kKernelWorld; }

std::span<const AlphabetRow> KernelAlphabet() { return kKernelRows; }

}  // namespace kvm_model::lockstep
