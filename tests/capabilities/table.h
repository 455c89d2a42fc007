// Reads the tables of tests/data: tab-separated, with lines of # that say what the table is, then
// one line of column names, then the rows.
#ifndef KVM_MODEL_TESTS_CAPABILITIES_TABLE_H_
#define KVM_MODEL_TESTS_CAPABILITIES_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "kvm_model/host.h"
#include "kvm_model/result.h"

namespace kvm_model {

struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  // each as long as columns
};

// Ends the test program, naming the file and the line, when the file can't be read, a row has
// another length than the heading, or there is no row.
Table ReadTable(const std::string& path);

// The parts of `text` between separators; one empty part for an empty text.
std::vector<std::string> Split(const std::string& text, char separator);

// "NAME=VALUE NAME=VALUE", as tables write a host's settings; "-": none.
std::vector<SettingAssignment> ParseSettings(const std::string& text);

// An answer as tables write it: the number, or the errno's name.
std::string AnswerText(const Result<std::int64_t>& answer);

// `text` with what GoogleTest takes in no name (all but letters and digits) turned into _.
std::string TestName(std::string text);

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_CAPABILITIES_TABLE_H_
