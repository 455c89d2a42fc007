"""A picture in one SVG file: light or dark as the reader has it, and no text outside of it."""

import html

WIDTH = 440
MARGIN = 12
# Of a letter, in parts of its height: no monospaced face in use is wider.
LETTER = 0.61

STYLE = """
svg { --ground: #ffffff; --text: #1a1a1a; --faint: #5c5c5c; --rule: #c4c4c4; --shared: #cfe6f7;
  --private: #f6cfa8; --hatch: #b3470a; --raised: #eceef1; --host: #1b7a3d; --guest: #8a2f8f;
  --pin: #a8123a; --accent: #0b5fa5; }
@media (prefers-color-scheme: dark) {
  svg { --ground: #15181c; --text: #e6e6e6; --faint: #a3a8ae; --rule: #4a5057; --shared: #1d4260;
    --private: #6b3a12; --hatch: #ff9e5e; --raised: #262c33; --host: #6fd08c; --guest: #e29be6;
    --pin: #ff8aa5; --accent: #6db7ff; }
}
text { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  fill: var(--text); }
.faint { fill: var(--faint); } .bad { fill: var(--pin); font-weight: 700; }
.strong { font-weight: 700; } .accent { fill: var(--accent); }
.ground { fill: var(--ground); } .rule { stroke: var(--rule); fill: none; }
.arrow { stroke: var(--text); fill: none; }
.raised { fill: var(--raised); stroke: var(--rule); }
.shared { fill: var(--shared); stroke: var(--ground); }
.private { fill: var(--private); stroke: var(--ground); } .hatch { stroke: var(--hatch); }
.hole { fill: none; stroke: var(--rule); stroke-dasharray: 2 2; }
.host { fill: var(--host); } .guest { fill: var(--guest); }
.pin { fill: none; stroke: var(--pin); stroke-width: 1.5; }
.changed { fill: none; stroke: var(--accent); stroke-width: 2; }
.curve { fill: none; stroke-width: 2; } .curve0 { stroke: var(--accent); }
.curve1 { stroke: var(--guest); stroke-dasharray: 7 3; }
.curve2 { stroke: var(--hatch); stroke-dasharray: 2 3; }
.curve3 { stroke: var(--host); stroke-dasharray: 9 3 2 3; }
.dot { fill: var(--accent); }
"""
HATCH = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><path class="hatch" d="M0 0v6" stroke-opacity="0.35" '
    'stroke-width="2"/></pattern></defs>'
)


class Drawing:
    """Grows downwards; what is drawn last lies on top."""

    def __init__(self, title, description):
        self._title = title
        self._description = description
        self._parts = []
        self.bottom = MARGIN

    def text(self, x, y, words, kind="", size=13, anchor="start"):
        """Words whose base line is at y. A text that would be cut is a ValueError."""
        length = len(words) * size * LETTER
        start = {"start": x, "middle": x - length / 2, "end": x - length}[anchor]
        if start < 0 or start + length > WIDTH:
            raise ValueError(f"{words!r} takes {start:.0f} to {start + length:.0f} of {WIDTH}")
        named = f' class="{kind}"' if kind else ""
        where = f' text-anchor="{anchor}"' if anchor != "start" else ""
        self._add(
            f'<text{named}{where} x="{x:g}" y="{y:g}" font-size="{size}">{html.escape(words)}'
            "</text>",
            y + size / 2,
        )

    def box(self, kind, x, y, width, height, round_by=0):
        corners = f' rx="{round_by}"' if round_by else ""
        area = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"{corners}'
        self._add(f'<rect class="{kind}" {area}/>', y + height)
        if kind == "private":
            self._add(f'<rect fill="url(#hatch)" {area}/>', y + height)

    def circle(self, kind, x, y, radius):
        self._add(f'<circle class="{kind}" cx="{x:g}" cy="{y:g}" r="{radius:g}"/>', y + radius)

    def path(self, kind, steps, bottom=0):
        self._add(f'<path class="{kind}" d="{steps}"/>', bottom)

    def line(self, x1, y1, x2, y2, kind="rule"):
        self.path(kind, f"M{x1:g} {y1:g}L{x2:g} {y2:g}", max(y1, y2))

    def arrow(self, x, y1, y2):
        """Downwards."""
        self.path("arrow", f"M{x:g} {y1:g}V{y2:g}m-4 -6l4 6l4 -6", y2)

    def _add(self, part, bottom):
        self._parts.append(part)
        self.bottom = max(self.bottom, bottom)

    def svg(self):
        height = round(self.bottom + MARGIN)
        return "\n".join(
            [
                '<?xml version="1.0" encoding="UTF-8"?>',
                '<svg xmlns="http://www.w3.org/2000/svg" role="img" '
                f'aria-labelledby="title desc" viewBox="0 0 {WIDTH} {height}" '
                f'width="{WIDTH}" height="{height}">',
                f'<title id="title">{html.escape(self._title)}</title>',
                f'<desc id="desc">{html.escape(self._description)}</desc>',
                f"<style>{STYLE}</style>",
                HATCH,
                '<rect class="ground" width="100%" height="100%"/>',
                *self._parts,
                "</svg>",
                "",
            ]
        )


def wrapped(words, letters):
    """The words in lines of at most so many letters, cut at blanks."""
    lines = [""]
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) > letters and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
