"""Pictures of one kind each: a ladder of checks, curves of costs, a line of time."""

import math

from drawing import MARGIN, WIDTH, Drawing, wrapped


def ladder(title, record):
    """The decisions of a call, from a record of `run --trace`: each check and each thing done."""
    steps = [step for step in record["trail"] if step["kind"] in ("enter", "predicate", "effect")]
    drawing = Drawing(title, " ".join(step["text"] + "." for step in steps))
    top = min(step["depth"] for step in steps)
    y = MARGIN
    for step in steps:
        x = MARGIN + 10 * (step["depth"] - top)
        kind = step["kind"]
        words = step["text"].removeprefix("* ").partition(" (")[0]
        if kind == "predicate":
            words = f"{step['condition']}: {'yes' if step['outcome'] else 'no'}"
        for number, line in enumerate(wrapped(words, 48 - (step["depth"] - top))):
            y += 16
            if kind == "effect" and not number:
                drawing.box("changed", x, y - 9, 9, 9, 2)
            elif kind == "predicate" and not number:
                drawing.circle("dot", x + 4, y - 4, 3)
            weight = {"enter": "strong", "effect": "accent", "predicate": ""}[kind]
            drawing.text(x + (0 if kind == "enter" else 16), y, line, weight, 12)
    answer = record["answer"]["text"]
    drawing.text(MARGIN, y + 22, f"-> {answer}", "strong")
    drawing.line(MARGIN, y + 34, WIDTH - MARGIN, y + 34)
    drawing.text(MARGIN, y + 52, "bold: a function; dot: a check; frame: what is done", "faint", 12)
    return drawing.svg()


def rows_of(text):
    """The rows of a table of tab-separated values as dictionaries; # begins a comment."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    names = lines[0].split("\t")
    return [dict(zip(names, line.split("\t"))) for line in lines[1:]]


CURVES = (
    ("model", "the model's ranges"),
    ("std_map", "ranges in std::map"),
    ("bitmap", "a bit for each page"),
    ("bytes", "a byte for each page"),
)
LEFT, RIGHT, TOP, BOTTOM = 62, WIDTH - 16, 34, 300


def curves(title, text):
    """Costs of a conversion by its pages, as multiples of the model's in the same row."""
    rows = rows_of(text)
    ratios = {
        name: [float(row[name]) / float(row["model"]) for row in rows] for name, _ in CURVES
    }
    pages = [int(row["pages"]) for row in rows]
    described = "; ".join(
        f"{words}: {ratios[name][0]:.2g} at {pages[0]} page, {ratios[name][-1]:.2g} at "
        f"{pages[-1]}"
        for name, words in CURVES
    )
    drawing = Drawing(title, f"Time of a conversion over the model's. {described}.")
    decades = range(-1, math.ceil(math.log10(max(map(max, ratios.values())))) + 1)

    def x_of(count):
        return LEFT + (RIGHT - LEFT) * math.log2(count) / math.log2(pages[-1])

    def y_of(ratio):
        share = (math.log10(ratio) - decades[0]) / (decades[-1] - decades[0])
        return BOTTOM - (BOTTOM - TOP) * share

    drawing.text(MARGIN, 22, "time, the model's = 1", "strong", 12)
    for decade in decades:
        y = y_of(10.0**decade)
        drawing.line(LEFT, y, RIGHT, y)
        label = f"{10.0 ** decade:g}".replace("e+0", "e")
        drawing.text(LEFT - 6, y + 4, label, "faint", 12, "end")
    for count in pages[::2]:
        power = round(math.log2(count))
        drawing.text(x_of(count), BOTTOM + 18, f"2^{power}", "faint", 12, "middle")
    drawing.text((LEFT + RIGHT) / 2, BOTTOM + 38, "pages in one conversion", "strong", 12, "middle")
    y = BOTTOM + 62
    for number, (name, words) in enumerate(CURVES):
        points = [
            f"{x_of(count):.1f} {y_of(ratio):.1f}" for count, ratio in zip(pages, ratios[name])
        ]
        drawing.path(f"curve curve{number}", "M" + "L".join(points))
        drawing.path(f"curve curve{number}", f"M{MARGIN} {y - 4}h44", y)
        drawing.text(MARGIN + 56, y, words, "", 12)
        y += 19
    return drawing.svg()


def _mark(drawing, kind, x, y):
    if kind == "bend":
        drawing.box("guest", x - 6, y - 6, 12, 12)
    else:
        drawing.circle("dot", x, y, 5)


def timeline(title, text):
    """What happened when, from top to bottom: rows of date, name, kind and what."""
    rows = rows_of(text)
    told = [f"{row['date']} {row['name']}: {row['what']}." for row in rows]
    drawing = Drawing(title, " ".join(told))
    x, y, first = 112, MARGIN + 10, MARGIN + 6
    for row in rows:
        last = y
        drawing.text(x - 14, y + 5, row["date"], "faint", 12, "end")
        drawing.text(x + 16, y + 5, row["name"], "strong")
        for line in wrapped(row["what"], 40):
            y += 17
            drawing.text(x + 16, y + 5, line, "", 12)
        y += 30
    drawing.line(x, first, x, last)
    y = MARGIN + 10
    for row in rows:
        _mark(drawing, row["kind"], x, y)
        y += 17 * len(wrapped(row["what"], 40)) + 30
    for kind, words in (("bend", "what a program sees of content modes changed"), ("step", "else")):
        _mark(drawing, kind, MARGIN + 8, y)
        drawing.text(MARGIN + 24, y + 5, words, "faint", 12)
        y += 20
    return drawing.svg()
