// RecordedWorld: a machine on which a few threads make calls at once, and the history that they
// saw.
//
// Between the steps of a call its thread now and then gives up the processor, at places drawn from
// the seed, so that the calls meet in many ways also on a machine with few processors. The decision
// trail's listener does that: the model itself knows nothing of it.
#ifndef KVM_MODEL_TESTS_CONCURRENCY_RECORDED_WORLD_H_
#define KVM_MODEL_TESTS_CONCURRENCY_RECORDED_WORLD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/mapping.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "tests/concurrency/file_state.h"
#include "tests/concurrency/linearizability.h"
#include "tests/concurrency/yielding_listener.h"
#include "tests/kvm_model/machine.h"

namespace kvm_model {

class RecordedWorld {
 public:
  // One to kMaxFilePages pages.
  RecordedWorld(AttributeStore store, std::size_t pages);
  ~RecordedWorld();
  RecordedWorld(const RecordedWorld&) = delete;
  RecordedWorld& operator=(const RecordedWorld&) = delete;

  // What is there now; no call may be running.
  FileState Look();
  Answer Make(const Operation& operation);
  // Lets each thread make its operations, all at the same time.
  History Run(const std::vector<std::vector<Operation>>& threads, std::uint64_t seed);

  // From now on the attributes are looked at page by page, and not at once: what a history
  // must not show.
  void LookPageByPage() { page_by_page_ = true; }

 private:
  Answer GuestAccess(const Operation& operation);
  Answer HostAccess(const Operation& operation);
  Answer Convert(const Operation& operation);
  Answer SetVmAttributes(const Operation& operation);
  Answer Pin(std::size_t page);
  Answer PreFault(std::size_t page);
  Answer GfnPrivate(std::size_t page);
  Answer AllAttributes();
  // Of pages [first, last], as bits, seen at one moment.
  std::uint64_t AttributesAtOnce(std::size_t first, std::size_t last);

  const AttributeStore store_;
  const std::size_t pages_;
  YieldingListener listener_;
  const Trail trail_{&listener_};
  Machine machine_;
  const int vm_fd_;
  const int file_fd_;
  const std::shared_ptr<Vm> vm_;
  GuestMemfdInode& inode_;
  const std::uint64_t address_;
  bool page_by_page_ = false;
  // The process's reference on each page, also when it is on a page that the file no longer has.
  std::array<std::unique_ptr<PagePin>, kMaxFilePages> pins_;
};

// The operations of two or three threads, two to four each. A page is pinned and unpinned by one
// thread alone.
std::vector<std::vector<Operation>> RandomOperations(AttributeStore store, std::size_t pages,
                                                     std::mt19937_64& random);

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_CONCURRENCY_RECORDED_WORLD_H_
