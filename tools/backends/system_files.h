// SystemFiles: what the kernel tells about its machine in files, under a root directory that tests
// replace by a tree of their own.
//
// Cost: each call opens and reads one file. Paths are absolute as on the machine ("/proc/cpuinfo").
#ifndef KVM_MODEL_TOOLS_BACKENDS_SYSTEM_FILES_H_
#define KVM_MODEL_TOOLS_BACKENDS_SYSTEM_FILES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kvm_model::scenario {

class SystemFiles {
 public:
  explicit SystemFiles(std::string_view root) : root_(root) {}

  bool Exists(std::string_view path) const;
  // The whole file; nothing where it can't be read.
  std::optional<std::string> Read(std::string_view path) const;
  // The same without the whitespace at its end, for files of one line.
  std::optional<std::string> ReadLine(std::string_view path) const;
  // What gzip compressed; nothing where the file can't be read, or is no whole gzip file.
  std::optional<std::string> ReadGzip(std::string_view path) const;
  // The 8 bytes at `offset`, lowest first, as /dev/cpu/N/msr answers.
  std::optional<std::uint64_t> ReadWord(std::string_view path, std::uint64_t offset) const;

 private:
  std::string PathOf(std::string_view path) const { return root_ + std::string(path); }

  const std::string root_;
};

// /proc/cpuinfo's "name : value" lines, of the first processor where each has its own. Names and
// values are without the whitespace around them; a name that comes twice keeps the first value.
using CpuInfo = std::map<std::string, std::string>;
CpuInfo ReadCpuInfo(const SystemFiles& files);
// Whether one of a line's words is `word`. A line that isn't there has none.
bool HasWord(const CpuInfo& info, const std::string& line, std::string_view word);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_BACKENDS_SYSTEM_FILES_H_
