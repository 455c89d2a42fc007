#include "tools/backends/cpuid.h"

#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace kvm_model::scenario {

#if defined(__x86_64__)

namespace {

constexpr std::uint32_t kHypervisorLeaves = 0x40000000;
constexpr std::uint32_t kExtendedLeaves = 0x80000000;

CpuidLeaf Ask(std::uint32_t leaf, std::uint32_t subleaf) {
  CpuidLeaf answer;
  __cpuid_count(leaf, subleaf, answer.eax, answer.ebx, answer.ecx, answer.edx);
  return answer;
}

}  // namespace

Cpuid OwnCpuid() {
  return [](std::uint32_t leaf, std::uint32_t subleaf) -> CpuidLeaf {
    // The first leaf of a range names its last one; a leaf behind that answers anything.
    std::uint32_t first = 0;
    if (leaf >= kExtendedLeaves) {
      first = kExtendedLeaves;
    } else if (leaf >= kHypervisorLeaves) {
      first = kHypervisorLeaves;
    }
    if (leaf != first && leaf > Ask(first, 0).eax) return {};
    return Ask(leaf, subleaf);
  };
}

#else

Cpuid OwnCpuid() { return {}; }

#endif

}  // namespace kvm_model::scenario
