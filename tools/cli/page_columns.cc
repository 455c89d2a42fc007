#include "tools/cli/page_columns.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/page.h"
#include "tools/cli/step_picture.h"

namespace kvm_model::cli {
namespace {

// Where the columns of one file begin.
struct Starts {
  std::uint64_t pages = 0;
  std::set<PageIndex> starts = {0};
  bool too_many = false;
};

std::vector<PageRange> Columns(const Starts& file) {
  std::vector<PageRange> columns;
  if (!file.too_many && file.pages > kMostColumns) {
    for (const PageIndex start : file.starts) {
      if (!columns.empty()) columns.back().end = start;
      columns.push_back({start, file.pages});
    }
    return columns;
  }
  const std::uint64_t each = (file.pages + kMostColumns - 1) / kMostColumns;
  for (PageIndex start = 0; start < file.pages; start += each) {
    columns.push_back({start, std::min(start + each, file.pages)});
  }
  return columns;
}

}  // namespace

std::map<std::string, std::vector<PageRange>> ColumnsOf(const ScenarioPicture& picture) {
  std::map<std::string, Starts> files;
  for (const StepPicture& step : picture.steps) {
    for (const FilePicture& drawn : step.changed) {
      Starts& file = files[drawn.name];
      file.pages = drawn.pages;
      for (const PageRow& row : drawn.rows) {
        for (const MarkRun& run : row.runs) {
          if (file.too_many) break;
          file.starts.insert(run.start);
          file.too_many = file.starts.size() > kMostColumns;
        }
      }
    }
  }
  std::map<std::string, std::vector<PageRange>> columns;
  for (const auto& [name, file] : files) columns[name] = Columns(file);
  return columns;
}

std::string MarksIn(const PageRow& row, const std::vector<PageRange>& columns) {
  std::string marks;
  auto run = row.runs.begin();
  for (const PageRange& column : columns) {
    while (run->end <= column.start) ++run;
    marks += run->end >= column.end ? run->mark : kMixedMark;
  }
  return marks;
}

std::vector<bool> ChangedIn(const PageRow& before, const PageRow& after,
                            const std::vector<PageRange>& columns) {
  std::vector<bool> changed(columns.size());
  std::size_t column = 0;
  auto was = before.runs.begin();
  for (const MarkRun& run : after.runs) {
    while (was != before.runs.end() && was->end <= run.start) ++was;
    for (auto at = was; at != before.runs.end() && at->start < run.end; ++at) {
      if (at->mark == run.mark) continue;
      const PageRange here = {std::max(at->start, run.start), std::min(at->end, run.end)};
      while (columns[column].end <= here.start) ++column;
      for (std::size_t i = column; i < columns.size() && columns[i].start < here.end; ++i) {
        changed[i] = true;
      }
    }
  }
  return changed;
}

const PageRow* FindRow(const FilePicture& file, std::string_view label) {
  const auto found = std::ranges::find(file.rows, label, &PageRow::label);
  return found == file.rows.end() ? nullptr : &*found;
}

}  // namespace kvm_model::cli
