"""The pictures of docs/course/, each made from a run or from data."""

import os

import figures
import grids
import strip
from kvmsim import Kvmsim

FOLDER = "docs/course"


class Lessons:
    """Where lessons find their scenarios and data."""

    def __init__(self, root, program):
        self._root = root
        self.kvmsim = Kvmsim(program)

    def path(self, name):
        return os.path.join(self._root, FOLDER, name)

    def text(self, name):
        with open(self.path(name), encoding="utf-8") as opened:
            return opened.read()

    def strip(self, name, title, kinds):
        steps = strip.after_setup(self.kvmsim.steps(self.path(name)))
        return strip.draw(title, steps, kinds)

    def last_call(self, name):
        return self.kvmsim.calls(self.text(name))[-1]


def render(lessons):
    """The name of each picture, and its text."""
    both = ("host", "guest")
    return {
        "01-capability.svg": grids.capability(lessons.kvmsim),
        "02-scope.svg": grids.scope(lessons.kvmsim),
        "03-guest-memfd.svg": lessons.strip(
            "03-guest-memfd.kvmt", "A guest's page that its program can't read", both
        ),
        "04-shared-private.svg": lessons.strip(
            "04-shared-private.kvmt", "Shared and private pages of one file", both
        ),
        "05-conversion.svg": figures.ladder(
            "The decisions of a conversion", lessons.last_call("05-conversion.kvmt")
        ),
        "06-modes.svg": grids.modes(lessons.kvmsim),
        "07-pins.svg": lessons.strip(
            "07-pins-fixed.kvmt", "A pinned page holds up a conversion", ("host", "pins")
        ),
        "08-ranges.svg": figures.curves(
            "What a conversion costs by its size", lessons.text("08-curves.tsv")
        ),
        "09-architectures.svg": grids.architectures(lessons.kvmsim),
        "10-history.svg": figures.timeline(
            "The versions of the series", lessons.text("10-history.tsv")
        ),
        "11-conformance-test.svg": lessons.strip(
            "11-conformance-test.kvmt", "A hole in a private page", both
        ),
    }
