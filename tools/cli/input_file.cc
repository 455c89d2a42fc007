#include "tools/cli/input_file.h"

#include <fstream>
#include <ios>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

namespace kvm_model::cli {

std::optional<std::string> ReadInputFile(const std::string& path) try {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  // Of an empty file nothing can be put, which fails; where reading fails it throws, or is bad.
  file.exceptions(std::ios::badbit);
  if (file.peek() == std::ifstream::traits_type::eof()) return std::string();
  text << file.rdbuf();
  if (!text) return std::nullopt;
  return std::move(text).str();
} catch (const std::ios_base::failure&) {
  return std::nullopt;
}

}  // namespace kvm_model::cli
