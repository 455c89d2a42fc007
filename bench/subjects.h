// Subjects: what a benchmark converts with, by layer.
//
//   store             only the map of attributes: is the range as wanted already? If not, set it
//   typed             GuestMemfd::SetMemoryAttributes
//   door              Task::Ioctl, the struct in this process's own memory (OwnProcessMemory)
//   door_task_memory  Task::Ioctl, the struct in anonymous memory that the task mapped
#ifndef KVM_MODEL_BENCH_SUBJECTS_H_
#define KVM_MODEL_BENCH_SUBJECTS_H_

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bench/model_rig.h"
#include "bench/workload.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"
#include "kvm_model/trail.h"
#include "uapi/constants.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model::bench {

template <typename Store>
class StoreSubject {
 public:
  explicit StoreSubject(const Workload& workload) : workload_(workload), store_(kFilePages, 0) {
    for (const AttributeRun& run : workload.before) {
      if (run.attributes != 0) store_.Set(run.pages, run.attributes);
    }
  }

  bool Convert(std::size_t i) {
    const Conversion& conversion = workload_.timed[i];
    if (store_.RangeHas(conversion.range, conversion.attributes)) return false;
    store_.Set(conversion.range, conversion.attributes);
    return true;
  }
  void Set(PageRange range, Attributes attributes) { store_.Set(range, attributes); }
  bool RangeHas(PageRange range, Attributes attributes) const {
    return store_.RangeHas(range, attributes);
  }
  std::vector<AttributeRun> Runs() const { return store_.Runs(); }
  bool CheckInvariants() const { return store_.CheckInvariants(); }
  void RestoreContents() {}
  bool ContentsAreRight() const { return true; }

 private:
  const Workload& workload_;
  Store store_;
};

// What the layers over a guest_memfd share.
class GuestMemfdSubject {
 public:
  GuestMemfdSubject(const Workload& workload, std::uint64_t mode, bool resident)
      : rig_(workload, mode, resident), resident_(resident), mode_(mode) {}

  const std::string& error() const { return rig_.error(); }
  std::uint64_t ResidentPages() const { return rig_.ResidentPages(); }
  void Set(PageRange range, Attributes attributes) { rig_.Set(range, attributes); }
  bool RangeHas(PageRange range, Attributes attributes) const {
    return rig_.RangeHas(range, attributes);
  }
  std::vector<AttributeRun> Runs() const { return rig_.Runs(); }
  bool CheckInvariants() const { return rig_.CheckInvariants(); }
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
    return rig_.guest_memfd().SetMemoryAttributes(rig_.arguments()[i], Trail(nullptr)).has_value();
  }
};

class DoorSubject : public GuestMemfdSubject {
 public:
  using GuestMemfdSubject::GuestMemfdSubject;
  bool Convert(std::size_t i) {
    return rig_.task().Ioctl(rig_.fd(), kRequest, &rig_.arguments()[i]).has_value();
  }

 protected:
  static constexpr std::uint32_t kRequest = uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES2");
};

class DoorTaskMemorySubject : public DoorSubject {
 public:
  DoorTaskMemorySubject(const Workload& workload, std::uint64_t mode, bool resident)
      : DoorSubject(workload, mode, resident) {
    const auto bytes = std::as_bytes(std::span(rig_.arguments()));
    const auto mapped =
        rig_.task().Mmap(bytes.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    // Left at 0, a bad address, every conversion fails and is reported.
    if (mapped && rig_.task().mm().Write(*mapped, bytes)) address_ = *mapped;
  }
  bool Convert(std::size_t i) {
    const std::uint64_t address = address_ + i * sizeof(uapi::kvm_memory_attributes2);
    return rig_.task().Ioctl(rig_.fd(), kRequest, address).has_value();
  }

 private:
  std::uint64_t address_ = 0;
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_SUBJECTS_H_
