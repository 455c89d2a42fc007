#include "tests/kvm_model/conversion_world.h"

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <expected>
#include <memory>
#include <variant>
#include <vector>

#include "kvm_model/guest_fault.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_mapping.h"
#include "kvm_model/mapping.h"
#include "kvm_model/mm.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "tests/kvm_model/machine.h"

namespace kvm_model {

ConversionWorld::ConversionWorld(const Options& options)
    : pages_(options.pages),
      machine_(options.arch, options.settings, options.revision),
      vm_fd_(machine_.CreateVm(options.vm_type).value()),
      guest_memfd_fd_(machine_.CreateGuestMemfd(vm_fd_, pages_, options.flags).value()),
      guest_memfd_(machine_.GuestMemfdOf(guest_memfd_fd_)),
      inode_(&guest_memfd_->inode()),
      // Mapped by hand, so that tests can look into the page table.
      mapping_(std::make_shared<GuestMemfdMapping>(
          std::shared_ptr<GuestMemfdInode>(guest_memfd_, inode_), 0, pages_)),
      address_(machine_.task()
                   .mm()
                   .Map(mapping_, pages_ * machine_.page_size(), PROT_READ | PROT_WRITE)
                   .value()) {
  if (!machine_.BindSlot(vm_fd_, 0, kFirstGfn, pages_, guest_memfd_fd_)) std::abort();
}

// The mapping holds the file, which holds the VM, which holds the memory that it is mapped in.
ConversionWorld::~ConversionWorld() {
  (void)machine_.task().Munmap(address_, pages_ * machine_.page_size());
}

std::expected<int, Signal> ConversionWorld::HostRead(PageIndex page) {
  const auto byte = machine_.task().HostRead(AddressOf(page));
  if (!byte) return std::unexpected(byte.error());
  return std::to_integer<int>(*byte);
}

Access ConversionWorld::HostWrite(PageIndex page, std::uint8_t value) {
  return machine_.task().HostWrite(AddressOf(page), std::byte{value});
}

int ConversionWorld::GuestRead(PageIndex page) {
  const auto result = kvm_model::GuestRead(vm(), (kFirstGfn + page) * machine_.page_size(),
                                           GuestAddressing::kAuto, Trail(nullptr));
  const auto* const byte = std::get_if<std::byte>(&result);
  return byte != nullptr ? std::to_integer<int>(*byte) : -1;
}

bool ConversionWorld::GuestWrite(PageIndex page, std::uint8_t value) {
  const auto result =
      kvm_model::GuestWrite(vm(), (kFirstGfn + page) * machine_.page_size(), std::byte{value},
                            GuestAddressing::kAuto, Trail(nullptr));
  return std::holds_alternative<std::byte>(result);
}

Snapshot ConversionWorld::Take() {
  const ReaderLock lock(inode_->invalidate_lock());
  Snapshot snapshot;
  snapshot.attributes = inode_->attributes().Runs();
  snapshot.resident = inode_->page_cache().ResidentRuns();
  for (PageIndex page = 0; page < pages_; ++page) {
    std::vector<std::byte> bytes(machine_.page_size());
    inode_->page_cache().Read(page, 0, bytes);
    snapshot.contents.push_back(bytes);
    if (mapping_->IsMapped(page)) snapshot.host_mapped.push_back(page);
  }
  snapshot.stage2 = vm().MappedStage2();
  return snapshot;
}

bool ConversionWorld::PageIs(PageIndex page, std::uint8_t value) {
  std::vector<std::byte> bytes(machine_.page_size());
  inode_->page_cache().Read(page, 0, bytes);
  return bytes[0] == std::byte{value};
}

}  // namespace kvm_model
