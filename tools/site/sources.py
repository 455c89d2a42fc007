"""The pages of the site as Markdown: the documentation, and the files that it leads to.

The site has the repository's folders. A page of the documentation lies where it lies; a file of
another kind to which a link leads is shown by a page of its own, FILE.md, and a folder by a page
that lists what is in it, or by its README.md. A picture is copied.
"""

import os
import posixpath
import re
import subprocess
from typing import NamedTuple

from markdown_links import replace_links, target_of
from fault import Fault

ENTRANCE = "README.md"
# What is read first stands first; other pages of docs/ follow.
ORDER = (
    "docs/command-line.md",
    "docs/scenario-language.md",
    "docs/cpp-guide.md",
    "docs/migration.md",
)
PROJECT = (
    "docs/architecture.md",
    "docs/fidelity.md",
    "docs/performance.md",
    "docs/benchmarks.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
)
COURSE = "docs/course/"
REFERENCE = "docs/reference/"
# Start of a page's name in docs/reference/ -> the group that it belongs to.
REFERENCE_GROUPS = {
    "arch-": "Capabilities by architecture",
    "group-": "Capabilities by subject",
    "capability-": "Single capabilities",
    "revision-": "Between two revisions",
}
LANGUAGES = {
    ".bzl": "python",
    ".cc": "cpp",
    ".h": "cpp",
    ".json": "json",
    ".py": "python",
    ".sh": "bash",
    "BUILD": "python",
    "WORKSPACE": "python",
}


class Placed(NamedTuple):
    """A link of the documentation, and the page of the site that it leads to."""

    file: str
    line: int
    target: str
    page: str  # as Markdown, "docs/x.md"
    anchor: str


def tracked_files(root):
    """What git tracks in the tree, and what it would track."""
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z"]
        + ["--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Fault([f"{root} is no clone: {done.stderr.strip()}"], code=2)
    return sorted(
        file for file in set(done.stdout.split("\0")) if os.path.isfile(os.path.join(root, file))
    )


def is_documentation(file):
    return file.endswith(".md") and (file.startswith("docs/") or "/" not in file)


class Sources:
    """The pages, made from a tree's files."""

    def __init__(self, root):
        self._root = root
        self._files = tracked_files(root)
        self._folders = {""} | {
            folder for file in self._files for folder in _folders_above(file)
        }
        self.pages = {}  # path -> Markdown
        self.pictures = {}  # path in the site -> file
        self._made = {}  # a page that is no file -> what makes it
        self.links = []
        self.problems = []
        waiting = [file for file in self._files if is_documentation(file)]
        if ENTRANCE not in waiting:
            raise Fault([f"{root} has no {ENTRANCE}"], code=2)
        self._waiting = waiting
        while self._waiting:
            self._add(self._waiting.pop())

    def documentation(self):
        return [page for page in self.pages if page in self._files and is_documentation(page)]

    def _text(self, file):
        with open(os.path.join(self._root, file), encoding="utf-8", errors="replace") as opened:
            return opened.read()

    def _add(self, page):
        if page in self.pages:
            return
        if page in self._files and page.endswith(".md"):
            self.pages[page] = ""
            self.pages[page] = replace_links(self._text(page), lambda link: self._place(page, link))
        else:
            self.pages[page] = self._made[page]()

    def _page_of(self, path):
        """The page that shows a file or folder; None for what isn't there."""
        if path in self._files and path.endswith(".md"):
            return path
        readme = posixpath.join(path, "README.md")
        if readme in self._files:
            return readme
        if path in self._files:
            page = f"{_visible(path)}.md"
            self._made[page] = lambda: self._shown(path)
        elif path in self._folders:
            page = posixpath.join(_visible(path), "index.md")
            self._made[page] = lambda: self._listing(path, posixpath.dirname(page))
        else:
            return None
        return page

    def _place(self, file, link):
        """What stands for a link's target in the site."""
        if re.match(r"[a-z][a-z0-9+.-]*:", link.target, re.IGNORECASE):
            return link.target
        path, anchor = link.path_and_anchor()
        folder = posixpath.dirname(file)
        there = posixpath.normpath(posixpath.join(folder, path)) if path else file
        page = self._picture(there) if link.image else self._page_of("" if there == "." else there)
        if page is None:
            self.problems.append(f"{file}:{link.line}: {link.target} doesn't exist")
            return link.target
        if not link.image:
            self.links.append(Placed(file, link.line, link.target, page, anchor))
            self._waiting.append(page)
        if not path:
            return link.target
        return target_of(posixpath.relpath(page, folder or "."), anchor)

    def _picture(self, file):
        """Where a picture lies in the site; None for what isn't there."""
        if file not in self._files:
            return None
        self.pictures[_visible(file)] = file
        return _visible(file)

    def _shown(self, file):
        """The page of a file of another kind."""
        text = self._text(file)
        longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
        fence = "`" * max(3, longest + 1)
        name = posixpath.basename(file)
        language = LANGUAGES.get(name) or LANGUAGES.get(posixpath.splitext(name)[1], "text")
        if re.match(r"#!.*\b(ba)?sh\b", text):
            language = "bash"
        return f"# {name}\n\n`{file}`\n\n{fence}{language}\n{text.rstrip()}\n{fence}\n"

    def _listing(self, folder, place):
        """The page of a folder, which lies in the site's folder `place`."""
        start = f"{folder}/" if folder else ""
        below = {file.removeprefix(start) for file in self._files if file.startswith(start)}
        inside = sorted({path.partition("/")[0] for path in below})
        lines = [f"# {folder}/", ""]
        for name in inside:
            page = self._page_of(start + name)
            self._waiting.append(page)
            shown = name + ("" if start + name in self._files else "/")
            lines.append(f"- [`{shown}`]({target_of(posixpath.relpath(page, place or '.'), '')})")
        return "\n".join(lines) + "\n"


def _visible(path):
    """The path with another name for what is hidden, which MkDocs leaves out."""
    return re.sub(r"(^|/)\.(?=[^/])", r"\1_", path)


def _folders_above(file):
    while "/" in file:
        file = posixpath.dirname(file)
        yield file


def navigation(pages):
    """MkDocs' `nav` of the documentation: each page once."""
    left = [page for page in pages if page != ENTRANCE]

    def take(wanted):
        taken = [page for page in wanted if page in left]
        left[:] = [page for page in left if page not in taken]
        return taken

    course = take([COURSE + "README.md"])
    course += take(sorted(page for page in left if page.startswith(COURSE)))
    first = take(ORDER)
    project = take(PROJECT)
    reference = take([REFERENCE + "README.md", REFERENCE + "hosts.md", REFERENCE + "revisions.md"])
    for start, title in REFERENCE_GROUPS.items():
        group = take(sorted(page for page in left if page.startswith(REFERENCE + start)))
        if group:
            reference.append({title: group})
    reference += take(sorted(page for page in left if page.startswith(REFERENCE)))
    guide = first + sorted(left)
    groups = [("Course", course), ("Guide", guide), ("Reference", reference)]
    groups.append(("Project", project))
    return [{"Start": ENTRANCE}] + [{title: inside} for title, inside in groups if inside]
