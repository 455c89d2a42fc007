"""Numbers as text, and tables of text."""

import math


def amount(value):
    """Three digits that count: 0.0012, 1.23, 12.3, 123, 12,345."""
    if value < 0.0995:
        return f"{value:.2g}"
    if value >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def measured(benchmark):
    """A benchmark's median with its unit."""
    return f"{amount(benchmark.median)} {'B/run' if benchmark.counts_bytes else 'ns'}"


def times(value):
    """A ratio: 0.052, 1.25, 41.0."""
    if math.isinf(value):
        return "inf"
    return f"{value:.3f}" if value < 0.9995 else amount(value)


def percent(part):
    """A part of a whole; nothing where there is none."""
    if part is None:
        return ""
    return f"{part * 100:.1f}%" if part < 0.0995 else f"{part * 100:.0f}%"


def probability(p):
    return f"{p:.2g}" if p >= 0.0001 else "<0.0001"


def plural(count, noun):
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def text_table(heading, rows, left=1):
    """The lines of a table: the first `left` columns lie to the left, others to the right."""
    widths = [max(len(row[column]) for row in [heading, *rows]) for column in range(len(heading))]
    lines = []
    for row in [heading, *rows]:
        cells = [
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
