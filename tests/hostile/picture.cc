#include "tests/hostile/picture.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_format.h"
#include "kvm_model/arch.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/dirty_bitmap.h"
#include "kvm_model/fd_table.h"
#include "kvm_model/file.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mapping.h"
#include "kvm_model/memslot.h"
#include "kvm_model/mm.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/result.h"
#include "kvm_model/task.h"
#include "kvm_model/vcpu.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_file.h"
#include "uapi/structs.h"

namespace kvm_model::hostile {
namespace {

// Of a large file only so many resident pages are looked at.
constexpr std::size_t kPagesLookedAt = 16;

std::string Text(const std::vector<PageRange>& runs) {
  std::string text;
  for (const PageRange run : runs) absl::StrAppendFormat(&text, "[%d,%d) ", run.start, run.end);
  return text;
}

std::string Text(const AttributeMap& map) {
  std::string text;
  for (const AttributeRun& run : map.Runs()) {
    absl::StrAppendFormat(&text, "[%d,%d)=%d ", run.pages.start, run.pages.end, run.attributes);
  }
  return text;
}

std::string Slots(const Vm& vm) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  std::string text;
  for (const auto& slot : vm.slots().All()) {
    absl::StrAppendFormat(&text, "%d:%d [%d,%d) flags=%x hva=%x file=%d+%d only=%d ",
                          slot->address_space, slot->id, slot->gfns.start, slot->gfns.end,
                          slot->flags, slot->userspace_addr, slot->guest_memfd.expired() ? 0 : 1,
                          slot->gmem_pgoff, slot->gmem_only ? 1 : 0);
  }
  return text;
}

// The pages of the slots' dirty bitmaps that are set, 64 to a word.
std::string DirtyPages(const Vm& vm) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  std::string text;
  for (const auto& slot : vm.slots().All()) {
    if (slot->dirty_bitmap == nullptr) continue;
    absl::StrAppendFormat(&text, "%d:%d ", slot->address_space, slot->id);
    for (std::size_t piece = 0; piece < slot->dirty_bitmap->piece_count(); ++piece) {
      const DirtyBitmap::Words words = slot->dirty_bitmap->Read(piece);
      for (std::size_t word = 0; word < words.size(); ++word) {
        if (words[word] == 0) continue;
        absl::StrAppendFormat(&text, "%d=%x ", piece * DirtyBitmap::kPieceWords + word,
                              words[word]);
      }
    }
  }
  return text;
}

std::string State(const VmState& state, const DirtyLogging& logging, std::uint64_t max_vcpus) {
  std::string text = absl::StrFormat(
      "log=%d poll=%d,%d ring=%d,%d max=%d vcpus=", logging.manual_protect.load(),
      state.halt_poll_ns, state.override_halt_poll_ns ? 1 : 0, logging.ring_bytes.load(),
      logging.ring_with_bitmap.load() ? 1 : 0, max_vcpus);
  for (const std::uint64_t id : state.vcpu_ids) absl::StrAppendFormat(&text, "%d ", id);
  return text;
}

// The first, middle and last byte of each resident page, and which pages are poisoned.
std::string Contents(GuestMemfdInode& inode) {
  const std::size_t page_size = std::size_t{1} << inode.page_shift();
  std::string text;
  std::size_t pages = 0;
  for (const PageRange run : inode.page_cache().ResidentRuns()) {
    for (PageIndex page = run.start; page < run.end && pages < kPagesLookedAt; ++page, ++pages) {
      absl::StrAppendFormat(&text, "%d:", page);
      for (const std::size_t at : {std::size_t{0}, page_size / 2, page_size - 1}) {
        std::byte byte{};
        inode.page_cache().Read(page, at, std::span(&byte, 1));
        absl::StrAppendFormat(&text, "%02x", std::to_integer<int>(byte));
      }
      text += inode.page_cache().poisoned(page) ? "! " : " ";
    }
  }
  return text;
}

std::string Area(const Mm::Area& area) {
  std::string text = absl::StrFormat("to %x prot=%d locked=%d pages=[%d,%d) ", area.end, area.prot,
                                     area.locked ? 1 : 0, area.pages.start, area.pages.end);
  return text + "mapped " + Text(area.mapping->Mapped());
}

void LookAtVm(const std::string& name, const std::shared_ptr<Vm>& vm, Picture& picture) {
  picture[name + " users"] = std::to_string(vm.use_count());
  MutexLock state(vm->state_lock());
  const ReaderLock slots(vm->slots_lock());
  picture[name + " slots"] = Slots(*vm);
  picture[name + " dirty pages"] = DirtyPages(*vm);
  picture[name + " attributes"] = Text(vm->gfn_attributes());
  picture[name + " stage 2"] = Text(vm->MappedStage2());
  picture[name + " state"] = State(vm->state(), vm->dirty_logging(), vm->max_vcpus());
  if (vm->arch_vm() != nullptr) picture[name + " arch"] = vm->arch_vm()->ToText();
}

void LookAtFile(const std::string& name, const std::shared_ptr<File>& file, Picture& picture) {
  if (const auto vm = std::dynamic_pointer_cast<VmFile>(file)) LookAtVm(name, vm->vm(), picture);
  if (const auto guest_memfd = std::dynamic_pointer_cast<GuestMemfd>(file)) {
    GuestMemfdInode& inode = guest_memfd->inode();
    const ReaderLock lock(inode.invalidate_lock());
    picture[name + " attributes"] = Text(inode.attributes());
    picture[name + " resident"] = Text(inode.page_cache().ResidentRuns());
    picture[name + " contents"] = Contents(inode);
  }
  if (const auto vcpu = std::dynamic_pointer_cast<Vcpu>(file)) {
    const uapi::kvm_run run = vcpu->run();
    const std::string_view bytes(reinterpret_cast<const char*>(&run), sizeof(run));
    picture[name + " run"] =
        absl::StrFormat("exit %d gpa %x all %x", run.exit_reason, run.memory_fault.gpa,
                        std::hash<std::string_view>{}(bytes));
  }
}

}  // namespace

Picture Look(const Kernel& kernel, Task& task) {
  Picture picture;
  picture["mode of /dev/kvm"] = absl::StrFormat("%o", kernel.device_mode());
  for (const int fd : task.fds().Open()) {
    const std::string name = absl::StrFormat("fd %d", fd);
    const Result<FdTable::Descriptor> descriptor = task.fds().Look(fd);
    if (!descriptor) continue;
    picture[name] = absl::StrFormat("%s%s%s flags=%o", std::string(descriptor->file->name()),
                                    descriptor->path_only ? " O_PATH" : "",
                                    descriptor->close_on_exec ? " cloexec" : "",
                                    descriptor->file->status_flags());
    if (!descriptor->path_only) LookAtFile(name, descriptor->file, picture);
  }
  for (const Mm::Area& area : task.mm().AreasIn(0, ~std::uint64_t{0})) {
    picture[absl::StrFormat("area %x", area.start)] = Area(area);
  }
  return picture;
}

std::string Difference(const Picture& before, const Picture& after) {
  std::string difference;
  for (const auto& [name, value] : before) {
    const auto found = after.find(name);
    const std::string now = found == after.end() ? "(gone)" : found->second;
    if (now != value) absl::StrAppendFormat(&difference, "%s: %s -> %s\n", name, value, now);
  }
  for (const auto& [name, value] : after) {
    if (!before.contains(name)) absl::StrAppendFormat(&difference, "%s: new: %s\n", name, value);
  }
  return difference;
}

}  // namespace kvm_model::hostile
