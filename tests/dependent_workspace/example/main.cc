// A dependent's program: it uses kvm_model's public targets and nothing else.
#include <cstdio>

#include "uapi/errno.h"

int main() {
  std::printf("EINVAL is %d\n", static_cast<int>(kvm_model::uapi::Errno::kEINVAL));
  return 0;
}
