"""The links of a Markdown text, and the anchors of its headings, as GitHub reads them."""

import re
from typing import NamedTuple

FENCE = re.compile(r" *(```+|~~~+)")
INLINE_LINK = re.compile(r"(\]\(\s*<?)([^)>\s]+)")
REFERENCE = re.compile(r"^(\[[^\]]+\]:\s*)(\S+)")
CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")


class Link(NamedTuple):
    """A link as it is written in a line, from 1."""

    line: int
    target: str


def _outside_of_fences(lines):
    """(index, line) of the lines that are no code."""
    mark = None
    for index, line in enumerate(lines):
        fence = FENCE.match(line)
        if mark is None and fence:
            mark = fence[1]
        elif mark is not None and line.strip() == mark:
            mark = None
        elif mark is None:
            yield index, line


def _replaced(line, replace):
    """The line with replace(target) for each target of a link outside of code."""
    codes = []

    def keep(found):
        codes.append(found[0])
        return f"\0{len(codes) - 1}\0"

    def with_target(found):
        return found[1] + replace(found[2])

    line = CODE.sub(keep, line)
    line = REFERENCE.sub(with_target, INLINE_LINK.sub(with_target, line))
    return re.sub("\0(\\d+)\0", lambda found: codes[int(found[1])], line)


def replace_links(text, replace):
    """The text with replace(Link) in the place of each link's target."""
    lines = text.splitlines()
    for index, line in list(_outside_of_fences(lines)):
        lines[index] = _replaced(line, lambda target, at=index + 1: replace(Link(at, target)))
    return "\n".join(lines) + "\n"


def slug(heading, _separator="-"):
    """The anchor that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower().strip()).replace(" ", "-")
