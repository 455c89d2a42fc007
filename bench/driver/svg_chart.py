"""Charts of lines as SVG within a page. Lines differ by colour, by marker and by dash."""

import math
from typing import NamedTuple

from html_page import LIGHT_LINES, escape

# Pixels: the size, what is kept free around the plot, and of the legend below it.
SIZE, SMALL_SIZE = (720, 400), (360, 220)
LEFT, RIGHT, TOP, BOTTOM = 74, 16, 14, 48
LEGEND_ITEM, LEGEND_ROW, LEGEND_SAMPLE = 168, 20, 36
MARKER = 4

# How many decades are so many that only powers of ten are labelled.
MANY_DECADES = 2
DASHES = ("", "7 4", "2 3", "9 3 2 3", "12 5")


class Line(NamedTuple):
    """A named line through points (x, y). Lines of another style look otherwise."""

    name: str
    points: list
    emphasis: bool
    style: int = 0


class Axis(NamedTuple):
    """An axis from low to high with (value, text) at its ticks."""

    label: str
    low: float
    high: float
    ticks: list
    logarithmic: bool

    def place(self, value):
        """Where a value lies: 0 at the low end, 1 at the high one."""
        if self.logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


class Axes(NamedTuple):
    """Both axes, and what the chart shows."""

    x: Axis
    y: Axis
    title: str


def _steps(low, high):
    """The numbers 1, 2 and 5 times a power of ten around low to high."""
    exponents = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)
    steps = [factor * 10.0**exponent for exponent in exponents for factor in (1, 2, 5)]
    first = max(index for index, step in enumerate(steps) if step <= low * (1 + 1e-9))
    last = min(index for index, step in enumerate(steps) if step >= high * (1 - 1e-9))
    return steps[first : max(last, first + 1) + 1]


def log_axis(label, values, text):
    """A logarithmic axis around values above 0; `text` words a tick's value."""
    steps = _steps(min(values), max(values))
    ticks = steps
    if steps[-1] / steps[0] > 10**MANY_DECADES:
        ticks = [step for step in steps if math.isclose(math.log10(step) % 1, 0, abs_tol=1e-6)]
    return Axis(label, steps[0], steps[-1], [(tick, text(tick)) for tick in ticks], True)


def ratio_axis(lines):
    """A linear axis from 0 for ratios around 1."""
    highest = max([1.0, *(y for line in lines for _, y in line.points)])
    step = next(step for step in _steps(highest / 5, highest) if highest / step <= 5)
    ticks = [(step * count, f"{step * count:g}") for count in range(int(highest / step) + 2)]
    return Axis("relative to the first run", 0, ticks[-1][0], ticks, False)


def run_axis(count):
    """A linear axis of the runs' numbers, of which at most ten are labelled."""
    every = max(1, math.ceil(count / 10))
    ticks = [(number, str(number)) for number in range(1, count + 1, every)]
    return Axis("run", 0.5, count + 0.5, ticks, False)


def count_text(value):
    """1, 20, 5k, 1M, 2G."""
    for factor, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= factor:
            return f"{value / factor:g}{letter}"
    return f"{value:g}"


def time_text(value):
    """Nanoseconds: 5 ns, 20 µs, 1 ms, 2 s."""
    for factor, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if value >= factor:
            return f"{value / factor:g} {unit}"
    return f"{value:g} ns"


def _marker(style, x, y):
    """The path of a marker's shape, which is the style's."""
    r = MARKER
    shapes = (
        f"M{x - r:.1f} {y:.1f}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0z",
        f"M{x - r:.1f} {y - r:.1f}h{2 * r}v{2 * r}h{-2 * r}z",
        f"M{x:.1f} {y - r:.1f}l{r} {2 * r}h{-2 * r}z",
        f"M{x:.1f} {y - r - 1:.1f}l{r + 1} {r + 1}l{-r - 1} {r + 1}l{-r - 1} {-r - 1}z",
        f"M{x - r:.1f} {y - r:.1f}l{2 * r} {2 * r}m0 {-2 * r}l{-2 * r} {2 * r}",
        f"M{x - r:.1f} {y:.1f}h{2 * r}m{-r} {-r}v{2 * r}",
    )
    return shapes[style % len(shapes)]


