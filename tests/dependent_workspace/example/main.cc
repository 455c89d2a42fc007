// A dependent's program: boots a host, makes a guest_memfd, converts a page of it, and asks why a
// second conversion fails.
#include <fcntl.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <utility>

#include "arch/registry.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/revision.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/user_memory.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace km = kvm_model;
namespace uapi = kvm_model::uapi;

int main() {
  // A host is checked as a whole; what is not set has its documented default.
  auto host = km::Host::Create(*km::FindArch("x86"), *km::FindRevision("rfc-v4"));
  if (!host) {
    std::printf("%s\n", host.error().message.c_str());
    return 1;
  }

  // The task's pointers are this program's own; a wrong one answers EFAULT.
  km::OwnProcessMemory memory;
  km::Task task(std::make_shared<km::Kernel>(*std::move(host)), &memory);
  const int kvm = task.Open("/dev/kvm", O_RDWR).value();
  const int vm = static_cast<int>(
      task.Ioctl(kvm, uapi::RequestOf("KVM_CREATE_VM"), uapi::kX86SwProtectedVm).value());

  uapi::kvm_create_guest_memfd create{};
  create.size = 4 * 4096;
  create.flags = uapi::kGuestMemfdFlagMmap | uapi::kGuestMemfdFlagInitShared;
  const int gmem =
      static_cast<int>(task.Ioctl(vm, uapi::RequestOf("KVM_CREATE_GUEST_MEMFD"), &create).value());
  const std::uint64_t map =
      task.Mmap(create.size, PROT_READ | PROT_WRITE, MAP_SHARED, gmem, 0).value();

  uapi::kvm_memory_attributes2 convert{};
  convert.offset = 4096;
  convert.size = 4096;
  convert.attributes = uapi::kMemoryAttributePrivate;
  convert.flags = uapi::kSetMemoryAttributes2Preserve;
  const std::uint32_t set_attributes = uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES2");
  std::printf("convert one page: %d\n",
              static_cast<int>(task.Ioctl(gmem, set_attributes, &convert).value()));
  std::printf("the host reads it: %s\n", task.HostRead(map + 4096) ? "a byte" : "SIGBUS");

  // Somebody holds on to page 2; the whole range then stays shared.
  const auto pin = task.Pin(map + 2 * 4096);
  km::TrailRecorder why;
  task.SetTrailListener(&why);
  convert.offset = 2 * 4096;
  convert.size = 2 * 4096;
  const auto converted = task.Ioctl(gmem, set_attributes, &convert);
  std::printf("convert two more: %s, error_offset %#llx\n%s",
              uapi::ErrnoName(converted.error()).data(),
              static_cast<unsigned long long>(convert.error_offset), why.ToText().c_str());
  return 0;
}
