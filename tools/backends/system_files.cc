#include "tools/backends/system_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <ios>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

namespace kvm_model::scenario {
namespace {

constexpr std::string_view kWhitespace = " \t\r\n";

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kWhitespace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhitespace) - first + 1);
}

bool IsDirectory(const std::string& path) {
  struct stat status = {};
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

bool SystemFiles::Exists(std::string_view path) const {
  struct stat status = {};
  return stat(PathOf(path).c_str(), &status) == 0;
}

std::optional<std::string> SystemFiles::Read(std::string_view path) const {
  const std::string full = PathOf(path);
  if (IsDirectory(full)) return std::nullopt;
  std::ifstream file(full, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::optional<std::string> SystemFiles::ReadLine(std::string_view path) const {
  const std::optional<std::string> text = Read(path);
  if (!text.has_value()) return std::nullopt;
  return std::string(Trimmed(*text));
}

std::optional<std::string> SystemFiles::ReadGzip(std::string_view path) const {
  const gzFile file = gzopen(PathOf(path).c_str(), "rb");
  if (file == nullptr) return std::nullopt;
  std::string text;
  std::array<char, 65536> part{};
  int read = 0;
  while ((read = gzread(file, part.data(), part.size())) > 0) {
    text.append(part.data(), static_cast<std::size_t>(read));
  }
  // zlib hands through what isn't compressed.
  const bool compressed = gzdirect(file) == 0;
  const bool whole = gzclose_r(file) == Z_OK && read == 0;
  if (!compressed || !whole) return std::nullopt;
  return text;
}

std::optional<std::uint64_t> SystemFiles::ReadWord(std::string_view path,
                                                   std::uint64_t offset) const {
  const int file = open(PathOf(path).c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::array<unsigned char, 8> bytes{};
  const ssize_t read = pread(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  close(file);
  if (read != std::ssize(bytes)) return std::nullopt;
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    word |= std::uint64_t{bytes[i]} << (8 * i);
  }
  return word;
}

CpuInfo ReadCpuInfo(const SystemFiles& files) {
  CpuInfo info;
  std::istringstream lines(files.Read("/proc/cpuinfo").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string_view whole(line);
    info.emplace(Trimmed(whole.substr(0, colon)), Trimmed(whole.substr(colon + 1)));
  }
  return info;
}

bool HasWord(const CpuInfo& info, const std::string& line, std::string_view word) {
  const auto found = info.find(line);
  if (found == info.end()) return false;
  std::istringstream words(found->second);
  for (std::string one; words >> one;) {
    if (one == word) return true;
  }
  return false;
}

}  // namespace kvm_model::scenario
