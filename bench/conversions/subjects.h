// Subjects: what a benchmark converts with, by layer.
//
//   store_set         the map of attributes alone, the store itself: Prepare, Commit
//   store             all that a conversion asks of the map: RangeHas (is the range as wanted
//                     already?), Prepare, Commit, Trim
//   typed             GuestMemfd::SetMemoryAttributes
//   door              Task::Ioctl, the struct in this process's own memory (OwnProcessMemory)
//   door_task_memory  Task::Ioctl, the struct in anonymous memory that the task mapped
//
// Each is made of a workload, a content mode and whether pages are resident; the stores have no
// contents.
#ifndef KVM_MODEL_BENCH_CONVERSIONS_SUBJECTS_H_
#define KVM_MODEL_BENCH_CONVERSIONS_SUBJECTS_H_

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bench/conversions/model_rig.h"
#include "bench/conversions/workload.h"
#include "bench/model/guest_memfd_vm.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "uapi/constants.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model::bench {

// In two steps, as a conversion does; false, with nothing changed, when the first one fails.
inline bool PrepareAndCommit(AttributeMap& map, PageRange range, Attributes attributes) {
  auto store = map.Prepare(range, attributes);
  if (!store.has_value()) return false;
  map.Commit(*std::move(store));
  return true;
}

class StoreSetSubject {
 public:
  StoreSetSubject(std::shared_ptr<const Workload> workload, std::uint64_t /*mode*/,
                  bool /*resident*/)
      : workload_(std::move(workload)), map_(kFilePages, 0) {
    for (const AttributeRun& run : workload_->before) {
      if (run.attributes != 0) Set(run.pages, run.attributes);
    }
  }

  std::string error() const { return ""; }
  bool Convert(std::size_t i) {
    const Conversion& conversion = workload_->timed[i];
    return PrepareAndCommit(map_, conversion.range, conversion.attributes);
  }
  void Set(PageRange range, Attributes attributes) { PrepareAndCommit(map_, range, attributes); }
  bool RangeHas(PageRange range, Attributes attributes) const {
    return map_.RangeHas(range, attributes);
  }
  std::vector<AttributeRun> Runs() const { return map_.Runs(); }
  bool CheckInvariants() const { return map_.CheckInvariants(); }
  std::uint64_t ResidentPages() const { return 0; }
  bool ResidencyIsRight() const { return true; }
  void RestoreContents() {}
  bool ContentsAreRight() const { return true; }

 protected:
  std::shared_ptr<const Workload> workload_;
  AttributeMap map_;
};

class StoreSubject : public StoreSetSubject {
 public:
  using StoreSetSubject::StoreSetSubject;
  bool Convert(std::size_t i) {
    const Conversion& conversion = workload_->timed[i];
    if (map_.RangeHas(conversion.range, conversion.attributes)) return false;
    if (!PrepareAndCommit(map_, conversion.range, conversion.attributes)) return false;
    map_.Trim();
    return true;
  }
};

// What the layers over a guest_memfd share.
class GuestMemfdSubject {
 public:
  GuestMemfdSubject(std::shared_ptr<const Workload> workload, std::uint64_t mode, bool resident)
      : rig_(std::move(workload), mode, resident), resident_(resident), mode_(mode) {}

  std::string error() const { return rig_.error(); }
  std::uint64_t ResidentPages() const { return rig_.ResidentPages(); }
  // Conversions leave it as it was.
  bool ResidencyIsRight() const { return ResidentPages() == (resident_ ? kResidentPages : 0); }
  void Set(PageRange range, Attributes attributes) { rig_.guest().Set(range, attributes); }
  bool RangeHas(PageRange range, Attributes attributes) const {
    return rig_.guest().RangeHas(range, attributes);
  }
  std::vector<AttributeRun> Runs() const { return rig_.guest().Runs(); }
  bool CheckInvariants() const { return rig_.guest().CheckInvariants(); }
  void RestoreContents() {
    if (resident_ && mode_ == uapi::kSetMemoryAttributes2Zero) rig_.RestoreContents();
  }
  bool ContentsAreRight() const { return !resident_ || rig_.ContentsAreRight(); }

 protected:
  ModelRig rig_;

 private:
  const bool resident_;
  const std::uint64_t mode_;
};

class TypedSubject : public GuestMemfdSubject {
 public:
  using GuestMemfdSubject::GuestMemfdSubject;
  bool Convert(std::size_t i) {
    return rig_.guest()
        .guest_memfd()
        .SetMemoryAttributes(rig_.arguments()[i], Trail(nullptr))
        .has_value();
  }
};

class DoorSubject : public GuestMemfdSubject {
 public:
  using GuestMemfdSubject::GuestMemfdSubject;
  bool Convert(std::size_t i) {
    GuestMemfdVm& guest = rig_.guest();
    return guest.task().Ioctl(guest.fd(), kRequest, &rig_.arguments()[i]).has_value();
  }

 protected:
  static constexpr std::uint32_t kRequest = uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES2");
};

class DoorTaskMemorySubject : public DoorSubject {
 public:
  DoorTaskMemorySubject(std::shared_ptr<const Workload> workload, std::uint64_t mode, bool resident)
      : DoorSubject(std::move(workload), mode, resident) {
    const auto bytes = std::as_bytes(std::span(rig_.arguments()));
    Task& task = rig_.guest().task();
    const auto mapped =
        task.Mmap(bytes.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    // Left at 0, a bad address, every conversion fails and is reported.
    if (mapped && task.mm().Write(*mapped, bytes)) address_ = *mapped;
  }
  bool Convert(std::size_t i) {
    const std::uint64_t address = address_ + i * sizeof(uapi::kvm_memory_attributes2);
    return rig_.guest().task().Ioctl(rig_.guest().fd(), kRequest, address).has_value();
  }

 private:
  std::uint64_t address_ = 0;
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_CONVERSIONS_SUBJECTS_H_
