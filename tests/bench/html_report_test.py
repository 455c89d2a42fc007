"""The pages that the driver writes: well formed, self-contained, safe, and true to the results."""

import html.parser
import re
import sys
import unittest
import xml.etree.ElementTree as ElementTree

import junit

import html_report
import results
import svg_chart
import wording
from driver_case import document

# Elements that have no end tag.
VOID = ("meta", "br", "hr", "img", "link", "input")
HOSTILE = "<script>alert('x')</script>&\"quoted\" onload=x"


class Page(html.parser.HTMLParser):
    """Reads a page, keeping what the tests ask for, and notes every tag that isn't closed."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.problems, self.tags, self.attributes = [], [], [], []
        self.ids, self.words = set(), []
        self.feed(text)
        self.close()
        self.problems += [f"never closed: {tag}" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.ids |= {value for name, value in attrs if name == "id"}
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.problems.append(f"</{tag}> closes {self.open[-1:]}")
        else:
            self.open.pop()

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return "".join(self.words)


def page_of(benchmarks, baseline="maple_rcu", failures=(), **context):
    told = document(benchmarks, **context)
    for name, why in dict(failures).items():
        told["benchmarks"].append({"name": name, "error_occurred": True, "error_message": why})
    return html_report.page(results.from_json(told), baseline)


def charts(text):
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL)]


USUAL = {
    "W1/1e3/null": [2, 2, 2],
    "W1/1e3/model": [10, 11, 12],
    "W1/1e3/maple_rcu": [21, 22, 23],
    "W1/1e6/model": [1000, 1100, 1200],
    "W1/1e6/bitmap": [500, 550, 600],
    "W2/1/model": [10, 11, 12],
    "W2/1/bitmap": [10, 10.5, 12],
    "W9/uniform/model": [40],
    "W9/uniform/bitmap": [80],
    "curve_run_count/1/model": [10],
    "curve_run_count/1/std_map": [10],
    "curve_run_count/1000/model": [20],
    "curve_run_count/1000/std_map": [200],
    "curve_run_count/1000000/model": [30],
    "curve_run_count/1000000/std_map": [4000],
}


class Report(unittest.TestCase):
    def assert_sound(self, text):
        """Well formed, with no scripts, and with nothing that is fetched."""
        page = Page(text)
        self.assertEqual(page.problems, [])
        self.assertNotIn("script", page.tags)
        self.assertNotIn("link", page.tags)
        names = {name for name, _ in page.attributes}
        self.assertEqual([name for name in names if name.startswith("on")], [])
        self.assertNotIn("src", names)
        links = {value for name, value in page.attributes if name == "href"}
        self.assertLessEqual({link.removeprefix("#") for link in links}, page.ids)
        self.assertNotIn("url(", text)
        self.assertNotIn("@import", text)
        return page

    def test_the_page_is_sound_and_refers_to_nothing_else(self):
        text = page_of(USUAL)
        self.assert_sound(text)
        self.assertNotRegex(text, "https?:")
        self.assertIn("prefers-color-scheme: dark", text)
        self.assertIn('name="viewport"', text)

    def test_what_is_hostile_is_only_text(self):
        text = page_of(
            {f"W1/{HOSTILE}/model": [1], f"W1/{HOSTILE}/x{HOSTILE.replace('/', '')}": [2]}
            | {f"curve_{HOSTILE.replace('/', '')}/7/{HOSTILE.replace('/', '')}": [1]},
            baseline=HOSTILE,
            failures={f"W1/bad/{HOSTILE}": HOSTILE},
            cpu=HOSTILE,
            compiler={"a": [HOSTILE]},
            caches=[HOSTILE, {"size": 1024, "type": HOSTILE}],
            missing_peers=HOSTILE,
        )
        page = self.assert_sound(text)
        self.assertGreaterEqual(page.text.count("<script>alert"), 8)

    def test_where_the_model_is_behind_comes_first_the_worst_leading(self):
        page = Page(page_of(USUAL))
        self.assertIn("A peer needs less than the model in 2 of 7 cases.", page.text)
        summary = page.text[page.text.index("needs less than the model in") :]
        self.assertLess(summary.index("W1/1e6"), summary.index("W2/1"))
        self.assertRegex(summary, r"W1/1e6\s*1,100 ns\s*bitmap\s*550 ns\s*0\.500\s*yes")
        self.assertRegex(summary, r"W2/1\s*11\.0 ns\s*bitmap\s*10\.5 ns\s*0\.955\s*within the")

    def test_families_stand_together_and_what_the_model_needs_nothing_for_spoils_no_mean(self):
        page = Page(
            page_of(
                {
                    "W9/none/model": [0],
                    "W9/none/maple_rcu": [8],
                    "W8/model": [10],
                    "W8/maple_rcu": [5],
                    "W9/some/model": [2],
                    "W9/some/maple_rcu": [6],
                }
            )
        )
        words = " ".join(page.words)
        self.assertRegex(words, r"W9\s*1\s*3\.00\s*W8\s*1\s*0\.500")
        self.assertIn("×inf", page.text)

    def test_values_have_a_spread_and_a_ratio(self):
        text = page_of(USUAL)
        self.assertIn("22.0<small>±2.3% ×2.00</small>", text)
        self.assertIn('550<small>±4.5% <span class="behind">×0.500</span></small>', text)
        self.assertIn("80.0<small>×2.00</small>", text)
        self.assertIn("2.00<small>±0.0%</small>", text)

    def test_it_says_how_where_and_what_is_missing(self):
        page = Page(page_of(USUAL, seed="77", revision="abc", missing_peers="peer x: y is missing"))
        for words in ("seed77", "revisionabc", "left outpeer x: y is missing", "processora CPU"):
            self.assertIn(words, page.text)
        self.assertIn("Ratios compare medians of this one run", page.text.replace("\n", " "))

    def test_without_peers_or_repetitions_it_is_a_page_still(self):
        page = self.assert_sound(page_of({"conversion/1/typed": [5]}))
        self.assertIn("No case has both the model and a peer.", page.text)
        self.assert_sound(page_of({}, failures={"W1/1/model": "wrong"}))


class Curves(unittest.TestCase):
    def test_every_curve_is_a_chart_with_labels_and_a_legend(self):
        (chart,) = charts(page_of(USUAL))
        words = ["".join(text.itertext()) for text in chart.iter("text")]
        for expected in ("runs in the file", "time an operation", "1k", "1M", "1 µs", "std_map"):
            self.assertIn(expected, words)
        self.assertEqual(chart.get("role"), "img")
        self.assertEqual(len(list(chart.iter("polyline"))), 2)

    def test_lines_differ_without_colour_and_the_model_stands_out(self):
        names = ["model", *(f"peer{index}" for index in range(12))]
        benchmarks = {f"curve_x/{x}/{name}": [x] for name in names for x in (1, 10)}
        (chart,) = charts(page_of(benchmarks))
        looks = set()
        for line, markers in zip(chart.iter("polyline"), chart.iter("g"), strict=True):
            shape = re.sub(r"M[\d. -]+", "", markers[0].get("d"), count=1)
            looks.add((line.get("stroke-dasharray"), shape))
        self.assertEqual(len(looks), len(names))
        emphasised = [line for line in chart.iter("polyline") if "emphasis" in line.get("class")]
        self.assertEqual(len(emphasised), 1)
        self.assertEqual(emphasised[0], list(chart.iter("polyline"))[-1])

    def test_points_lie_within_the_chart_and_in_their_order(self):
        for values in ([1, 1, 1], [0.004, 3, 8e9], [99, 100, 101], [7], [1e-3, 1e12]):
            benchmarks = {f"curve_x/{10**x}/model": [y] for x, y in enumerate(values)}
            (chart,) = charts(page_of(benchmarks))
            _, _, width, height = map(float, chart.get("viewBox").split())
            (line,) = chart.iter("polyline")
            points = [tuple(map(float, at.split(","))) for at in line.get("points").split()]
            self.assertEqual(len(points), len(values))
            self.assertEqual(points, sorted(points))
            for x, y in points:
                self.assertTrue(0 < x < width and 0 < y < height, (values, x, y))
            heights = [-y for _, y in points]
            self.assertEqual(heights, sorted(heights))

    def test_a_logarithmic_axis_has_even_decades(self):
        axis = svg_chart.log_axis("x", [1, 1e6], svg_chart.count_text)
        self.assertEqual([text for _, text in axis.ticks], "1 10 100 1k 10k 100k 1M".split())
        self.assertAlmostEqual(axis.place(1e3), 0.5)
        self.assertEqual((axis.place(1), axis.place(1e6)), (0, 1))
        axis = svg_chart.log_axis("x", [12, 40], svg_chart.time_text)
        self.assertEqual([text for _, text in axis.ticks], ["10 ns", "20 ns", "50 ns"])

    def test_what_has_no_number_to_stand_at_is_in_the_table_alone(self):
        text = page_of({"curve_x/many/model": [5], "curve_x/0/model": [6]})
        self.assertEqual(charts(text), [])
        self.assertIn("many", text)


class Words(unittest.TestCase):
    def test_three_digits_count(self):
        for value, text in (
            (0, "0"),
            (0.00123, "0.0012"),
            (0.0996, "0.10"),
            (1.234, "1.23"),
            (9.994, "9.99"),
            (9.996, "10.0"),
            (99.96, "100"),
            (12345.6, "12,346"),
        ):
            self.assertEqual(wording.amount(value), text)
        for value, text in ((0.05234, "0.052"), (1, "1.00"), (41, "41.0"), (float("inf"), "inf")):
            self.assertEqual(wording.times(value), text)
        for part, text in ((None, ""), (0.012, "1.2%"), (0.0996, "10%"), (0.5, "50%")):
            self.assertEqual(wording.percent(part), text)

    def test_tables_are_aligned(self):
        lines = wording.text_table(("name", "n"), [("a", "10"), ("longer", "9")])
        self.assertEqual(lines, ["name     n", "a       10", "longer   9"])


if __name__ == "__main__":
    sys.exit(junit.run_unittests("html_report"))
