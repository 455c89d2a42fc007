#include "tools/cli/page_marks.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kvm_model/attribute_map.h"
#include "kvm_model/attribute_switch.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/memslot.h"
#include "kvm_model/mm.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/cli/page_map.h"
#include "tools/cli/step_picture.h"
#include "uapi/constants.h"

namespace kvm_model::cli {
namespace {

using Runs = std::vector<MarkRun>;

// What a file and a memslot cost however few pages they have, in looks at a page.
constexpr std::uint64_t kLooksOfFile = 16;
constexpr std::uint64_t kLooksOfSlot = 4;

void Append(Runs& runs, std::uint64_t start, std::uint64_t end, char mark) {
  if (start == end) return;
  if (!runs.empty() && runs.back().mark == mark && runs.back().end == start) {
    runs.back().end = end;
  } else {
    runs.push_back({start, end, mark});
  }
}

char AttributeMark(Attributes attributes) {
  if (attributes == 0) return 'S';
  return attributes == uapi::kMemoryAttributePrivate ? 'P' : '*';
}

// Draws the rows of one file.
class FileMarks {
 public:
  FileMarks(const std::shared_ptr<GuestMemfd>& file, std::uint64_t& looks)
      : file_(file), inode_(file->inode()), vm_(file->vm()), looks_(looks) {
    const ReaderLock lock(vm_.slots_lock());
    slots_ = vm_.slots().All();
    looks_ += kLooksOfFile + kLooksOfSlot * slots_.size();
  }

  Runs Attributes() {
    Runs runs;
    if (InPlaceConversion(vm_.host(), Trail(nullptr))) {
      const ReaderLock lock(inode_.invalidate_lock());
      for (const AttributeRun& run : inode_.attributes().Runs()) {
        Append(runs, run.pages.start, run.pages.end, AttributeMark(run.attributes));
      }
    } else {
      runs = AttributesOfVm();
    }
    looks_ += runs.size();
    return runs;
  }

  Runs Contents() {
    const ReaderLock lock(inode_.invalidate_lock());
    const PageCache& cache = inode_.page_cache();
    const std::vector<PageIndex> poisoned = cache.PoisonedPages();
    const bool read = cache.resident_pages() <= kMostPagesRead;
    Runs runs;
    PageIndex next = 0;
    for (const PageRange& resident : cache.ResidentRuns()) {
      Append(runs, next, resident.start, '.');
      next = resident.end;
      if (read) looks_ += resident.pages();
      for (PageIndex page = resident.start; read && page < resident.end; ++page) {
        const bool bad = std::ranges::binary_search(poisoned, page);
        Append(runs, page, page + 1, bad ? '?' : ContentsMark(cache, page));
      }
      if (!read) AppendUnread(runs, resident, poisoned);
    }
    Append(runs, next, inode_.pages(), '.');
    looks_ += runs.size();
    return runs;
  }

  // Empty where the process has the file at no address.
  Runs Host(const Mm& mm) {
    const auto areas = mm.AreasIn(0, std::numeric_limits<std::uint64_t>::max() - (PageBytes() - 1));
    looks_ += areas.size();
    MarkLine line(inode_.pages(), '.');
    bool mapped = false;
    for (const Mm::Area& area : areas) {
      if (area.file.file != file_) continue;
      mapped = true;
      const PageIndex first = area.file.offset / PageBytes();
      line.Set(first, first + area.pages.pages(), '-');
    }
    if (!mapped) return {};
    for (const Mm::Area& area : areas) {
      if (area.file.file != file_) continue;
      const PageIndex first = area.file.offset / PageBytes();
      for (const PageRange& range : area.mapping->Mapped()) {
        const PageRange here = Intersection(range, area.pages);
        if (here.empty()) continue;
        line.Set(first + here.start - area.pages.start, first + here.end - area.pages.start, 'H');
        ++looks_;
      }
    }
    return line.Runs();
  }

  Runs Guest() {
    MarkLine line(inode_.pages(), '.');
    const std::vector<PageRange> mapped = vm_.MappedStage2();
    for (const auto& slot : slots_) {
      if (IsBound(*slot)) {
        line.Set(slot->gmem_pgoff, slot->gmem_pgoff + slot->gfns.pages(), '-');
      }
    }
    const Runs privacy = Attributes();
    for (const auto& slot : slots_) {
      ByUserMemory(*slot, mapped, line);
      if (IsBound(*slot)) FromFile(*slot, mapped, privacy, line);
    }
    looks_ += mapped.size();
    return line.Runs();
  }

  Runs Pins() {
    const PageCache& cache = inode_.page_cache();
    MarkLine line(inode_.pages(), '.');
    for (const PageIndex page : cache.PoisonedPages()) line.Set(page, page + 1, 'e');
    const std::vector<PageIndex> pinned = cache.PinnedPages();
    for (auto at = pinned.begin(); at != pinned.end();) {
      const auto next = std::upper_bound(at, pinned.end(), *at);
      const auto count = std::distance(at, next);
      line.Set(*at, *at + 1, count > 9 ? '+' : static_cast<char>('0' + count));
      at = next;
    }
    looks_ += pinned.size();
    return line.Runs();
  }

 private:
  std::uint64_t PageBytes() const { return std::uint64_t{1} << inode_.page_shift(); }

