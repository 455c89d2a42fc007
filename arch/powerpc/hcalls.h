// Which hypercalls KVM handles for a guest: those that KVM_CAP_PPC_ENABLE_HCALL takes.
//
// Numbers are PAPR's. The specification doesn't list them: they are known from sources older than
// the modelled revisions, so what depends on them is inferred.
#ifndef KVM_MODEL_ARCH_POWERPC_HCALLS_H_
#define KVM_MODEL_ARCH_POWERPC_HCALLS_H_

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace kvm_model::powerpc {

// MAX_HCALL_OPCODE, H_GUEST_DELETE. Later revisions know two more, which KVM doesn't handle.
inline constexpr std::uint64_t kMaxHcallOpcode = 0x488;

struct Hcall {
  std::uint64_t number;
  // Handled for VMs under the hypervisor mode, and in problem state.
  bool hv;
  bool pr;
  // With CONFIG_KVM_XICS alone.
  bool xics = false;
};

// By number.
inline constexpr Hcall kHcalls[] = {
    {0x004, true, true},        // H_REMOVE
    {0x008, true, true},        // H_ENTER
    {0x00c, true, false},       // H_READ
    {0x010, true, false},       // H_CLEAR_MOD
    {0x014, true, false},       // H_CLEAR_REF
    {0x018, true, true},        // H_PROTECT
    {0x01c, true, true},        // H_GET_TCE
    {0x020, true, true},        // H_PUT_TCE
    {0x028, true, false},       // H_SET_DABR
    {0x02c, true, false},       // H_PAGE_INIT
    {0x03c, true, true},        // H_LOGICAL_CI_LOAD
    {0x040, true, true},        // H_LOGICAL_CI_STORE
    {0x064, true, true, true},  // H_EOI
    {0x068, true, true, true},  // H_CPPR
    {0x06c, true, true, true},  // H_IPI
    {0x070, true, true, true},  // H_IPOLL
    {0x074, true, true, true},  // H_XIRR
    {0x0dc, true, false},       // H_REGISTER_VPA
    {0x0e0, true, true},        // H_CEDE
    {0x0e4, true, false},       // H_CONFER
    {0x0e8, true, false},       // H_PROD
    {0x124, true, true},        // H_BULK_REMOVE
    {0x134, true, false},       // H_SET_XDABR
    {0x138, true, true},        // H_STUFF_TCE
    {0x13c, true, true},        // H_PUT_TCE_INDIRECT
    {0x2fc, true, true, true},  // H_XIRR_X
    {0x300, true, false},       // H_RANDOM
    {0x31c, true, true},        // H_SET_MODE
    {0x448, true, false},       // H_RPT_INVALIDATE
};

// kvmppc_book3s_hcall_implemented().
constexpr bool IsHcallImplemented(std::uint64_t number, bool hv, bool config_xics) {
  const auto* const found = std::ranges::lower_bound(kHcalls, number, {}, &Hcall::number);
  if (found == std::end(kHcalls) || found->number != number) return false;
  return (hv ? found->hv : found->pr) && (!found->xics || config_xics);
}

}  // namespace kvm_model::powerpc

#endif  // KVM_MODEL_ARCH_POWERPC_HCALLS_H_
