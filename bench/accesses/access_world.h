// AccessWorld: a VM with a 64 GiB guest_memfd of so many runs of attributes, and one access at a
// time to its pages, by the guest or by its process.
//
// Runs end at random pages and are shared and private in turn; the first is shared.
#ifndef KVM_MODEL_BENCH_ACCESSES_ACCESS_WORLD_H_
#define KVM_MODEL_BENCH_ACCESSES_ACCESS_WORLD_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "bench/model/guest_memfd_vm.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/guest_fault.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {

// How an access ended: the byte that was read or written, 0 for a page that was brought in, or one
// of these.
using Outcome = int;
inline constexpr Outcome kMemoryFault = -1;  // the exit, which tells the page and the addressing
inline constexpr Outcome kSigbus = -2;
inline constexpr Outcome kOtherwise = -3;

class AccessWorld {
 public:
  static constexpr std::uint64_t kPages = std::uint64_t{1} << 24;

  // Whether the set-up worked: error().
  explicit AccessWorld(std::uint64_t runs);

  const std::string& error() const { return guest_.error(); }

  // So many different pages with these attributes, at random, in random order.
  std::vector<PageIndex> DrawPages(std::size_t count, Attributes attributes);

  Outcome GuestRead(PageIndex page, GuestAddressing addressing);
  Outcome GuestWrite(PageIndex page, std::byte value, GuestAddressing addressing);
  Outcome HostRead(PageIndex page);
  // KVM_PRE_FAULT_MEMORY of one page.
  Outcome PreFault(PageIndex page);

  // Makes a hole of the whole file; nobody has anything mapped then. False when that fails.
  bool PunchHole();
  // Takes the whole file out of the process's page tables; what is resident stays.
  bool ForgetHostMappings();

 private:
  GuestMemfdVm guest_;
  std::mt19937_64 random_;
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_ACCESSES_ACCESS_WORLD_H_
