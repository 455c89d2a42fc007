#include "arch/registry.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "arch/arm64/arch.h"
#include "arch/loongarch/arch.h"
#include "arch/mips/arch.h"
#include "arch/powerpc/arch.h"
#include "arch/riscv/arch.h"
#include "arch/s390/arch.h"
#include "arch/x86/arch.h"
#include "kvm_model/arch.h"

namespace kvm_model {
namespace {

template <typename T>
const Arch* The() {
  static const T kArch;
  return &kArch;
}

}  // namespace

std::span<const Arch* const> Architectures() {
  static const Arch* const kArchitectures[] = {
      The<X86>(),       The<Arm64>(),   The<Riscv>(), The<S390>(),
      The<Loongarch>(), The<Powerpc>(), The<Mips>(),
  };
  return kArchitectures;
}

const Arch* FindArch(std::string_view name) {
  const auto all = Architectures();
  const auto found =
      std::ranges::find_if(all, [name](const Arch* arch) { return arch->traits().name == name; });
  return found == all.end() ? nullptr : *found;
}

}  // namespace kvm_model
