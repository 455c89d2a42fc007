"""A Markdown extension: headings have GitHub's anchors, also where two have the same words."""

import html
import re

from markdown.extensions import Extension
from markdown.extensions.toc import get_name, stashedHTML2text
from markdown.treeprocessors import Treeprocessor

from markdown_links import anchors

HEADING = re.compile("h[1-6]")
# After the text within headings was read (20), before the table of contents looks for ids (5).
PRIORITY = 8


class _HeadingIds(Treeprocessor):
    def run(self, root):
        headings = [each for each in root.iter() if HEADING.fullmatch(str(each.tag))]
        names = [html.unescape(stashedHTML2text(get_name(each), self.md)) for each in headings]
        for heading, anchor in zip(headings, anchors(names)):
            heading.set("id", anchor)


class HeadingIds(Extension):
    """Named to MkDocs as heading_ids:HeadingIds."""

    def extendMarkdown(self, md):
        md.treeprocessors.register(_HeadingIds(md), "heading_ids", PRIORITY)
