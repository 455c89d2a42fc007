#include "tests/uapi/tsv.h"

#include <cstddef>
#include <fstream>
#include <string>
#include <vector>

namespace kvm_model::uapi {

std::vector<std::vector<std::string>> ReadTsv(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);  // The heading.
  std::vector<std::vector<std::string>> rows;
  while (std::getline(file, line)) {
    std::vector<std::string>& row = rows.emplace_back();
    for (std::size_t start = 0; start != std::string::npos;) {
      const std::size_t tab = line.find('\t', start);
      row.push_back(line.substr(start, tab - start));
      start = tab == std::string::npos ? tab : tab + 1;
    }
  }
  return rows;
}

}  // namespace kvm_model::uapi
