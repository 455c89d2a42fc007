// The mapping of a vCPU's descriptor: the run structure, shared with the program, and its end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <expected>

#include "kvm_model/guest_fault.h"
#include "kvm_model/mapping.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vcpu.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/errno.h"
#include "uapi/exit_reason.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using uapi::Errno;

class VcpuMappingTest : public ::testing::Test {
 protected:
  Task& task() { return machine_.task(); }
  std::uint64_t size() const { return Vcpu::MmapSize(machine_.host()); }
  Result<std::int64_t> Run(std::uint64_t arg) {
    return task().Ioctl(vcpu_, uapi::RequestOf("KVM_RUN"), arg);
  }

  Machine machine_;
  const int vm_ = *machine_.CreateVm();
  const int vcpu_ = *machine_.CreateVcpu(vm_);
  // One page longer than what there is.
  const std::uint64_t address_ = *machine_.task().Mmap(
      size() + machine_.page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, vcpu_, 0);
};

TEST_F(VcpuMappingTest, WhatTheProgramWritesIsInTheRunStructure) {
  const std::uint64_t flag = address_ + offsetof(uapi::kvm_run, immediate_exit);
  EXPECT_EQ(task().HostRead(flag), std::byte{0});
  EXPECT_THAT(Run(0), FailsWith(Errno::kENOSYS)) << "guest instructions are not modelled";
  EXPECT_THAT(task().HostWrite(flag, std::byte{1}), Succeeds());
  EXPECT_EQ(task().HostRead(flag), std::byte{1});
  EXPECT_THAT(Run(0), FailsWith(Errno::kEINTR));
  EXPECT_THAT(Run(1), FailsWith(Errno::kEINVAL)) << "the argument is looked at first";
}

TEST_F(VcpuMappingTest, ItsLastByteIsThere) {
  const std::uint64_t last = address_ + size() - 1;
  EXPECT_THAT(task().HostWrite(last, std::byte{7}), Succeeds());
  EXPECT_EQ(task().HostRead(last), std::byte{7});
  EXPECT_THAT(task().Pin(last), Succeeds());
}

// On x86 the third page: the ring of coalesced MMIO belongs to the VM.
TEST_F(VcpuMappingTest, AVmsVcpusShareThePageOfCoalescedMmio) {
  const auto map = [this](int vcpu) {
    return *task().Mmap(size(), PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
  };
  const std::uint64_t page = machine_.page_size();
  const std::uint64_t sibling = map(*machine_.CreateVcpu(vm_, 1));
  const std::uint64_t stranger = map(*machine_.CreateVcpu(*machine_.CreateVm()));
  for (std::uint64_t at = 0; at < 3; ++at) {
    ASSERT_THAT(task().HostWrite(address_ + at * page + 8, std::byte{7}), Succeeds());
  }
  EXPECT_EQ(task().HostRead(sibling + 8), std::byte{0});
  EXPECT_EQ(task().HostRead(sibling + page + 8), std::byte{0});
  EXPECT_EQ(task().HostRead(sibling + 2 * page + 8), std::byte{7});
  EXPECT_EQ(task().HostRead(stranger + 2 * page + 8), std::byte{0});
  ASSERT_THAT(task().HostWrite(sibling + 3 * page - 1, std::byte{9}), Succeeds());
  EXPECT_EQ(task().HostRead(address_ + 3 * page - 1), std::byte{9});
}

TEST_F(VcpuMappingTest, BehindItsEndThereIsNothing) {
  const std::uint64_t end = address_ + size();
  EXPECT_EQ(task().HostRead(end), std::unexpected(Signal::kSIGBUS));
  EXPECT_EQ(task().HostWrite(end, std::byte{7}), Access(std::unexpected(Signal::kSIGBUS)));
  const auto pin = task().Pin(end);
  ASSERT_FALSE(pin.has_value());
  EXPECT_EQ(pin.error(), Signal::kSIGBUS);
}

// EFAULT without an exit must not look like the exit of an access before.
TEST_F(VcpuMappingTest, EachAccessTellsItsOwnExit) {
  const auto vcpu = machine_.VcpuOf(vcpu_);
  const auto read = [&](std::uint64_t gpa) {
    (void)vcpu->Read(gpa, GuestAddressing::kAuto, Trail(nullptr));
    return vcpu->run().exit_reason;
  };
  EXPECT_EQ(read(0), static_cast<std::uint32_t>(uapi::ExitReason::kMmio));
  // A page of the process's memory that isn't mapped.
  const std::uint64_t page = machine_.page_size();
  ASSERT_THAT(machine_.SetSlot(vm_, 0, 1, 1, page), Succeeds());
  EXPECT_EQ(read(page), static_cast<std::uint32_t>(uapi::ExitReason::kUnknown));
}

}  // namespace
}  // namespace kvm_model
