#include "kvm_model/vcpu.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_format.h"
#include "kvm_model/arch.h"
#include "kvm_model/file.h"
#include "kvm_model/guest_fault.h"
#include "kvm_model/host.h"
#include "kvm_model/mapping.h"
#include "kvm_model/mm.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/unhandled_ioctl.h"
#include "kvm_model/vcpu_run_pages.h"
#include "kvm_model/vm.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/exit_reason.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using uapi::Errno;

class RunMapping : public Mapping {
 public:
  explicit RunMapping(std::shared_ptr<VcpuRunPages> pages, std::uint64_t first_byte)
      : pages_(std::move(pages)), first_byte_(first_byte) {}

  Access Read(std::uint64_t offset, std::span<std::byte> bytes, const Trail& caller) override {
    const Trail trail = caller.In("kvm_vcpu_fault");
    if (trail.If("the vCPU has no such page", !pages_->Read(first_byte_ + offset, bytes)))
      return Raise(Signal::kSIGBUS, trail);
    return {};
  }
  Access Write(std::uint64_t offset, std::span<const std::byte> bytes,
               const Trail& caller) override {
    const Trail trail = caller.In("kvm_vcpu_fault");
    if (trail.If("the vCPU has no such page", !pages_->Write(first_byte_ + offset, bytes)))
      return Raise(Signal::kSIGBUS, trail);
    return {};
  }
  std::expected<std::unique_ptr<PagePin>, Signal> Pin(std::uint64_t offset,
                                                      const Trail& caller) override {
    const Trail trail = caller.In("kvm_vcpu_fault");
    if (trail.If("the vCPU has no such page", first_byte_ + offset >= pages_->size()))
      return Raise(Signal::kSIGBUS, trail);
    return std::make_unique<PagePin>();
  }
  void Unmap(PageRange) override {}
  std::shared_ptr<Mapping> Fork() const override {
    return std::make_shared<RunMapping>(pages_, first_byte_);
  }

 protected:
  const std::shared_ptr<VcpuRunPages> pages_;
  const std::uint64_t first_byte_;
};

// MAP_PRIVATE: a page is the program's own copy from its first write on.
class PrivateRunMapping final : public RunMapping {
 public:
  using Copies = std::map<PageIndex, std::vector<std::byte>>;

  PrivateRunMapping(std::shared_ptr<VcpuRunPages> pages, std::uint64_t first_byte,
                    unsigned page_shift, Copies copies = {})
      : RunMapping(std::move(pages), first_byte),
        page_shift_(page_shift),
        copies_(std::move(copies)) {}

  Access Read(std::uint64_t offset, std::span<std::byte> bytes, const Trail& trail) override {
    MutexLock lock(lock_);
    const auto copy = copies_.find(offset >> page_shift_);
    if (copy == copies_.end()) return RunMapping::Read(offset, bytes, trail);
    std::memcpy(bytes.data(), copy->second.data() + InPage(offset), bytes.size());
    return {};
  }
  Access Write(std::uint64_t offset, std::span<const std::byte> bytes,
               const Trail& trail) override {
    MutexLock lock(lock_);
    const PageIndex page = offset >> page_shift_;
    if (!copies_.contains(page)) {
      std::vector<std::byte> copy(std::size_t{1} << page_shift_);
      const Access read = RunMapping::Read(page << page_shift_, copy, trail);
      if (!read) return read;
      copies_.emplace(page, std::move(copy));
    }
    std::memcpy(copies_.at(page).data() + InPage(offset), bytes.data(), bytes.size());
    return {};
  }
  void Unmap(PageRange pages) override {
    MutexLock lock(lock_);
    copies_.erase(copies_.lower_bound(pages.start), copies_.lower_bound(pages.end));
  }
  std::shared_ptr<Mapping> Fork() const override {
    MutexLock lock(lock_);
    return std::make_shared<PrivateRunMapping>(pages_, first_byte_, page_shift_, copies_);
  }

 private:
  std::size_t InPage(std::uint64_t offset) const {
    return static_cast<std::size_t>(offset & ((std::uint64_t{1} << page_shift_) - 1));
  }

  const unsigned page_shift_;
  mutable Mutex lock_{LockRank::kAnonymousMemory};
  Copies copies_ ABSL_GUARDED_BY(lock_);
};

}  // namespace

std::uint64_t Vcpu::MmapSize(const Host& host) {
  const int extra = host.arch().traits().extra_vcpu_mmap_pages + (host.facts().mmio ? 1 : 0);
  return host.page_size() * (1 + static_cast<std::uint64_t>(extra));
}

Vcpu::Vcpu(std::shared_ptr<Vm> vm, std::uint64_t id)
    : AnonymousFile(vm->shared_kernel()),
      vm_(std::move(vm)),
      id_(id),
      name_(absl::StrFormat("kvm-vcpu:%d", id)),
      run_pages_(std::make_shared<VcpuRunPages>(
          MmapSize(vm_->host()), vm_->coalesced_mmio_ring(),
          static_cast<std::uint64_t>(vm_->host().arch().traits().coalesced_mmio_page_offset) *
              vm_->host().page_size())) {}

