// Process: the system calls of Task, made on the model or on the machine's kernel.
//
// Answers are text, so that both can be held against the same words: "0" or a number, or an errno's
// name.
#ifndef KVM_MODEL_TESTS_LIVE_PROCESS_H_
#define KVM_MODEL_TESTS_LIVE_PROCESS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "kvm_model/memory_calls.h"

namespace kvm_model {

class Process {
 public:
  // A guest_memfd of 16 pages, MMAP and INIT_SHARED, or with INIT_SHARED missing: its pages are
  // private.
  enum class Pages : std::uint8_t { kShared, kPrivate };

  virtual ~Process() = default;

  // Descriptors that are open from the start.
  virtual int kvm() const = 0;
  virtual int vm() const = 0;
  virtual int vcpu() const = 0;
  virtual int guest_memfd(Pages pages) const = 0;

  // The descriptor, or minus the errno's number.
  virtual int Open(const std::string& path, int flags) = 0;
  virtual void Close(int fd) = 0;
  // FIONBIO and its kind, with a pointer to `value`.
  virtual std::string VfsIoctl(int fd, std::uint64_t request, int value) = 0;
  virtual int Dup(int fd) = 0;
  virtual int StatusFlags(int fd) = 0;
  virtual bool CloseOnExec(int fd) = 0;
  virtual std::string ChangeMode(int fd, std::uint32_t mode) = 0;
  virtual std::uint32_t Mode(int fd) = 0;

  // An address; ends the test program when the call fails. fd -1: anonymous memory.
  virtual std::uint64_t Map(int fd, std::uint64_t pages, int prot, int flags) = 0;
  // Whether one page can be mapped: it is unmapped again.
  virtual std::string TryMap(int fd, int prot, int flags) = 0;
  // read(2) and write(2) of one byte.
  virtual std::string ReadFrom(int fd) = 0;
  virtual std::string WriteTo(int fd) = 0;
  virtual void Unmap(std::uint64_t address, std::uint64_t bytes) = 0;
  virtual std::string Advise(std::uint64_t address, std::uint64_t bytes, MemoryAdvice advice) = 0;
  virtual std::string Lock(std::uint64_t address, std::uint64_t bytes) = 0;
  virtual std::string PunchHole(int fd, std::uint64_t offset, std::uint64_t bytes) = 0;
  // A byte of memory; "a signal" when the access dies with one.
  virtual std::string Read(std::uint64_t address) = 0;
  virtual void Write(std::uint64_t address, std::uint8_t value) = 0;
};

std::unique_ptr<Process> MakeModelProcess();
// Null where /dev/kvm can't be used or makes no such guest_memfd, or where the kernel's release is
// of no revision of the model's.
std::unique_ptr<Process> MakeKernelProcess();

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_LIVE_PROCESS_H_
