"""A page that is one file: no scripts, nothing fetched, readable on a phone and in the dark."""

import html

# Colours of lines that are told apart, on light and on dark ground; each line has a marker and a
# dash of its own besides.
LIGHT_LINES = "#0b5fa5 #b3470a #1b7a3d #8a2f8f #7a6200 #a8123a #00707a #555555".split()
DARK_LINES = "#6db7ff #ff9e5e #6fd08c #e29be6 #e0c34c #ff8aa5 #5fd4dd #bbbbbb".split()


def _line_colours(colours):
    return " ".join(f"--line{index}: {colour};" for index, colour in enumerate(colours))


STYLE = f"""
:root {{ color-scheme: light dark; --ground: #ffffff; --text: #1a1a1a; --faint: #5c5c5c;
  --rule: #d4d4d4; --model: #e8f1fb; --behind: #a8123a; {_line_colours(LIGHT_LINES)} }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ground: #15181c; --text: #e6e6e6; --faint: #a3a8ae; --rule: #3a4046;
    --model: #1d2c3d; --behind: #ff8aa5; {_line_colours(DARK_LINES)} }}
}}
""" + """
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 75rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.2; } h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; }
h1, h2, p, dd, li { overflow-wrap: anywhere; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; list-style: none; }
a { color: var(--line0); }
.scroll { overflow-x: auto; margin: .5rem 0 1.5rem; }
.scroll:focus-visible { outline: 2px solid var(--line0); }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--faint); padding: .25rem 0; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--rule); text-align: right;
  white-space: nowrap; vertical-align: top; }
th.text, td.text { text-align: left; }
thead th { border-bottom: 2px solid var(--rule); }
td.model, th.model { background: var(--model); font-weight: 600; }
small { color: var(--faint); font-weight: 400; display: block; }
.behind { color: var(--behind); font-weight: 600; }
dl { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .2rem 1rem; }
dt { color: var(--faint); } dd { margin: 0; }
.charts { display: flex; flex-wrap: wrap; gap: 1rem; }
figure { margin: .5rem 0 1.5rem; max-width: 100%; overflow-x: auto; }
svg { display: block; font: 12px system-ui, sans-serif; fill: var(--text); }
svg .rule { stroke: var(--rule); } svg .axis { stroke: var(--text); }
svg .line { fill: none; stroke-width: 1.5; } svg .emphasis { stroke-width: 3.5; }
""" + "\n".join(
    f"svg .line{index} {{ stroke: var(--line{index}); }}" for index in range(len(LIGHT_LINES))
)


def escape(text):
    return html.escape(str(text), quote=True)


def document(title, body):
    """A whole page; the body is HTML."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}\n</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{escape(title)}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def section(title, body, anchor=None):
    """A part of a page with a heading; the body is HTML."""
    named = f' id="{escape(anchor)}"' if anchor else ""
    return f"<section{named}>\n<h2>{escape(title)}</h2>\n{body}\n</section>\n"


def cell(content, tag="td", kind="", scope=""):
    """A table's cell; its content is HTML."""
    kind = f' class="{kind}"' if kind else ""
    scope = f' scope="{scope}"' if scope else ""
    return f"<{tag}{kind}{scope}>{content}</{tag}>"


def scrolling_table(caption, heading, rows, left=1, marked=None):
    """A table that scrolls within its own box. Cells are HTML; the first `left` columns are text;
    the column `marked` stands out. A row is opened by its first cell."""

    def kind(column):
        words = ["text"] * (column < left) + ["model"] * (column == marked)
        return " ".join(words)

    head = "".join(cell(text, "th", kind(column), "col") for column, text in enumerate(heading))
    body = "".join(
        "<tr>"
        + cell(row[0], "th", kind(0), "row")
        + "".join(cell(text, "td", kind(column)) for column, text in enumerate(row) if column)
        + "</tr>\n"
        for row in rows
    )
    return (
        f'<div class="scroll" role="region" aria-label="{escape(caption)}" tabindex="0"><table>\n'
        f"<caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{body}</tbody>\n</table></div>\n"
    )
