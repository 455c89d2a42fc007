#include "tools/cli/map_html.h"

#include <cstddef>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "kvm_model/page.h"
#include "nlohmann/json.hpp"
#include "tools/cli/caps_format.h"
#include "tools/cli/map_html_page.h"
#include "tools/cli/map_words.h"
#include "tools/cli/page_columns.h"
#include "tools/cli/step_picture.h"
#include "tools/scenario/runner.h"

namespace kvm_model::cli {
namespace {

using Columns = std::map<std::string, std::vector<PageRange>>;

Json FilesToJson(const ScenarioPicture& picture, const Columns& columns) {
  Json files = Json::object();
  for (const StepPicture& step : picture.steps) {
    for (const FilePicture& file : step.changed) {
      if (files.contains(file.name)) continue;
      Json ranges = Json::array();
      for (const PageRange& range : columns.at(file.name)) {
        ranges.push_back({range.start, range.end});
      }
      files[file.name] = {{"pages", file.pages}, {"columns", std::move(ranges)}};
    }
  }
  return files;
}

// Which columns have a page that looks otherwise than it did; all where nothing was drawn before.
Json TouchedColumns(const FilePicture* before, const FilePicture& after,
                    const std::vector<PageRange>& columns) {
  std::vector<bool> touched(columns.size(), before == nullptr);
  for (const PageRow& row : after.rows) {
    const PageRow* was = before == nullptr ? nullptr : FindRow(*before, row.label);
    if (was == nullptr) continue;
    const std::vector<bool> changed = ChangedIn(*was, row, columns);
    for (std::size_t i = 0; i < columns.size(); ++i) touched[i] = touched[i] || changed[i];
  }
  Json indices = Json::array();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (touched[i]) indices.push_back(i);
  }
  return indices;
}

Json StepToJson(const StepPicture& step, const Columns& columns,
                std::map<std::string, const FilePicture*>& last) {
  Json changed = Json::object();
  Json touched = Json::object();
  for (const FilePicture& file : step.changed) {
    touched[file.name] = TouchedColumns(last[file.name], file, columns.at(file.name));
    last[file.name] = &file;
    Json rows = Json::array();
    for (const PageRow& row : file.rows) {
      rows.push_back({{"kind", RowName(row.kind)},
                      {"label", row.label},
                      {"marks", MarksIn(row, columns.at(file.name))}});
    }
    changed[file.name] = std::move(rows);
  }
  Json json;
  json["line"] = step.line;
  json["turn"] = step.turn ? Json(*step.turn) : Json(nullptr);
  json["call"] = step.call;
  json["answer"] = step.answer;
  json["changed"] = std::move(changed);
  json["touched"] = std::move(touched);
  json["gone"] = step.gone;
  json["trail"] = step.trail;
  return json;
}

Json MeaningsToJson() {
  Json meanings = Json::array();
  for (const MarkMeaning& meaning : MarkMeanings()) {
    meanings.push_back({{"kind", RowName(meaning.kind)},
                        {"mark", std::string(1, meaning.mark)},
                        {"meaning", meaning.meaning}});
  }
  return meanings;
}

Json ToJson(const ScenarioPicture& picture) {
  const Columns columns = ColumnsOf(picture);
  Json steps = Json::array();
  std::map<std::string, const FilePicture*> last;
  for (const StepPicture& step : picture.steps) steps.push_back(StepToJson(step, columns, last));
  Json json;
  json["file"] = picture.file;
  json["verdict"] = scenario::OutcomeName(picture.verdict.outcome);
  json["end"] = EndInWords(picture);
  json["meanings"] = MeaningsToJson();
  json["files"] = FilesToJson(picture, columns);
  json["steps"] = std::move(steps);
  return json;
}

}  // namespace

void PrintMapHtml(const ScenarioPicture& picture, std::ostream& out) {
  const std::string title = Escaped("Pages of " + picture.file);
  // Nothing in the JSON can end the element that holds it.
  const std::string json = absl::StrReplaceAll(Dump(ToJson(picture)), {{"<", "\\u003c"}});
  out << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      << "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      << "<link rel=\"icon\" href=\"data:,\">\n"
      << "<title>" << title << "</title>\n<style>" << MapPageStyle() << "</style>\n</head>\n"
      << "<body>\n<main>\n<h1>" << title << "</h1>\n<p class=\"about\">" << Escaped(picture.host)
      << "</p>\n";
  if (!picture.description.empty()) {
    out << "<p class=\"about\">" << Escaped(picture.description) << "</p>\n";
  }
  out << MapPageBody() << "</main>\n<script type=\"application/json\" id=\"steps\">" << json
      << "</script>\n<script>" << MapPageScript() << "</script>\n</body>\n</html>\n";
}

}  // namespace kvm_model::cli
