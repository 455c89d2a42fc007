#include "tools/cli/map_svg.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/page.h"
#include "tools/cli/map_words.h"
#include "tools/cli/page_columns.h"
#include "tools/cli/step_picture.h"
#include "tools/scenario/runner.h"

namespace kvm_model::cli {
namespace {

// Pixels.
constexpr int kMargin = 16;
constexpr int kGutter = 44;       // Line numbers.
constexpr int kLabelsEnd = 178;   // Names of files and rows end here, cells begin.
constexpr int kCell = 18;         // A page's width, and a row's height.
constexpr int kWidestCell = 104;  // A range's.
constexpr int kLine = 20;         // A line of text.
constexpr int kGap = 10;          // Between steps.
constexpr int kDigit = 6;         // The width of a small digit.
constexpr int kLetter = 8;        // The most that a letter of a call takes.
constexpr int kLeastWidth = 760;
constexpr int kWidest = 1400;
constexpr int kLegendItem = 22;    // A row of the legend.
constexpr int kLegendWidth = 310;  // A column of it, behind the rows' names.
constexpr int kLegendHead = 90;
constexpr std::size_t kNameLetters = 15;  // Of a file's name, beside the numbers of pages.
constexpr int kEnd = 96;                  // How many pages there are, behind the cells.

constexpr std::string_view kStyle = R"(
svg { --ground: #ffffff; --text: #1a1a1a; --faint: #5c5c5c; --rule: #d4d4d4; --shared: #cfe6f7;
  --private: #f6cfa8; --hatch: #b3470a; --held: #dedede; --host: #1b7a3d; --guest: #8a2f8f;
  --pin: #a8123a; --bad: #a8123a; --accent: #0b5fa5; }
@media (prefers-color-scheme: dark) {
  svg { --ground: #15181c; --text: #e6e6e6; --faint: #a3a8ae; --rule: #3a4046; --shared: #1d4260;
    --private: #6b3a12; --hatch: #ff9e5e; --held: #454b52; --host: #6fd08c; --guest: #e29be6;
    --pin: #ff8aa5; --bad: #ff8aa5; --accent: #6db7ff; }
}
text { font: 13px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: var(--text); }
.title { font-size: 17px; font-weight: 600; } .faint { fill: var(--faint); font-size: 12px; }
.index { fill: var(--faint); font-size: 9px; } .mark { text-anchor: middle; font-size: 12px; }
.label { text-anchor: end; font-size: 12px; } .file { font-weight: 700; }
.ground { fill: var(--ground); } .rule { stroke: var(--rule); fill: none; }
.shared { fill: var(--shared); stroke: var(--ground); }
.private { fill: var(--private); stroke: var(--ground); } .hatch { stroke: var(--hatch); }
.held { fill: var(--held); stroke: var(--ground); }
.hole { fill: none; stroke: var(--rule); stroke-dasharray: 2 2; }
.host { fill: var(--host); stroke: var(--host); } .guest { fill: var(--guest); stroke: var(--guest); }
.pin { fill: none; stroke: var(--pin); stroke-width: 1.5; } .open { fill: none; }
.bad { fill: var(--bad); font-weight: 700; } .none { fill: var(--rule); }
.changed { fill: none; stroke: var(--accent); stroke-width: 2; }
)";

// What a mark looks like in a cell.
struct Look {
  std::string_view box;    // The class of the rectangle behind; empty for none.
  std::string_view shape;  // SVG around the middle of the cell; empty where a letter stands there.
};

constexpr std::string_view kDot = R"(<circle class="none" r="1.5"/>)";

Look LookOf(RowKind kind, char mark) {
  if (mark == kMixedMark) return {"hole", ""};
  switch (kind) {
    case RowKind::kAttributes:
      if (mark == 'S') return {"shared", ""};
      return {mark == 'P' ? "private" : "hole", ""};
    case RowKind::kContents:
      return {mark == '.' ? "hole" : "held", ""};
    case RowKind::kHost:
      if (mark == 'H') return {"", R"(<circle class="host" r="5"/>)"};
      return {"", mark == '-' ? R"(<circle class="host open" r="5"/>)" : kDot};
    case RowKind::kGuest:
      if (mark == 'G') return {"", R"(<path class="guest" d="M-5 -5h10v10h-10z"/>)"};
      if (mark == 'U') return {"", R"(<path class="guest" d="M0 -6l6 11h-12z"/>)"};
      return {"", mark == '-' ? R"(<path class="guest open" d="M-5 -5h10v10h-10z"/>)" : kDot};
    case RowKind::kPins:
      if (mark == '.') return {"", kDot};
      return {"", R"(<path class="pin" d="M0 -8l8 8l-8 8l-8 -8z"/>)"};
  }
  return {};
}

// The letter that stands in the cell; empty where the shape says it all.
std::string LetterOf(RowKind kind, char mark) {
  if (mark == kMixedMark) return "~";
  const bool shape = kind == RowKind::kHost || kind == RowKind::kGuest;
  return shape || (mark == '.' && kind != RowKind::kAttributes) ? "" : std::string(1, mark);
}

// A cell around (x + width / 2, y + kCell / 2).
std::string Cell(RowKind kind, char mark, int x, int y, int width) {
  const Look look = LookOf(kind, mark);
  std::string cell;
  const auto box = [&](std::string_view attributes) {
    absl::StrAppendFormat(&cell, R"(<rect %s x="%d" y="%d" width="%d" height="%d"/>)", attributes,
                          x, y, width, kCell);
  };
  if (!look.box.empty()) box(absl::StrFormat(R"(class="%s")", look.box));
  if (look.box == "private") box(R"svg(fill="url(#hatch)")svg");
  const double middle = x + width / 2.0;
  if (!look.shape.empty()) {
    absl::StrAppendFormat(&cell, R"svg(<g transform="translate(%g %d)">%s</g>)svg", middle,
                          y + kCell / 2, look.shape);
  }
  if (const std::string letter = LetterOf(kind, mark); !letter.empty()) {
    absl::StrAppendFormat(&cell, R"(<text class="mark%s" x="%g" y="%d">%s</text>)",
                          kind == RowKind::kContents && mark == '?' ? " bad" : "", middle,
                          y + kCell - 5, Escaped(letter));
  }
  return cell;
}

std::string Text(std::string_view kind, int x, int y, std::string_view text) {
  const std::string named = kind.empty() ? "" : absl::StrFormat(R"( class="%s")", kind);
  return absl::StrFormat("<text%s x=\"%d\" y=\"%d\">%s</text>\n", named, x, y, Escaped(text));
}

// Cut to what fits in the width, with the whole as a tooltip.
std::string CutText(std::string_view kind, int x, int y, int width, const std::string& text) {
  const auto fits = static_cast<std::size_t>(std::max((width - x - kMargin) / kLetter, 8));
  if (text.size() <= fits) return Text(kind, x, y, text);
  std::size_t cut = fits - 3;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0U) == 0x80U) --cut;
  return absl::StrFormat("<g><title>%s</title>%s</g>\n", Escaped(text),
                         Text(kind, x, y, text.substr(0, cut) + "..."));
}

class Drawing {
 public:
  explicit Drawing(const ScenarioPicture& picture)
      : picture_(picture), columns_(ColumnsOf(picture)) {
    int widest = kLeastWidth;
    for (const StepPicture& step : picture.steps) {
      const std::size_t letters = Line(step).size();
      widest = std::max(widest, kMargin + kGutter + static_cast<int>(letters) * kLetter + kMargin);
    }
    for (const auto& [name, columns] : columns_) {
      widest = std::max(widest, kLabelsEnd + 8 + CellWidth(columns) * Count(columns) +
                                    (OnePageEach(columns) ? 0 : kEnd) + kMargin);
    }
    width_ = std::min(widest, kWidest);
  }

  void Print(std::ostream& out) {
    const std::string name = "Pages of " + picture_.file;
    body_ += Text("title", kMargin, y_ += 24, name);
    body_ += CutText("faint", kMargin, y_ += kLine, width_, Lead());
    Legend();
    for (const StepPicture& step : picture_.steps) Step(step);
    body_ += CutText(Failed() ? "bad" : "faint", kMargin, y_ += kLine + kGap, width_,
                     EndInWords(picture_));
    y_ += kMargin;
    out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        << absl::StrFormat(
               "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
               "aria-labelledby=\"title desc\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">\n"
               "<title id=\"title\">%s</title>\n<desc id=\"desc\">%s</desc>\n",
               width_, y_, width_, y_, Escaped(name), Escaped(Description()))
        << "<style>" << kStyle << "</style>\n"
        << "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
           "patternTransform=\"rotate(45)\"><path class=\"hatch\" d=\"M0 0v6\" "
           "stroke-opacity=\"0.35\" stroke-width=\"2\"/></pattern></defs>\n"
        << "<rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n"
        << body_ << "</svg>\n";
  }

 private:
  static int Count(const std::vector<PageRange>& columns) {
    return static_cast<int>(columns.size());
  }

  // A page's, or one that ranges get so that their first pages can be read.
  static int CellWidth(const std::vector<PageRange>& columns) {
    if (OnePageEach(columns)) return kCell;
    return std::clamp(960 / Count(columns), kCell - 3, kWidestCell);
  }
  static bool OnePageEach(const std::vector<PageRange>& columns) {
    return columns.size() == columns.back().end;
  }

  static std::string Line(const StepPicture& step) {
    const std::string turn = step.turn ? absl::StrFormat(" (turn %d)", *step.turn) : "";
    return absl::StrFormat("%s%s -> %s", step.call, turn, step.answer);
  }

  bool Failed() const { return picture_.verdict.outcome != scenario::Verdict::Outcome::kPass; }

  // The host, and the first line of what the scenario says of itself.
  std::string Lead() const {
    const std::string first = picture_.description.substr(0, picture_.description.find('\n'));
    return first.empty() ? picture_.host : picture_.host + ". " + first;
  }

  // What the picture shows, for those who don't see it.
  std::string Description() const {
    std::string text = absl::StrFormat(
        "The calls of a scenario from top to bottom, and below each the pages of the guest_memfds "
        "that it changed. %s.\n",
        EndInWords(picture_));
    for (const StepPicture& step : picture_.steps) {
      absl::StrAppendFormat(&text, "Line %d: %s", step.line, Line(step));
      for (const FilePicture& file : step.changed) {
        absl::StrAppendFormat(&text, "; %s:", file.name);
        for (const PageRow& row : file.rows) {
          absl::StrAppendFormat(&text, " %s %s", row.label, MarksIn(row, columns_.at(file.name)));
        }
      }
      for (const std::string& name : step.gone) absl::StrAppendFormat(&text, "; %s released", name);
      text += "\n";
    }
    return text;
  }

  void Legend() {
    y_ += kGap;
    const int room = width_ - 2 * kMargin - kLegendHead;
    const int columns = std::max(1, room / kLegendWidth);
    int column = 0;
    RowKind kind = MarkMeanings().front().kind;
    int y = y_;
    const auto head = [&] {
      body_ += Text("faint", kMargin, y + kLegendItem - 6, RowName(kind));
      column = 0;
    };
    head();
    for (const MarkMeaning& meaning : MarkMeanings()) {
      if (meaning.kind != kind) {
        kind = meaning.kind;
        y += kLegendItem;
        head();
      } else if (column == columns) {
        y += kLegendItem;
        column = 0;
      }
      const int x = kMargin + kLegendHead + column * (room / columns);
      body_ += Cell(meaning.kind, meaning.mark, x, y + 2, kCell);
      body_ += Text("faint", x + kCell + 6, y + kLegendItem - 6, meaning.meaning);
      ++column;
    }
    y_ = y + kLegendItem;
    body_ += Text("faint", kMargin, y_ + kLegendItem - 6,
                  "~ in a column of several pages: they differ. A frame: the call changed it.");
    y_ += kLegendItem + kGap;
  }

  void Step(const StepPicture& step) {
    body_ += absl::StrFormat("<path class=\"rule\" d=\"M%d %dH%d\"/>\n", kMargin, y_ + 4,
                             width_ - kMargin);
    y_ += kLine + 2;
    body_ += Text("faint", kMargin, y_, absl::StrFormat("%d", step.line));
    const bool quiet = step.changed.empty() && step.gone.empty();
    const bool last = &step == &picture_.steps.back() && Failed() && picture_.left_out == 0;
    const std::string_view kind = last ? "bad" : quiet ? "faint" : "";
    body_ += CutText(kind, kMargin + kGutter, y_, width_, Line(step));
    for (const FilePicture& file : step.changed) File(file);
    for (const std::string& name : step.gone) {
      body_ += Text("faint", kMargin + kGutter, y_ += kLine, name + " is released");
    }
    y_ += 4;
  }

  // The first page of each column, above it: every fourth page's, or on end where that is narrow.
  void Indices(const std::vector<PageRange>& columns, int width) {
    const bool pages = OnePageEach(columns);
    std::size_t digits = 0;
    for (const PageRange& column : columns) {
      digits = std::max(digits, absl::StrFormat("%d", column.start).size());
    }
    const int longest = static_cast<int>(digits) * kDigit;
    const bool upright = !pages && longest + 4 > width;
    y_ += upright ? longest + 6 : 16;
    int x = kLabelsEnd + 8;
    for (const PageRange& column : columns) {
      if (!pages || column.start % 4 == 0) {
        const std::string turned = upright
                                       ? absl::StrFormat(R"svg( transform="rotate(-90 %d %d)")svg",
                                                         x + width / 2 + 3, y_ - 3)
                                       : "";
        absl::StrAppendFormat(&body_, R"(<text class="index" x="%d" y="%d"%s>%d</text>)",
                              upright ? x + width / 2 + 3 : x + 2, y_ - 3, turned, column.start);
      }
      x += width;
    }
    if (!pages) {
      absl::StrAppendFormat(&body_, R"(<text class="index" x="%d" y="%d">%d pages</text>)", x + 6,
                            y_ - 3, columns.back().end);
    }
    body_ += "\n";
  }

  void File(const FilePicture& file) {
    const std::vector<PageRange>& columns = columns_.at(file.name);
    const int width = CellWidth(columns);
    const FilePicture* last = std::exchange(last_[file.name], &file);
    y_ += 8;
    Indices(columns, width);
    const bool fits = file.name.size() <= kNameLetters;
    body_ += Text("file", kMargin + kGutter, y_ - 3,
                  fits ? file.name : file.name.substr(0, kNameLetters - 3) + "...");
    for (const PageRow& row : file.rows) {
      body_ += Text("label", kLabelsEnd, y_ + kCell - 5, row.label);
      int x = kLabelsEnd + 8;
      const std::string marks = MarksIn(row, columns);
      const PageRow* before = last == nullptr ? nullptr : FindRow(*last, row.label);
      std::vector<bool> changed;
      if (before != nullptr) changed = ChangedIn(*before, row, columns);
      for (std::size_t i = 0; i < marks.size(); ++i) {
        body_ += Cell(row.kind, marks[i], x, y_, width);
        if (before != nullptr && changed[i]) {
          absl::StrAppendFormat(
              &body_, R"(<rect class="changed" x="%d" y="%d" width="%d" height="%d" rx="3"/>)",
              x + 1, y_ + 1, width - 2, kCell - 2);
        }
        x += width;
      }
      body_ += "\n";
      y_ += kCell;
    }
  }

  const ScenarioPicture& picture_;
  const std::map<std::string, std::vector<PageRange>> columns_;
  int width_ = kLeastWidth;
  int y_ = 0;
  std::string body_;
  std::map<std::string, const FilePicture*> last_;  // As each file was drawn last.
};

}  // namespace

void PrintMapSvg(const ScenarioPicture& picture, std::ostream& out) { Drawing(picture).Print(out); }

}  // namespace kvm_model::cli
