"""The pages of a scenario's guest_memfd, call by call: a strip of pictures from top to bottom."""

from drawing import MARGIN, WIDTH, Drawing, wrapped

LEFT = 76
CELL = 43
PAGE = 26
MARKS = 18
LETTERS = 50
SHARED_MARK = {"host": "H", "guest": "G"}
LEGEND = {
    "attributes": "S shared, P private (hatched)",
    "contents": "the letter: the page's first byte; none: a hole",
    "host": "the process has the page in its page tables",
    "guest": "the guest has it in its page tables",
    "pins": "pinned: somebody outside of KVM holds it",
    "changed": "the call changed this",
}


def after_setup(steps):
    """The steps from the last that only makes the world: its memslot, or else its mapping."""
    for name in ("set_user_memory_region2", "mmap"):
        for index, step in enumerate(steps):
            if f"{name}(" in step.call:
                return steps[index:]
    return steps


def _page(drawing, x, y, rows, page):
    private = rows["attributes"][page] == "P"
    drawing.box("private" if private else "shared", x, y, CELL - 2, PAGE)
    drawing.text(x + 4, y + 11, rows["attributes"][page], "faint", 9)
    byte = rows["contents"][page]
    if byte != ".":
        drawing.text(x + CELL / 2 + 2, y + PAGE - 8, byte, "strong", 13, "middle")


def _mark(drawing, kind, x, y, mark):
    if kind == "pins" and mark != ".":
        drawing.path("pin", f"M{x:g} {y - 7:g}l7 7l-7 7l-7 -7z", y + 7)
        drawing.text(x, y + 4, mark, "", 11, "middle")
    elif mark == SHARED_MARK.get(kind):
        if kind == "host":
            drawing.circle("host", x, y, 5)
        else:
            drawing.box("guest", x - 5, y - 5, 10, 10)
    else:
        drawing.circle("hole", x, y, 1.5)


def _frame(drawing, y, step, before, kinds):
    """One step's pages; returns where they end."""
    pages = len(step.rows["attributes"])
    for page in range(pages):
        x = LEFT + page * CELL
        _page(drawing, x, y, step.rows, page)
        for kind in ("attributes", "contents"):
            if before and before.rows[kind][page] != step.rows[kind][page]:
                drawing.box("changed", x, y, CELL - 2, PAGE, 3)
    drawing.text(LEFT - 8, y + PAGE - 8, "pages", "faint", 12, "end")
    y += PAGE
    for kind in kinds:
        drawing.text(LEFT - 8, y + 13, kind, "faint", 12, "end")
        for page in range(pages):
            x = LEFT + page * CELL + CELL / 2 - 1
            _mark(drawing, kind, x, y + MARKS / 2, step.rows[kind][page])
            if before and before.rows[kind][page] != step.rows[kind][page]:
                drawing.box("changed", x - CELL / 2 + 3, y + 1, CELL - 6, MARKS - 2, 3)
        y += MARKS
    return y


def _legend(drawing, y, kinds):
    drawing.line(MARGIN, y, WIDTH - MARGIN, y)
    y += 18
    for kind in ("attributes", "contents", *kinds, "changed"):
        x = MARGIN + 12
        if kind == "attributes":
            drawing.box("shared", MARGIN, y - 10, 12, 14)
            drawing.box("private", MARGIN + 12, y - 10, 12, 14)
        elif kind == "contents":
            drawing.text(x, y, "A", "strong", 13, "middle")
        elif kind == "changed":
            drawing.box("changed", MARGIN + 2, y - 10, 20, 14, 3)
        else:
            _mark(drawing, kind, x, y - 4, SHARED_MARK.get(kind, "1"))
        drawing.text(MARGIN + 34, y, LEGEND[kind], "faint", 12)
        y += 19


def draw(title, steps, kinds):
    """The strip of these steps, with a row for each of `kinds` (host, guest, pins) below pages."""
    described = " ".join(
        f"{step.call} answers {step.answer}: "
        + ", ".join(f"{kind} {step.rows[kind]}" for kind in ("attributes", "contents", *kinds))
        + "."
        for step in steps
    )
    drawing = Drawing(title, described)
    y, before = MARGIN, None
    for step in steps:
        for words in wrapped(step.call, LETTERS):
            y += 16
            drawing.text(MARGIN, y, words, "", 13)
        y += 16
        failed = step.answer[:1].isupper()
        drawing.text(MARGIN + 16, y, f"-> {step.answer}", "bad" if failed else "accent", 13)
        y += 6
        if before is None or before.rows != step.rows:
            y = _frame(drawing, y, step, before, kinds)
        y += 8
        before = step
    _legend(drawing, y, kinds)
    return drawing.svg()
