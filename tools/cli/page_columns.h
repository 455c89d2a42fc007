// The columns of a picture: pages, or ranges of pages where a file has too many.
#ifndef KVM_MODEL_TOOLS_CLI_PAGE_COLUMNS_H_
#define KVM_MODEL_TOOLS_CLI_PAGE_COLUMNS_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/page.h"
#include "tools/cli/step_picture.h"

namespace kvm_model::cli {

// The most pages that are drawn one by one, and the most columns.
inline constexpr std::size_t kMostColumns = 64;

// What a column has where its pages differ.
inline constexpr char kMixedMark = '~';

// The columns of every file by name, the same in all steps: a page each; for a file of more than
// kMostColumns pages the ranges whose pages never differ; and where those are too many, ranges of
// equal size.
std::map<std::string, std::vector<PageRange>> ColumnsOf(const ScenarioPicture& picture);

// A mark for each column. The columns are in order and lie in the row.
std::string MarksIn(const PageRow& row, const std::vector<PageRange>& columns);

// For each column whether any of its pages has another mark in `after` than in `before`. Both rows
// are of one file.
std::vector<bool> ChangedIn(const PageRow& before, const PageRow& after,
                            const std::vector<PageRange>& columns);

// The row of that label; null when there is none.
const PageRow* FindRow(const FilePicture& file, std::string_view label);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_PAGE_COLUMNS_H_
