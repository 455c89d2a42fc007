#include "tools/cli/page_map.h"

#include <cctype>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"

namespace kvm_model::cli {

char ContentsMark(const PageCache& cache, PageIndex page) {
  std::byte first{};
  cache.Read(page, 0, std::span(&first, 1));
  const int character = std::to_integer<int>(first);
  if (character == 0) return '0';
  // Those that say something else of a page.
  constexpr std::string_view kMarks = ".0?:#";
  const auto letter = static_cast<char>(character);
  const bool plain = std::isgraph(character) != 0 && kMarks.find(letter) == kMarks.npos;
  return plain ? letter : '#';
}

namespace {

char ContentsOf(const PageCache& cache, PageIndex page) {
  if (!cache.resident(page)) return '.';
  return cache.poisoned(page) ? '?' : ContentsMark(cache, page);
}

}  // namespace

std::string DrawPageMap(const GuestMemfdInode& inode) {
  const ReaderLock lock(inode.invalidate_lock());
  std::string attributes;
  std::string contents;
  for (PageIndex page = 0; page < inode.pages(); ++page) {
    attributes += inode.IsPrivate(page) ? 'P' : 'S';
    contents += ContentsOf(inode.page_cache(), page);
  }
  return absl::StrFormat("attributes  %s\ncontents    %s\n", attributes, contents);
}

}  // namespace kvm_model::cli
