"""Builds the documentation as pages, with MkDocs: `tools/workspace/docs-site`.

  build_site.py ROOT DIR

Every page is checked before DIR is touched. Exit codes: 0; 1 the documentation has a broken link, a
missing anchor or another fault, which is told with its file and line; 2 DIR can't be written.
"""

import json
import logging
import os
import shutil
import sys
import tempfile

import mkdocs.config
import mkdocs.exceptions
import pygments.formatters
from mkdocs.commands import build

from built_pages import Built
from fault import Fault
from sources import Sources, navigation

NAME = "kvm_model"
THEME = os.path.join(os.path.dirname(os.path.abspath(__file__)), "theme")
LIGHT, DARK = "default", "github-dark"
# By it a folder is known to be a site, which may be replaced.
SEARCH_INDEX = "assets/search-index.js"
# MkDocs writes them for an address that the site hasn't got.
UNWANTED = ("sitemap.xml", "sitemap.xml.gz")


class _Warnings(logging.Handler):
    """MkDocs' warnings, each of which is a fault."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


def html_of(page):
    """Where MkDocs puts a page."""
    folder, name = os.path.split(page)
    name = "index" if name in ("README.md", "index.md") else name.removesuffix(".md")
    return os.path.join(folder, name + ".html")


def highlighting():
    """A style sheet for code, on light and on dark ground."""
    light = pygments.formatters.HtmlFormatter(style=LIGHT)
    dark = pygments.formatters.HtmlFormatter(style=DARK)
    chosen = dark.get_style_defs(":root[data-theme=dark] .codehilite")
    preferred = dark.get_style_defs(":root:not([data-theme=light]) .codehilite")
    return "\n".join(
        [
            light.get_style_defs(".codehilite"),
            f"@media screen and (prefers-color-scheme: dark) {{\n{preferred}\n}}",
            f"@media screen {{\n{chosen}\n}}",
        ]
    )


def write(folder, path, text):
    full = os.path.join(folder, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "w", encoding="utf-8") as opened:
        opened.write(text)


def run_mkdocs(sources, settings, pages, output):
    """Makes the pages; a warning of MkDocs' is a problem."""
    with open(settings, "w", encoding="utf-8") as opened:
        opened.write("{}\n")  # all of them are given below
    warnings = _Warnings()
    logger = logging.getLogger("mkdocs")
    logger.addHandler(warnings)
    logger.propagate = False
    config = mkdocs.config.load_config(
        config_file=settings,
        site_name=NAME,
        docs_dir=pages,
        site_dir=output,
        # A page can be opened from the disk.
        use_directory_urls=False,
        theme={"name": None, "custom_dir": THEME},
        nav=navigation(sources.documentation()),
        plugins=[],
        markdown_extensions=[
            "fenced_code",
            "sane_lists",
            "tables",
            {"codehilite": {"guess_lang": False}},
            "heading_ids:HeadingIds",
            {"toc": {"permalink": "#", "toc_depth": "1-3"}},
        ],
        strict=True,
    )
    try:
        build.build(config)
    except mkdocs.exceptions.MkDocsException as error:
        raise Fault(warnings.lines or [str(error)]) from error
    finally:
        logger.removeHandler(warnings)
    if warnings.lines:
        raise Fault(warnings.lines)


def make(root, output):
    """Makes the whole site in a folder that isn't there yet; returns how many pages it has."""
    sources = Sources(root)
    if sources.problems:
        raise Fault(sorted(sources.problems))
    with tempfile.TemporaryDirectory(prefix="kvm_model-site-") as folder:
        pages = os.path.join(folder, "pages")
        for page, text in sources.pages.items():
            write(pages, page, text)
        for picture, file in sources.pictures.items():
            os.makedirs(os.path.dirname(os.path.join(pages, picture)), exist_ok=True)
            shutil.copyfile(os.path.join(root, file), os.path.join(pages, picture))
        run_mkdocs(sources, os.path.join(folder, "settings.yml"), pages, output)
    for name in UNWANTED:
        os.remove(os.path.join(output, name))
    write(output, "assets/highlighting.css", highlighting())
    built = Built(output)
    entries = built.search_entries([html_of(page) for page in sources.documentation()])
    index = json.dumps(entries, ensure_ascii=False)
    write(output, SEARCH_INDEX, f"window.searchIndex = {index};\n")
    missing = [
        f"{link.file}:{link.line}: {link.target}: {link.page} has no heading for #{link.anchor}"
        for link in sources.links
        if not built.has_anchor(html_of(link.page), link.anchor)
    ]
    # Read anew: now with what the pages fetch.
    problems = sorted(missing) or list(Built(output).problems())
    if problems:
        raise Fault(problems)
    return len(built.pages)


def check_place(folder):
    """Refuses a folder that holds something else than a site."""
    if not os.path.lexists(folder) or (os.path.isdir(folder) and not os.listdir(folder)):
        return
    if not os.path.isfile(os.path.join(folder, SEARCH_INDEX)):
        raise Fault([f"{folder} is there and no site: nothing was written"], code=2)


def put(made, folder):
    """Puts the site that was made in the place of the folder, whose old content stays in `made`.old
    until the caller removes it; an OSError leaves the folder as it was."""
    old = made + ".old"
    if os.path.lexists(folder):
        os.rename(folder, old)
    try:
        os.rename(made, folder)
    except OSError:
        if os.path.lexists(old):
            os.rename(old, folder)
        raise


def run(root, folder):
    """Makes the site in the folder, or where the folder leads as a symbolic link."""
    folder = os.path.realpath(folder)
    check_place(folder)
    above = os.path.dirname(folder)
    try:
        os.makedirs(above, exist_ok=True)
        stage = tempfile.mkdtemp(prefix=".docs-site-", dir=above)
    except OSError as error:
        raise Fault([f"{folder} can't be written: {error.strerror}"], code=2) from error
    made = os.path.join(stage, "site")
    try:
        pages = make(root, made)
        put(made, folder)
    except OSError as error:
        raise Fault([f"{folder} can't be written: {error}"], code=2) from error
    finally:
        # With the old content in it, and no other in its place, it is all that there is.
        if os.path.lexists(folder) or not os.path.lexists(made + ".old"):
            shutil.rmtree(stage, ignore_errors=True)
    print(f"{pages} pages: {os.path.join(folder, 'index.html')}")


def main():
    try:
        run(sys.argv[1], sys.argv[2])
    except Fault as fault:
        print(fault, file=sys.stderr)
        return fault.code
    return 0


if __name__ == "__main__":
    sys.exit(main())
