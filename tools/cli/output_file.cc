#include "tools/cli/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <expected>
#include <filesystem>
#include <ios>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"

namespace kvm_model::cli {
namespace {

namespace fs = std::filesystem;

std::string Problem(const std::string& path, int error) {
  return absl::StrFormat("%s: %s", path, std::strerror(error));
}

// /dev/stdout and the like: the file is somebody's who has it open, and stays.
bool OfDescriptor(const std::string& path) {
  return path.starts_with("/dev/") || path.starts_with("/proc/");
}

std::string DescriptorPath(int fd) { return absl::StrFormat("/proc/self/fd/%d", fd); }

}  // namespace

OutputFile::OutputFile(std::string path, std::string partial)
    : path_(std::move(path)), partial_(std::move(partial)) {}

std::expected<std::unique_ptr<OutputFile>, std::string> OutputFile::Open(const std::string& path) {
  std::error_code error;
  // A link stays one: what it leads to is replaced.
  const fs::path followed = fs::weakly_canonical(path, error);
  const fs::path target = error ? fs::path(path) : followed;
  const fs::file_status status = fs::status(target, error);
  if (fs::is_directory(status)) return std::unexpected(Problem(path, EISDIR));
  const bool exists = fs::exists(status);
  if (exists && access(target.c_str(), W_OK) != 0) return std::unexpected(Problem(path, errno));
  std::string partial;
  const bool own_file = exists ? fs::is_regular_file(status) : !fs::is_symlink(target, error);
  if (own_file && !OfDescriptor(path)) {
    partial = absl::StrFormat("%s.partial-%d", target.string(), getpid());
  }
  auto file = std::unique_ptr<OutputFile>(new OutputFile(target.string(), std::move(partial)));
  if (file->partial_.empty() || !file->OpenNameless()) {
    errno = 0;
    file->stream_.open(file->partial_.empty() ? file->path_ : file->partial_,
                       std::ios::binary | std::ios::trunc);
    if (!file->stream_) return std::unexpected(Problem(path, errno != 0 ? errno : EIO));
  }
  if (exists && !file->partial_.empty()) {
    fs::permissions(file->nameless_ < 0 ? file->partial_ : DescriptorPath(file->nameless_),
                    status.permissions(), error);
  }
  return file;
}

bool OutputFile::OpenNameless() {
  const fs::path folder = fs::path(path_).parent_path();
  nameless_ = open(folder.empty() ? "." : folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  if (nameless_ < 0) return false;
  stream_.open(DescriptorPath(nameless_), std::ios::binary);
  if (stream_) return true;
  stream_.clear();
  close(nameless_);
  nameless_ = -1;
  return false;
}

OutputFile::~OutputFile() {
  if (nameless_ >= 0) close(nameless_);
  if (committed_ || partial_.empty() || nameless_ >= 0) return;
  std::error_code error;
  fs::remove(partial_, error);
}

std::expected<void, std::string> OutputFile::Commit() {
  stream_.close();
  if (!stream_) return std::unexpected(path_ + ": not all of it could be written");
  if (!partial_.empty()) {
    if (nameless_ >= 0 && linkat(AT_FDCWD, DescriptorPath(nameless_).c_str(), AT_FDCWD,
                                 partial_.c_str(), AT_SYMLINK_FOLLOW) != 0) {
      return std::unexpected(Problem(path_, errno));
    }
    std::error_code error;
    fs::rename(partial_, path_, error);
    if (error) {
      std::error_code ignored;
      fs::remove(partial_, ignored);
      return std::unexpected(path_ + ": " + error.message());
    }
  }
  committed_ = true;
  return {};
}

std::expected<Output, std::string> Output::Open(const std::string& path, std::ostream& out) {
  Output output(out);
  if (path.empty() || path == "-") return output;
  auto file = OutputFile::Open(path);
  if (!file) return std::unexpected(std::move(file).error());
  output.file_ = *std::move(file);
  return output;
}

std::expected<void, std::string> Output::Commit() {
  if (!is_file()) return {};
  return file_->Commit();
}

}  // namespace kvm_model::cli