def _stroke(line):
    """The attributes that tell a line from others."""
    emphasis = " emphasis" if line.emphasis else ""
    dash = DASHES[line.style % len(DASHES)]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'class="line line{line.style % len(LIGHT_LINES)}{emphasis}"', dashed


def _drawn_line(line, at):
    places = [at(*point) for point in line.points]
    kind, dashed = _stroke(line)
    route = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    markers = "".join(
        f'<path d="{_marker(line.style, *place)}"><title>{escape(line.name)}: '
        f"{point[0]:g}, {point[1]:.4g}</title></path>"
        for place, point in zip(places, line.points)
    )
    return f'<polyline {kind}{dashed} points="{route}"/><g {kind}>{markers}</g>\n'


def _legend(lines, top, columns):
    items = []
    for index, line in enumerate(lines):
        x = LEFT + index % columns * LEGEND_ITEM
        y = top + index // columns * LEGEND_ROW
        kind, dashed = _stroke(line)
        weight = ' font-weight="bold"' if line.emphasis else ""
        items.append(
            f'<path {kind}{dashed} d="M{x} {y}h{LEGEND_SAMPLE}"/>'
            f'<path {kind} d="{_marker(line.style, x + LEGEND_SAMPLE / 2, y)}"/>'
            f'<text x="{x + LEGEND_SAMPLE + 6}" y="{y + 4}"{weight}>{escape(line.name)}</text>\n'
        )
    return "".join(items)


def _grid(axes, width, height):
    """The rules and labels of the ticks, and what the axes are."""
    parts = []
    for value, text in axes.x.ticks:
        x = LEFT + axes.x.place(value) * width
        parts.append(f'<path class="rule" d="M{x:.1f} {TOP}v{height}"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{TOP + height + 16}" text-anchor="middle">{escape(text)}</text>'
        )
    for value, text in axes.y.ticks:
        y = TOP + (1 - axes.y.place(value)) * height
        parts.append(f'<path class="rule" d="M{LEFT} {y:.1f}h{width}"/>')
        parts.append(
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{escape(text)}</text>'
        )
    parts.append(f'<path class="axis" fill="none" d="M{LEFT} {TOP}v{height}h{width}"/>')
    parts.append(
        f'<text x="{LEFT + width / 2:.1f}" y="{TOP + height + 36}" text-anchor="middle">'
        f"{escape(axes.x.label)}</text>"
    )
    middle = TOP + height / 2
    parts.append(
        f'<text transform="translate(14 {middle:.1f}) rotate(-90)" text-anchor="middle">'
        f"{escape(axes.y.label)}</text>"
    )
    return "\n".join(parts) + "\n"


def chart(axes, lines, small=False):
    """A figure with the lines; those with emphasis are drawn last, above the others."""
    full_width, full_height = SMALL_SIZE if small else SIZE
    width, height = full_width - LEFT - RIGHT, full_height - TOP - BOTTOM
    columns = max(1, (full_width - LEFT) // LEGEND_ITEM)
    rows = math.ceil(len(lines) / columns)
    whole_height = full_height + rows * LEGEND_ROW + 4

    def at(x, y):
        return LEFT + axes.x.place(x) * width, TOP + (1 - axes.y.place(y)) * height

    drawn = "".join(_drawn_line(line, at) for line in sorted(lines, key=lambda one: one.emphasis))
    return (
        f"<figure>\n<figcaption>{escape(axes.title)}</figcaption>\n"
        f'<svg role="img" aria-label="{escape(axes.title)}" width="{full_width}" '
        f'height="{whole_height}" viewBox="0 0 {full_width} {whole_height}">\n'
        f"{_grid(axes, width, height)}{drawn}"
        f"{_legend(lines, full_height + LEGEND_ROW / 2, columns)}</svg>\n</figure>\n"
    )