GuestAccessResult Vcpu::Read(std::uint64_t gpa, GuestAddressing addressing, const Trail& trail) {
  const GuestAccessResult result = GuestRead(*vm_, gpa, addressing, trail);
  Record(result, std::byte{0});
  return result;
}

GuestAccessResult Vcpu::Write(std::uint64_t gpa, std::byte value, GuestAddressing addressing,
                              const Trail& trail) {
  const GuestAccessResult result = GuestWrite(*vm_, gpa, value, addressing, trail);
  Record(result, value);
  return result;
}

void Vcpu::Record(const GuestAccessResult& result, std::byte written) {
  // What an earlier access left must not explain this one.
  run_pages_->Update([](uapi::kvm_run& run) {
    run.exit_reason = static_cast<std::uint32_t>(uapi::ExitReason::kUnknown);
  });
  if (const auto* mmio = std::get_if<MmioExit>(&result)) {
    run_pages_->Update([mmio, written](uapi::kvm_run& run) {
      run.exit_reason = static_cast<std::uint32_t>(uapi::ExitReason::kMmio);
      run.mmio.phys_addr = mmio->gpa;
      run.mmio.len = 1;
      run.mmio.is_write = mmio->is_write ? 1 : 0;
      run.mmio.data[0] = static_cast<std::uint8_t>(written);
    });
  } else if (const auto* fault = std::get_if<MemoryFaultExit>(&result)) {
    run_pages_->Update([fault](uapi::kvm_run& run) {
      run.exit_reason = static_cast<std::uint32_t>(uapi::ExitReason::kMemoryFault);
      run.memory_fault.flags = fault->flags;
      run.memory_fault.gpa = fault->gpa;
      run.memory_fault.size = fault->size;
    });
  }
}

Result<std::int64_t> Vcpu::Run(std::uint64_t arg, const Trail& trail) {
  if (trail.If("arg != 0", arg != 0, {{"arg", arg}})) return trail.Fail(Errno::kEINVAL);
  if (trail.If("immediate_exit", run().immediate_exit != 0)) return trail.Fail(Errno::kEINTR);
  trail.Note(Certainty::kNotModelled, "running guest instructions");
  return trail.Fail(Errno::kENOSYS);
}

Result<std::int64_t> Vcpu::EnableCapability(Caller& caller, std::uint64_t arg, const Trail& trail) {
  const Arch& arch = vm_->host().arch();
  if (!trail.If("the architecture enables capabilities on vCPUs",
                arch.traits().has_vcpu_enable_cap))
    return trail.Fail(arch.traits().unknown_vcpu_ioctl);
  const Result<uapi::kvm_enable_cap> cap = caller.mm.CopyFromUser<uapi::kvm_enable_cap>(arg);
  if (trail.If("the argument can't be read", !cap)) return trail.Fail(cap.error());
  return arch.EnableVcpuCap(*this, caller, *cap, trail.In("kvm_vcpu_ioctl_enable_cap"));
}

Result<std::int64_t> Vcpu::PreFault(Caller& caller, std::uint64_t arg, const Trail& trail) {
  Result<uapi::kvm_pre_fault_memory> range =
      caller.mm.CopyFromUser<uapi::kvm_pre_fault_memory>(arg);
  if (trail.If("the argument can't be read", !range)) return trail.Fail(range.error());
  const Result<> done = PreFaultMemory(*vm_, *range, trail);
  if (trail.If("the argument can't be written", !caller.mm.CopyToUser(arg, *range)))
    return trail.Fail(Errno::kEFAULT);
  if (!done) return Failure(done.error());
  return trail.Answer(0);
}

Result<std::int64_t> Vcpu::Ioctl(Caller& caller, std::uint32_t request, std::uint64_t arg) {
  const Trail trail = caller.trail.In("kvm_vcpu_ioctl");
  const ArchTraits& traits = vm_->host().arch().traits();
  if (trail.If("the caller's mm is not the VM's", !vm_->BelongsTo(caller.mm)))
    return trail.Fail(Errno::kEIO);
  if (trail.If("the request's type is not KVMIO", ((request >> 8) & 0xff) != uapi::kKvmio,
               {{"request", request}}))
    return trail.Fail(Errno::kEINVAL);
  const std::optional<uapi::IoctlId> id = uapi::FindIoctl(request, traits.ioctl_encoding);
  if (id == uapi::Ioctl("KVM_RUN")) return Run(arg, trail);
  if (id == uapi::Ioctl("KVM_PRE_FAULT_MEMORY")) {
    if (trail.If("CONFIG_KVM_GENERIC_PRE_FAULT_MEMORY", vm_->host().facts().pre_fault_memory))
      return PreFault(caller, arg, trail);
    return trail.Fail(traits.unknown_vcpu_ioctl);
  }
  if (id == uapi::Ioctl("KVM_ENABLE_CAP")) return EnableCapability(caller, arg, trail);
  return UnhandledIoctl(id, uapi::FdKind::kVcpu, traits, traits.unknown_vcpu_ioctl, trail);
}

Result<std::shared_ptr<Mapping>> Vcpu::Mmap(Caller&, const MmapRequest& request) {
  if (request.shared) return std::make_shared<RunMapping>(run_pages_, request.offset);
  return std::make_shared<PrivateRunMapping>(run_pages_, request.offset,
                                             vm_->host().facts().page_shift);
}

}  // namespace kvm_model
