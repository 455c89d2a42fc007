#include "bench/conversions/model_rig.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "bench/conversions/workload.h"
#include "bench/model/guest_memfd_vm.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "uapi/constants.h"
#include "uapi/structs.h"

namespace kvm_model::bench {
namespace {

using PageBytes = std::array<std::byte, GuestMemfdVm::kPageBytes>;

PageBytes FilledPage() {
  PageBytes page;
  page.fill(std::byte{0x5a});
  return page;
}

uapi::kvm_memory_attributes2 ArgumentsOf(const Conversion& conversion, std::uint64_t mode) {
  uapi::kvm_memory_attributes2 arguments{};
  arguments.offset = conversion.range.start << GuestMemfdVm::kPageShift;
  arguments.size = conversion.range.pages() << GuestMemfdVm::kPageShift;
  arguments.attributes = conversion.attributes;
  arguments.flags = mode;
  return arguments;
}

}  // namespace

ModelRig::ModelRig(std::shared_ptr<const Workload> workload, std::uint64_t mode, bool resident)
    : workload_(std::move(workload)),
      mode_(mode),
      guest_(kFilePages, kSeed),
      error_(guest_.error()) {
  if (!error_.empty()) return;
  for (const AttributeRun& run : workload_->before) {
    if (run.attributes != 0) guest_.Set(run.pages, run.attributes);
  }
  if (resident) RestoreContents();
  for (const Conversion& conversion : workload_->timed) {
    arguments_.push_back(ArgumentsOf(conversion, mode));
  }
}

std::uint64_t ModelRig::ResidentPages() const {
  return guest_.guest_memfd().inode().page_cache().ResidentIn({0, kFilePages});
}

void ModelRig::RestoreContents() {
  PageCache& cache = guest_.guest_memfd().inode().page_cache();
  const PageBytes bytes = FilledPage();
  for (const PageRange& run : workload_->resident) {
    for (PageIndex page = run.start; page < run.end; ++page) {
      if (!cache.Use(page) || !cache.Write(page, 0, bytes)) error_ = "a page can't be written";
    }
  }
}

bool ModelRig::ContentsAreRight() const {
  const PageCache& cache = guest_.guest_memfd().inode().page_cache();
  const PageBytes filled = FilledPage();
  return std::ranges::all_of(workload_->resident, [&](PageRange run) {
    PageBytes bytes;
    cache.Read(run.start, 0, bytes);
    if (mode_ == uapi::kSetMemoryAttributes2Zero) return bytes == PageBytes{};
    return (bytes == filled) == (mode_ == uapi::kSetMemoryAttributes2Preserve);
  });
}

}  // namespace kvm_model::bench
