// A scenario's calls as real system calls of the calling process.
//
// Raw system calls, so that neither libc nor a sanitizer has a say in the answer. Meant for a
// process of its own: hostile arguments may unmap or overwrite anything.
#ifndef KVM_MODEL_TOOLS_BACKENDS_NATIVE_CALLS_H_
#define KVM_MODEL_TOOLS_BACKENDS_NATIVE_CALLS_H_

#include <array>
#include <cstdint>
#include <map>
#include <set>

#include "tools/backends/backend.h"
#include "tools/scenario/answer.h"

namespace kvm_model::scenario {

class NativeCalls {
 public:
  // What one process may take of the machine's memory, in pages. A call that would take more is
  // not made.
  static constexpr std::uint64_t kMaxPages = 16384;

  // Descriptors that a scenario didn't make are kept out of its way, from here on up.
  static constexpr int kFirstOwnDescriptor = 600;

  // Mappings are made from here on up, each at addresses that were never used before and with a gap
  // behind it, as the model makes them. Neither programs nor sanitizers have anything of their own
  // there; a kernel that finds something there all the same chooses another place.
  static constexpr std::uint64_t kFirstAddress = 0x7e8000000000;
  static constexpr std::uint64_t kEndOfAddresses = 0x7ec000000000;
  static constexpr std::uint64_t kGap = std::uint64_t{1} << 20;

  // Any call but fork, which is not one process's affair, and those that only the model offers.
  Answer Execute(const CallRequest& request);

  // In a child: the parent's pins are the parent's alone.
  void ForgetPins();

 private:
  struct Pipe {
    int read_end;
    int write_end;
  };

  Answer EnableCap(const CallRequest& request);
  Answer CreateGuestMemfd(const CallRequest& request);
  Answer SetUserMemoryRegion(const CallRequest& request);
  Answer SetUserMemoryRegion2(const CallRequest& request);
  Answer SetMemoryAttributes(const CallRequest& request);
  Answer SetMemoryAttributes2(const CallRequest& request);
  Answer PreFault(const CallRequest& request);
  Answer GetDirtyLog(const CallRequest& request);
  Answer ClearDirtyLog(const CallRequest& request);
  Answer Map(const CallRequest& request);
  Answer Fallocate(const CallRequest& request);
  Answer Read(const CallRequest& request);
  Answer Write(const CallRequest& request);
  Answer Pin(const CallRequest& request);
  Answer Unpin(const CallRequest& request);

  // Whether the page of this address may be touched.
  bool MayTouch(std::uint64_t address);

  // Where the next mapping is asked for.
  std::uint64_t next_address_ = kFirstAddress;
  std::set<std::uint64_t> touched_;     // Pages, by address / page size.
  std::uint64_t allocated_ = 0;         // Pages, by fallocate.
  std::map<std::uint64_t, Pipe> pins_;  // The pipe that holds each pinned page.
  std::uint64_t last_pin_ = 0;
};

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_BACKENDS_NATIVE_CALLS_H_
