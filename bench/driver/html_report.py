"""The report of one run as a page."""

import results
import samples
import standing
import svg_chart
import wording
from html_page import document, escape, scrolling_table, section

# What the x axis of a family of curves counts.
CURVE_AXES = {
    "curve_conversion_size": "pages a conversion",
    "curve_run_count": "runs in the file",
    "curve_run_count_get": "runs in the file",
    "curve_file_size": "pages of the file",
}

HOW = """\
<p>Every subject makes the same operations, and is held to an oracle. The subjects of a case are
measured in turn, in an order that is drawn anew for each repetition, so what disturbs the machine
for a while disturbs them alike. A number is the median of the repetitions, after ± half the
distance between their quartiles. Ratios compare medians of this one run: numbers of different runs,
or machines, can't be compared. The subject <i>null</i> reads the operations and does nothing; every
other time contains what it costs.</p>
"""

MACHINE = (
    ("revision", "revision"),
    ("date", "date"),
    ("host_name", "machine"),
    ("cpu", "processor"),
    ("num_cpus", "CPUs"),
    ("mhz_per_cpu", "MHz"),
    ("cpu_scaling_enabled", "clock changes with load"),
    ("load_avg", "load when it began"),
    ("compiler", "compiler"),
    ("libc", "C library"),
    ("library_build_type", "build of the benchmark library"),
    ("seed", "seed"),
    ("repetitions", "repetitions"),
    ("min_time", "seconds of each, at least"),
)


def subjects_of(benchmarks):
    """The subjects, the model first, the others as they were measured."""
    names = dict.fromkeys(benchmark.subject for benchmark in benchmarks)
    return sorted(names, key=lambda name: name != results.MODEL)


def styles_of(measured):
    """Subject -> the style of its lines, the same in every chart; 0 is the model's."""
    subjects = subjects_of(measured.benchmarks.values())
    others = [name for name in subjects if name != results.MODEL]
    return {results.MODEL: 0} | {name: index for index, name in enumerate(others, start=1)}


def measured_cell(benchmark, model):
    """A median with its spread, and its ratio to the model's."""
    if benchmark is None:
        return ""
    notes = []
    spread = samples.spread(benchmark.values)
    if spread is not None and not benchmark.counts_bytes:
        notes.append(f"±{wording.percent(spread)}")
    if model is not None and benchmark is not model and benchmark.subject != results.NULL:
        ratio = samples.ratio(benchmark.median, model.median)
        told = f"×{wording.times(ratio)}"
        notes.append(f'<span class="behind">{told}</span>' if ratio < 1 else told)
    return wording.amount(benchmark.median) + f"<small>{' '.join(notes)}</small>"


def family_table(family, benchmarks):
    subjects = subjects_of(benchmarks)
    rows = []
    for case, by_subject in results.by_case(benchmarks).items():
        model = by_subject.get(results.MODEL)
        cells = [measured_cell(by_subject.get(name), model) for name in subjects]
        rows.append([escape(case.partition("/")[2] or case), *cells])
    unit = "bytes a run" if results.is_memory_family(family) else "nanoseconds an operation"
    caption = f"{unit}; ± spread; × times what the model needs"
    marked = 1 if subjects[0] == results.MODEL else None
    return scrolling_table(
        caption, ["case", *(escape(name) for name in subjects)], rows, marked=marked
    )


def _coordinate(case):
    """The x value that ends the name of a curve's case; None where that is no number above 0."""
    try:
        value = float(case.rsplit("/", maxsplit=1)[-1])
    except ValueError:
        return None
    return value if 0 < value < float("inf") else None


def curves(family, benchmarks, styles):
    """The charts of a family: one for each part of the names between family and x value."""
    charts = {}
    for benchmark in benchmarks:
        x = _coordinate(benchmark.case)
        if x is not None:
            title = benchmark.case.rpartition("/")[0]
            lines = charts.setdefault(title, {})
            lines.setdefault(benchmark.subject, []).append((x, benchmark.median))
    drawn = []
    for title, by_subject in charts.items():
        lines = [
            svg_chart.Line(name, sorted(by_subject[name]), name == results.MODEL, styles[name])
            for name in styles
            if name in by_subject
        ]
        points = [point for line in lines for point in line.points]
        axes = svg_chart.Axes(
            svg_chart.log_axis(
                CURVE_AXES.get(family, family), [x for x, _ in points], svg_chart.count_text
            ),
            svg_chart.log_axis("time an operation", [y for _, y in points], svg_chart.time_text),
            title,
        )
        drawn.append(svg_chart.chart(axes, lines))
    return "".join(drawn)


