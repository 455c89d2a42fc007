"""The links of a Markdown text, and the anchors of its headings, as GitHub reads them."""

import re
import urllib.parse
from typing import NamedTuple

FENCE = re.compile(r" *(```+|~~~+)")
# In angle brackets, or without blanks and with parentheses in pairs.
DESTINATION = r"(<[^<>\n]*>|(?:\\.|[^\s()<>\\]|\((?:\\.|[^\s()\\])*\))+)"
IMAGE = re.compile(r"(!\[[^\[\]]*\]\(\s*)" + DESTINATION)
INLINE_LINK = re.compile(r"(\]\(\s*)" + DESTINATION)
REFERENCE = re.compile(r"^(\[([^\]]+)\]:\s*)(<[^<>\n]*>|\S+)")
IMAGE_BY_REFERENCE = re.compile(r"!\[([^\[\]]*)\](?:\[([^\[\]]*)\])?(?![(\[])")
CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")


class Link(NamedTuple):
    """A link as it is written in a line, from 1, or an image."""

    line: int
    target: str
    image: bool = False

    def path_and_anchor(self):
        """What the target says, decoded: "a%20b.md#c" is ("a b.md", "c")."""
        path, _, anchor = re.sub(r"\\([()\\])", r"\1", self.target).partition("#")
        return urllib.parse.unquote(path), urllib.parse.unquote(anchor)


def target_of(path, anchor):
    """The path and the anchor as a link's target, which needs no brackets."""
    return urllib.parse.quote(path) + (f"#{urllib.parse.quote(anchor)}" if anchor else "")


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


class _Kept:
    """Parts of a line that are done: nothing is looked for in them."""

    def __init__(self):
        self._parts = []

    def put(self, part):
        self._parts.append(part)
        return f"\0{len(self._parts) - 1}\0"

    def restored(self, line):
        while "\0" in line:
            line = re.sub("\0(\\d+)\0", lambda found: self._parts[int(found[1])], line)
        return line


def _replaced(line, replace, image_labels):
    """The line with replace(target, is it an image) for each target outside of code."""
    kept = _Kept()

    def destination(written, image):
        if written.startswith("<"):
            return f"<{replace(written[1:-1], image)}>"
        return replace(written, image)

    def reference(found):
        return found[1] + destination(found[3], found[2].lower() in image_labels)

    line = CODE.sub(lambda found: kept.put(found[0]), line)
    line = IMAGE.sub(lambda found: kept.put(found[1] + destination(found[2], True)), line)
    line = INLINE_LINK.sub(lambda found: found[1] + destination(found[2], False), line)
    return kept.restored(REFERENCE.sub(reference, line))


def _image_labels(lines):
    """The labels of reference definitions that images name, in lower case."""
    labels = set()
    for _, line in _outside_of_fences(lines):
        for alternative, label in IMAGE_BY_REFERENCE.findall(CODE.sub("", line)):
            labels.add((label or alternative).lower())
    return labels


def replace_links(text, replace):
    """The text with replace(Link) in the place of each target of a link or an image."""
    lines = text.splitlines()
    labels = _image_labels(lines)
    for index, line in list(_outside_of_fences(lines)):

        def at_line(target, image, at=index + 1):
            return replace(Link(at, target, image))

        lines[index] = _replaced(line, at_line, labels)
    return "\n".join(lines) + "\n"


def slug(heading, _separator="-"):
    """The anchor that GitHub gives to a heading, were it the only one of its name."""
    return re.sub(r"[^\w\- ]", "", heading.lower().strip()).replace(" ", "-")


def anchors(headings):
    """The anchors of a page's headings: the second of a name ends with -1."""
    given = []
    for heading in headings:
        name = anchor = slug(heading)
        number = 0
        while anchor in given:
            number += 1
            anchor = f"{name}-{number}"
        given.append(anchor)
    return given
