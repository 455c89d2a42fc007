"""kvmsim bench trends: a page of how the benchmarks changed over the runs of a history."""

import os

import history
import samples
import svg_chart
import wording
from command_line import Parser
from html_page import document, escape, scrolling_table, section
from problem import AS_EXPECTED
from results import MODEL, NULL, by_case
from whole_files import make_folder, write_whole

DESCRIPTION = """\
Writes a page of the runs that `kvmsim bench --history` added to a file: for each family
the geometric mean of its benchmarks relative to the machine's first run."""
EPILOG = "Exit codes: 0; 2 the file can't be read, and the line is named, or wrong arguments."

DEFAULT_OUT = os.path.join("bench-results", "trends.html")
OWN, PEERS = MODEL, "the peers"


def is_peer(benchmark, cases):
    """Measured beside the model in the same case."""
    return benchmark.subject not in (MODEL, NULL) and MODEL in cases[benchmark.case]


def split_by_family(benchmarks):
    """(family, whose) -> the names of its benchmarks; the null subject is nobody's."""
    cases = by_case(benchmarks.values())
    groups = {}
    for benchmark in benchmarks.values():
        if benchmark.subject == NULL:
            continue
        whose = PEERS if is_peer(benchmark, cases) else OWN
        groups.setdefault((benchmark.family, whose), []).append(benchmark.name)
    return groups


def means(entries):
    """(family, whose) -> for each entry the geometric mean of what it has in common with the
    first that has the family, relative to that; None where that is nothing."""
    first, series = {}, {}
    for index, entry in enumerate(entries):
        for key, names in split_by_family(entry.benchmarks).items():
            reference = first.setdefault(key, entry.benchmarks)
            ratios = [
                samples.ratio(entry.benchmarks[name].median, reference[name].median)
                for name in names
                if name in reference and reference[name].median
            ]
            if ratios:
                values = series.setdefault(key, [None] * len(entries))
                values[index] = samples.geometric_mean(ratios)
    return series


def by_machine(entries):
    """Machine -> its entries, in the order of the file."""
    machines = {}
    for entry in entries:
        machines.setdefault(entry.machine, []).append(entry)
    return machines


def chart_of(family, series, count):
    """A family's chart: the model's line, and that of the peers to see what the machine did."""
    lines = []
    for whose in (OWN, PEERS):
        values = series.get((family, whose))
        if values:
            points = [(x, y) for x, y in enumerate(values, start=1) if y is not None and y > 0]
            lines.append(svg_chart.Line(whose, points, whose == OWN))
    axes = svg_chart.Axes(
        x=svg_chart.run_axis(count), y=svg_chart.ratio_axis(lines), title=f"{family} over the runs"
    )
    return svg_chart.chart(axes, lines, small=True)


def table_of(entries, series):
    """A row a run, a column a family, of the model's means."""
    families = [family for family, whose in series if whose == OWN]
    heading = ["run", "date", "revision", *families]
    rows = []
    for index, entry in enumerate(entries):
        cells = [series[family, OWN][index] for family in families]
        told = ["" if cell is None else wording.times(cell) for cell in cells]
        rows.append([escape(text) for text in (str(index + 1), entry.date, entry.revision, *told)])
    caption = "Geometric mean relative to the first run: below 1 is faster"
    return scrolling_table(caption, [escape(name) for name in heading], rows, left=3)


def page(entries):
    parts = [
        "<p>Each family's geometric mean of the benchmarks that a run has in common with the"
        " machine's first one, relative to that: below 1 is faster, or less memory. The line of"
        " the peers, whose code doesn't change, shows what the machine did.</p>"
    ]
    for machine, own in by_machine(entries).items():
        series = means(own)
        families = dict.fromkeys(family for family, _ in series)
        charts = "".join(chart_of(family, series, len(own)) for family in families)
        body = f'<div class="charts">{charts}</div>{table_of(own, series)}'
        parts.append(section(machine, body))
    return document("Benchmarks over time", "".join(parts))


def parser():
    result = Parser("trends", DESCRIPTION, EPILOG)
    result.add_argument("history", metavar="HISTORY")
    result.add_argument(
        "--out", metavar="FILE.html", default=DEFAULT_OUT, help=f"{DEFAULT_OUT} without it"
    )
    return result


def run(words):
    arguments = parser().read(words)
    entries = history.load(arguments.history)
    make_folder(os.path.dirname(os.path.abspath(arguments.out)))
    write_whole({arguments.out: page(entries)})
    machines = len(by_machine(entries))
    print(
        f"written: {arguments.out}: {wording.plural(len(entries), 'run')} of"
        f" {wording.plural(machines, 'machine')}"
    )
    return AS_EXPECTED
