// A program that is built against an installation: makes a host and says what it is.
#include <cstdio>

#include "arch/registry.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"

int main() {
  const auto host =
      kvm_model::Host::Create(*kvm_model::FindArch("arm64"), *kvm_model::FindRevision("rfc-v4"));
  std::printf("%s\n", host ? "a host" : host.error().message.c_str());
}