def behind_table(lost):
    rows = [
        [
            escape(one.case),
            escape(wording.measured(one.model)),
            escape(one.best.subject),
            escape(wording.measured(one.best)),
            f'<span class="behind">{wording.times(one.best_ratio)}</span>',
            "yes" if one.is_clearly_behind else "within the spread",
        ]
        for one in lost
    ]
    heading = ["case", "model", "best peer", "its value", "peer/model", "clear"]
    return scrolling_table("Where a peer needs less than the model, the worst first", heading, rows)


def means_table(means, baseline):
    rows = [
        [escape(family), str(count), wording.times(mean)] for family, (mean, count) in means.items()
    ]
    heading = ["family", "cases", escape(f"{baseline}/model")]
    caption = f"Geometric mean of {baseline}'s ratio to the model: above 1 the model needs less"
    return scrolling_table(caption, heading, rows)


def summary(measured, baseline):
    """Where the model is behind comes first."""
    all_standings = standing.standings(measured)
    if not all_standings:
        return "<p>No case has both the model and a peer.</p>"
    lost = standing.behind(all_standings)
    parts = [
        f"<p>A peer needs less than the model in <b>{len(lost)} of"
        f" {wording.plural(len(all_standings), 'case')}</b>.</p>"
    ]
    if lost:
        parts.append(behind_table(lost))
    means = standing.baseline_means(all_standings, baseline)
    if means:
        parts.append(means_table(means, baseline))
    return "".join(parts)


def failures(measured):
    items = "".join(
        f"<li>{escape(name)}: {escape(why)}</li>" for name, why in measured.failures.items()
    )
    told = "These did not do what they should, and have no times:"
    return f'<p class="behind">{told}</p><ul>{items}</ul>'


def circumstances(measured):
    """The machine, the versions, and what is missing."""
    entries = [(what, measured.said(key)) for key, what in MACHINE if key in measured.context]
    entries += [("cache", text) for text in caches(measured)]
    entries += [("left out", line) for line in results.missing_peers(measured)]
    listed = "".join(f"<dt>{escape(what)}</dt><dd>{escape(said)}</dd>" for what, said in entries)
    return f"<dl>{listed}</dl>"


def caches(measured):
    """A line for each cache that the context describes."""
    listed = measured.context.get("caches")
    told = []
    for cache in listed if isinstance(listed, list) else []:
        if isinstance(cache, dict) and isinstance(cache.get("size"), int):
            told.append(
                f"L{cache.get('level', '?')} {cache.get('type', '')}, {cache['size'] // 1024} KiB,"
                f" shared by {cache.get('num_sharing', '?')} CPUs"
            )
    return told


def page(measured, baseline):
    """The whole report."""
    styles = styles_of(measured)
    families = results.by_family(measured.benchmarks.values())
    sections = [("summary", "Summary", summary(measured, baseline))]
    if measured.failures:
        sections.insert(0, ("wrong", "Wrong subjects", failures(measured)))
    for family, benchmarks in families.items():
        drawn = curves(family, benchmarks, styles) if family.startswith("curve_") else ""
        sections.append((f"family-{family}", family, drawn + family_table(family, benchmarks)))
    sections.append(("how", "How it was measured", HOW + circumstances(measured)))
    links = "".join(
        f'<li><a href="#{escape(anchor)}">{escape(title)}</a></li>' for anchor, title, _ in sections
    )
    body = "".join(section(title, content, anchor) for anchor, title, content in sections)
    contents = f'<nav aria-label="Contents"><ul>{links}</ul></nav>\n'
    return document("Benchmarks of the model and its peers", contents + body)
