// A file that is written whole or not at all.
#ifndef KVM_MODEL_TOOLS_CLI_OUTPUT_FILE_H_
#define KVM_MODEL_TOOLS_CLI_OUTPUT_FILE_H_

#include <expected>
#include <fstream>
#include <memory>
#include <ostream>
#include <string>

namespace kvm_model::cli {

// What is written goes to a file beside the wanted one, which takes its place with Commit() and is
// gone without: where the file system can, it has no name until then, so that a program that is
// killed leaves none behind. A path that is something other than a regular file, as /dev/null is,
// is written directly.
class OutputFile {
 public:
  // "PATH: No such file or directory" where it can't be written.
  static std::expected<std::unique_ptr<OutputFile>, std::string> Open(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  std::ostream& stream() { return stream_; }
  // Puts what was written in place. In words, why that can't be: nothing remains then.
  std::expected<void, std::string> Commit();

 private:
  OutputFile(std::string path, std::string partial);

  // Opens a file without a name in the folder of path_. Whether that can be.
  bool OpenNameless();

  const std::string path_;
  const std::string partial_;  // Empty where path_ is written directly.
  int nameless_ = -1;          // A descriptor of the file while it has no name.
  std::ofstream stream_;
  bool committed_ = false;
};

// Where a command writes: the file of a path, or what stands for stdout.
class Output {
 public:
  // Without a path, and for -, to `out`, which must outlive this. In words, why that can't be.
  static std::expected<Output, std::string> Open(const std::string& path, std::ostream& out);

  bool is_file() const { return file_ != nullptr; }
  std::ostream& stream() { return is_file() ? file_->stream() : *out_; }
  std::expected<void, std::string> Commit();

 private:
  explicit Output(std::ostream& out) : out_(&out) {}

  std::ostream* out_;
  std::unique_ptr<OutputFile> file_;
};

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_OUTPUT_FILE_H_