  bool IsBound(const Memslot& slot) const { return slot.guest_memfd.lock() == file_; }

  // What the VM says of the gfns at which the file's pages lie.
  Runs AttributesOfVm() const {
    MarkLine line(inode_.pages(), '-');
    for (const auto& slot : slots_) {
      if (!IsBound(*slot)) continue;
      const ReaderLock lock(vm_.slots_lock());
      for (const AttributeRun& run : vm_.gfn_attributes().RunsIn(slot->gfns)) {
        ++looks_;
        line.Set(slot->GmemIndex(run.pages.start), slot->GmemIndex(run.pages.end),
                 AttributeMark(run.attributes));
      }
    }
    return line.Runs();
  }

  static void AppendUnread(Runs& runs, PageRange resident, const std::vector<PageIndex>& poisoned) {
    PageIndex next = resident.start;
    auto bad = std::ranges::lower_bound(poisoned, resident.start);
    for (; bad != poisoned.end() && *bad < resident.end; ++bad) {
      Append(runs, next, *bad, ':');
      Append(runs, *bad, *bad + 1, '?');
      next = *bad + 1;
    }
    Append(runs, next, resident.end, ':');
  }

  // The pages that the guest's page tables have from the file: every page of a slot that takes all
  // faults from it, otherwise the private ones.
  void FromFile(const Memslot& slot, const std::vector<PageRange>& mapped, const Runs& privacy,
                MarkLine& line) const {
    looks_ += mapped.size();
    for (const PageRange& range : mapped) {
      const PageRange gfns = Intersection(range, slot.gfns);
      if (gfns.empty()) continue;
      const PageRange pages = {slot.GmemIndex(gfns.start), slot.GmemIndex(gfns.end)};
      if (slot.gmem_only) {
        line.Set(pages.start, pages.end, 'G');
        continue;
      }
      looks_ += privacy.size();
      for (const MarkRun& run : privacy) {
        const PageRange here = Intersection(pages, {run.start, run.end});
        if (!here.empty() && run.mark == 'P') line.Set(here.start, here.end, 'G');
      }
    }
  }

  // The pages that they have because the process maps the file where the slot has its memory.
  void ByUserMemory(const Memslot& slot, const std::vector<PageRange>& mapped,
                    MarkLine& line) const {
    if (slot.gmem_only) return;
    const std::uint64_t start = slot.userspace_addr & ~(PageBytes() - 1);
    const std::uint64_t end = start + slot.gfns.pages() * PageBytes();
    if (end <= start) return;
    for (const Mm::Area& area : vm_.mm().AreasIn(start, end)) {
      ++looks_;
      if (area.file.file != file_) continue;
      looks_ += mapped.size();
      const PageIndex gfn = slot.gfns.start + (area.start - start) / PageBytes();
      const PageRange there = {gfn, gfn + area.pages.pages()};
      const PageIndex first = area.file.offset / PageBytes();
      for (const PageRange& range : mapped) {
        const PageRange here = Intersection(range, there);
        if (!here.empty()) line.Set(first + here.start - gfn, first + here.end - gfn, 'U');
      }
    }
  }

  const std::shared_ptr<GuestMemfd>& file_;
  const GuestMemfdInode& inode_;
  const Vm& vm_;
  std::uint64_t& looks_;
  std::vector<std::shared_ptr<const Memslot>> slots_;
};

}  // namespace

void MarkLine::Set(std::uint64_t start, std::uint64_t end, char mark) {
  end = std::min(end, pages_);
  if (start >= end) return;
  const char after = std::prev(starts_.upper_bound(end))->second;
  starts_.erase(starts_.lower_bound(start), starts_.lower_bound(end));
  starts_.insert_or_assign(start, mark);
  if (end < pages_) starts_.emplace(end, after);
}

Runs MarkLine::Runs() const {
  std::vector<MarkRun> runs;
  for (auto at = starts_.begin(); at != starts_.end(); ++at) {
    const auto next = std::next(at);
    Append(runs, at->first, next == starts_.end() ? pages_ : next->first, at->second);
  }
  return runs;
}

std::vector<PageRow> RowsOf(const std::shared_ptr<GuestMemfd>& file,
                            scenario::ModelBackend& backend,
                            const std::map<scenario::ProcessId, std::string>& process_names,
                            std::uint64_t& looks) {
  FileMarks marks(file, looks);
  std::vector<PageRow> rows;
  rows.push_back({RowKind::kAttributes, "attributes", marks.Attributes()});
  rows.push_back({RowKind::kContents, "contents", marks.Contents()});
  for (const scenario::ProcessId process : backend.Processes()) {
    Runs runs = marks.Host(backend.FindTask(process)->mm());
    if (process == scenario::kFirstProcess) {
      if (runs.empty()) runs.push_back({0, file->inode().pages(), '.'});
      rows.push_back({RowKind::kHost, "host", std::move(runs)});
    } else if (!runs.empty()) {
      const auto name = process_names.find(process);
      rows.push_back(
          {RowKind::kHost,
           "host " + (name == process_names.end() ? std::to_string(process) : name->second),
           std::move(runs)});
    }
  }
  rows.push_back({RowKind::kGuest, "guest", marks.Guest()});
  rows.push_back({RowKind::kPins, "pins", marks.Pins()});
  return rows;
}

}  // namespace kvm_model::cli
