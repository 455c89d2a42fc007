#include "bench/gate/key.h"

#include <sys/utsname.h>

#include <string>

#include "absl/strings/str_format.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__GLIBC__)
#include <gnu/libc-version.h>
#endif

namespace kvm_model::bench {
namespace {

std::string Compiler() {
#if defined(__clang__)
  return absl::StrFormat("clang-%d.%d.%d", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  return absl::StrFormat("g++-%d.%d.%d", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

std::string Libc() {
#if defined(__GLIBC__)
  return absl::StrFormat("glibc-%s", gnu_get_libc_version());
#else
  return "libc";
#endif
}

// Each with a dash before it.
std::string Features() {
  std::string features;
#if defined(__x86_64__)
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return "";
  if ((b & bit_AVX2) != 0) features += "-avx2";
  if ((b & (1U << 9)) != 0) features += "-erms";
  if ((b & bit_RTM) != 0) features += "-rtm";
  if ((b & bit_AVX512VL) != 0) features += "-avx512vl";
  if ((d & (1U << 4)) != 0) features += "-fsrm";
#endif
  return features;
}

std::string Build() {
#if !defined(__OPTIMIZE__)
  return "-unoptimized";
#elif !defined(NDEBUG)
  return "-checked";
#else
  return "";
#endif
}

}  // namespace

std::string CountingKey() {
  utsname machine{};
  uname(&machine);
  return absl::StrFormat("%s-%s-%s%s%s", machine.machine, Compiler(), Libc(), Features(), Build());
}

}  // namespace kvm_model::bench
