"""The pages as they were built: whether their links lead somewhere, and what can be searched."""

import html.parser
import os
import posixpath
import re
import urllib.parse

# What a page fetches by itself: (element, attribute).
FETCHED = {
    ("audio", "src"),
    ("embed", "src"),
    ("iframe", "src"),
    ("image", "href"),
    ("image", "xlink:href"),
    ("img", "src"),
    ("img", "srcset"),
    ("input", "src"),
    ("link", "href"),
    ("object", "data"),
    ("script", "src"),
    ("source", "src"),
    ("source", "srcset"),
    ("track", "src"),
    ("use", "href"),
    ("use", "xlink:href"),
    ("video", "poster"),
    ("video", "src"),
}
NETWORK = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
STYLE_FETCHES = re.compile(
    r"""(?:@import\s+(?:url\(\s*)?|url\(\s*)(?:"([^"]*)"|'([^']*)'|([^"'\s();]+))""", re.IGNORECASE
)
STYLE_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
HEADINGS = ("h1", "h2", "h3", "h4")


class _Page(html.parser.HTMLParser):
    """The anchors, links and fetches of a page, and the text under each heading of its content."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.anchors = set()
        self.repeated = set()
        self.links = []
        self.fetches = []
        self.sections = []  # [anchor, heading, words]
        self._in_style = False
        self._in_content = 0
        self._in_heading = False
        self._left_out = 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        for anchor in {values.get("id"), values.get("name") if tag == "a" else None} - {None}:
            if anchor in self.anchors:
                self.repeated.add(anchor)
            self.anchors.add(anchor)
        if tag == "a" and values.get("href") is not None:
            self.links.append(values["href"])
        for name, value in attrs:
            if (tag, name) in FETCHED and value:
                self.fetches.append(value)
            if name == "style" and value:
                self.fetches += style_fetches(value)
        self._follow(tag, values)

    def _follow(self, tag, values):
        self._in_style = self._in_style or tag == "style"
        if tag == "main":
            self._in_content += 1
        if not self._in_content:
            return
        if tag in HEADINGS and values.get("id"):
            self.sections.append([values["id"], "", ""])
            self._in_heading = True
        if "headerlink" in (values.get("class") or "").split():
            self._left_out += 1

    def handle_endtag(self, tag):
        if tag == "style":
            self._in_style = False
        if tag == "main":
            self._in_content -= 1
        if tag in HEADINGS:
            self._in_heading = False
        if tag == "a" and self._left_out:
            self._left_out -= 1

    def handle_data(self, data):
        if self._in_style:
            self.fetches += style_fetches(data)
        elif self._in_content and self.sections and not self._left_out:
            self.sections[-1][1 if self._in_heading else 2] += data


def style_fetches(text):
    """The addresses that a style sheet fetches."""
    found = STYLE_FETCHES.findall(STYLE_COMMENT.sub("", text))
    return [double or single or bare for double, single, bare in found]


class Built:
    """A folder of pages."""

    def __init__(self, folder):
        self._folder = folder
        self._files = {
            posixpath.relpath(os.path.join(place, name), folder)
            for place, _, names in os.walk(folder)
            for name in names
        }
        self.pages = {
            file: _Page(self._text(file)) for file in sorted(self._files) if file.endswith(".html")
        }

    def _text(self, file):
        with open(os.path.join(self._folder, file), encoding="utf-8") as opened:
            return opened.read()

    def has_anchor(self, page, anchor):
        return not anchor or (page in self.pages and anchor in self.pages[page].anchors)

    def problems(self):
        """What leads nowhere, and what would be fetched from elsewhere."""
        for file, page in self.pages.items():
            for link in page.links:
                yield from self._link_problems(file, link)
            for anchor in sorted(page.repeated):
                yield f"{file}: two elements have the id {anchor}"
            for fetched in page.fetches:
                yield from self._fetch_problems(file, fetched)
        for file in sorted(self._files):
            for fetched in self._fetched_by(file):
                yield from self._fetch_problems(file, fetched)

    def _fetched_by(self, file):
        """What a style sheet or a picture fetches."""
        if file.endswith(".css"):
            return style_fetches(self._text(file))
        if file.endswith(".svg"):
            return _Page(self._text(file)).fetches
        return []

    def _link_problems(self, file, link):
        parts = urllib.parse.urlsplit(link)
        if parts.scheme or parts.netloc:
            return
        there = file
        if parts.path:
            path = urllib.parse.unquote(parts.path)
            there = posixpath.normpath(posixpath.join(posixpath.dirname(file), path))
        if there not in self._files:
            yield f"{file}: {link} leads nowhere"
        elif not self.has_anchor(there, urllib.parse.unquote(parts.fragment)):
            yield f"{file}: {link}: {there} has no such anchor"

    def _fetch_problems(self, file, fetched):
        # A fragment alone is a part of the same drawing.
        if fetched.startswith(("data:", "#")):
            return
        if NETWORK.match(fetched):
            yield f"{file}: fetches {fetched} from the network"
        else:
            yield from self._link_problems(file, fetched)

    def search_entries(self, pages):
        """[address, page's title, heading, words] of each section of these pages."""
        entries = []
        for file in pages:
            sections = self.pages[file].sections
            title = sections[0][1] if sections else file
            for anchor, heading, words in sections:
                entries.append([f"{file}#{anchor}", title, heading, " ".join(words.split())])
        return entries
