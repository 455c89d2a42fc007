#include "tests/golden/recording.h"

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace kvm_model {
namespace {

constexpr std::size_t kAnswerColumn = 71;
constexpr char kLeft[] = "     -> ";

std::string WithoutTrailingBlanks(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::string WithoutColon(std::string text) {
  if (text.ends_with(':')) text.pop_back();
  return text;
}

}  // namespace

std::vector<RecordedRow> ReadErrnoRecording() {
  std::ifstream file("tests/data/linux-6.18.44-x86-pvm-errno.txt");
  std::vector<RecordedRow> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(kLeft)) {
      rows.push_back({rows.back().name + ", left", line.substr(sizeof(kLeft) - 1)});
    } else if (line.size() > kAnswerColumn && line[kAnswerColumn - 1] == ' ') {
      rows.push_back(
          {WithoutTrailingBlanks(line.substr(0, kAnswerColumn - 1)), line.substr(kAnswerColumn)});
    } else {
      // "fstat size=...", "F_GETFL=...", "link ...", "blocks after=...", "CHECK after: ...".
      const std::size_t end = line.starts_with("CHECK after:")   ? line.find(' ', 6)
                              : line.starts_with("blocks after") ? line.find('=')
                                                                 : line.find_first_of(" =");
      rows.push_back({WithoutColon(line.substr(0, end)), line.substr(end + 1)});
    }
  }
  return rows;
}

std::map<std::int64_t, RecordedCapability> ReadCapabilityRecording() {
  std::ifstream file("tests/data/linux-6.18.44-x86-pvm-caps.txt");
  std::map<std::int64_t, RecordedCapability> capabilities;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::int64_t number = 0;
    std::string system;
    std::string vm;
    if (!(words >> number >> system >> vm)) continue;  // the descriptors that it opened
    capabilities[number] = {std::stoll(system.substr(4)), std::stoll(vm.substr(3))};
  }
  return capabilities;
}

}  // namespace kvm_model
