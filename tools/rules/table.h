// Tables of text: a line a row, columns separated by tabs, comments behind #.
#ifndef KVM_MODEL_TOOLS_RULES_TABLE_H_
#define KVM_MODEL_TOOLS_RULES_TABLE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kvm_model::rules {

// The rows that have at least `columns` columns; empty lines and lines that open with # are none.
std::vector<std::vector<std::string>> TableRows(std::string_view text, std::size_t columns);

}  // namespace kvm_model::rules

#endif  // KVM_MODEL_TOOLS_RULES_TABLE_H_
