"""The parts of the site's builder that need no MkDocs: sources, links, and what was built."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import junit

from built_pages import Built, style_fetches
from markdown_links import Link, anchors, replace_links, slug
from sources import Sources, navigation

TREE = {
    "README.md": "# Start\n\n[Guide](docs/guide.md#a-part), [code](docs/../tools/x.cc), "
    "[all](tools/)\n",
    "docs/guide.md": "# Guide\n\n## A part\n\n[up](../README.md), [there](#a-part), "
    "[web](https://x.org)\n",
    "docs/reference/arch-x86.md": "# x86\n",
    "tests/suite/README.md": "# Suite\n\n[a](case/)\n",
    "tests/suite/case/1.kvmt": "a ```` b\n",
    "tools/x.cc": "int x;\n",
    "tools/.hidden/run": "#!/usr/bin/env bash\n",
}


class Folder(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(shutil.rmtree, self.top)

    def write(self, files):
        for path, text in files.items():
            full = os.path.join(self.top, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as opened:
                opened.write(text)


class SourcesTest(Folder):
    def sources(self, **changes):
        self.write(TREE | changes)
        subprocess.run(["git", "init", "-q", self.top], check=True)
        return Sources(self.top)

    def test_linked_files_and_folders_have_pages(self):
        sources = self.sources()
        self.assertEqual(sources.problems, [])
        self.assertEqual(
            set(sources.pages),
            {"README.md", "docs/guide.md", "docs/reference/arch-x86.md", "tools/x.cc.md"}
            | {"tools/index.md", "tools/_hidden/index.md", "tools/_hidden/run.md"},
        )
        self.assertIn("```cpp\nint x;\n```", sources.pages["tools/x.cc.md"])
        self.assertIn("```bash\n", sources.pages["tools/_hidden/run.md"])
        self.assertIn("[`x.cc`](x.cc.md)", sources.pages["tools/index.md"])
        self.assertIn("[`.hidden/`](_hidden/index.md)", sources.pages["tools/index.md"])

    def test_links_lead_to_the_pages(self):
        sources = self.sources()
        self.assertIn("[code](tools/x.cc.md), [all](tools/index.md)", sources.pages["README.md"])
        self.assertIn("(docs/guide.md#a-part)", sources.pages["README.md"])
        self.assertIn(
            "[up](../README.md), [there](#a-part), [web](https://x.org)",
            sources.pages["docs/guide.md"],
        )

    def test_a_folder_is_shown_by_its_readme_and_pages_lead_on(self):
        sources = self.sources(**{"docs/guide.md": "# Guide\n\n[suite](../tests/suite)\n"})
        self.assertIn("(../tests/suite/README.md)", sources.pages["docs/guide.md"])
        self.assertIn("(case/index.md)", sources.pages["tests/suite/README.md"])
        self.assertIn("`````text\na ```` b\n`````", sources.pages["tests/suite/case/1.kvmt.md"])

    def test_a_link_to_nothing_is_told_with_its_line(self):
        sources = self.sources(**{"docs/guide.md": "# Guide\n\n[x](y.md)\n![x](y.svg)\n"})
        told = ["docs/guide.md:3: y.md doesn't exist", "docs/guide.md:4: y.svg doesn't exist"]
        self.assertEqual(sources.problems, told)

    def test_a_picture_is_copied_and_shown_where_it_is_shown(self):
        text = "# Guide\n\n![x](../docs/p.svg) [source](p.svg) [![y](q.svg)](../README.md)\n![z]\n"
        text += "\n[z]: .r.svg\n"
        files = {"docs/p.svg": "<svg/>", "docs/q.svg": "<svg/>", "docs/.r.svg": "<svg/>"}
        sources = self.sources(**{"docs/guide.md": text} | files)
        self.assertEqual(sources.problems, [])
        shown = "![x](p.svg) [source](p.svg.md) [![y](q.svg)](../README.md)\n![z]\n\n[z]: _r.svg\n"
        self.assertTrue(sources.pages["docs/guide.md"].endswith(shown), sources.pages)
        self.assertEqual(
            sources.pictures,
            {"docs/p.svg": "docs/p.svg", "docs/q.svg": "docs/q.svg", "docs/_r.svg": "docs/.r.svg"},
        )
        # The page of a file that was linked is none of the documentation's.
        self.assertIn("docs/p.svg.md", sources.pages)
        self.assertNotIn("docs/p.svg.md", sources.documentation())

    def test_names_with_blanks_and_parentheses_are_found(self):
        text = "# Guide\n\n[x](<a b.md>) [y](a%20b.md#p) [z](c(d).md) [v](<c(d).md#p>)\n"
        files = {"docs/a b.md": "# A\n\n## P\n", "docs/c(d).md": "# C\n\n## P\n"}
        sources = self.sources(**{"docs/guide.md": text} | files)
        self.assertEqual(sources.problems, [])
        self.assertIn(
            "[x](<a%20b.md>) [y](a%20b.md#p) [z](c%28d%29.md) [v](<c%28d%29.md#p>)",
            sources.pages["docs/guide.md"],
        )

    def test_each_page_of_the_documentation_is_in_the_navigation_once(self):
        pages = ["CHANGELOG.md", "README.md", "docs/command-line.md", "docs/new.md"]
        pages += ["docs/course/02-b.md", "docs/course/01-a.md", "docs/course/README.md"]
        pages += ["docs/reference/README.md", "docs/reference/arch-x86.md", "docs/reference/new.md"]
        reference = [
            "docs/reference/README.md",
            {"Capabilities by architecture": ["docs/reference/arch-x86.md"]},
            "docs/reference/new.md",
        ]
        self.assertEqual(
            navigation(pages),
            [
                {"Start": "README.md"},
                {"Course": [f"docs/course/{name}.md" for name in ("README", "01-a", "02-b")]},
                {"Guide": ["docs/command-line.md", "docs/new.md"]},
                {"Reference": reference},
                {"Project": ["CHANGELOG.md"]},
            ],
        )


class LinksTest(unittest.TestCase):
    def test_links_outside_of_code_are_replaced(self):
        seen = []

        def replace(link):
            seen.append(link)
            return "new"

        text = "a [b](c#d) `[e](f)` [`g`](<h>)\n```\n[i](j)\n```\n[k]: l\n"
        self.assertEqual(
            replace_links(text, replace),
            "a [b](new) `[e](f)` [`g`](<new>)\n```\n[i](j)\n```\n[k]: new\n",
        )
        self.assertEqual(seen, [Link(1, "c#d"), Link(1, "h"), Link(5, "l")])

    def test_anchors_are_those_of_github(self):
        self.assertEqual(slug("What `KVM_RUN` is, and why?"), "what-kvm_run-is-and-why")
        self.assertEqual(slug("Found by comparing -- once"), "found-by-comparing----once")
        self.assertEqual(anchors(["A", "A 1", "A", "A"]), ["a", "a-1", "a-2", "a-3"])


class BuiltTest(Folder):
    def problems(self, **files):
        self.write(files)
        return list(Built(self.top).problems())

    def test_what_leads_somewhere_is_no_problem(self):
        page = '<main><h1 id="a b">A</h1></main><a href="b.html#x">b</a><a href="#a%20b">a</a>'
        files = {"a.html": page + '<img src="data:,"><a href="https://x.org/">x</a>'}
        files["b.html"] = '<p id="x"><a href="a.html">a</a><link rel="stylesheet" href="c.css">'
        files["c.css"] = "p { background: url(d.svg); fill: url(#g) } /* url(none.svg) */"
        files["d.svg"] = "<svg><style>a { fill: url(#hatch) }</style></svg>"
        self.assertEqual(self.problems(**files), [])

    def test_what_leads_nowhere_is_told(self):
        page = '<a href="none.html">x</a><a href="#none">y</a><p id="p"></p><p id="p"></p>'
        self.assertEqual(
            self.problems(**{"a.html": page + '<script src="none.js"></script>'}),
            [
                "a.html: none.html leads nowhere",
                "a.html: #none: a.html has no such anchor",
                "a.html: two elements have the id p",
                "a.html: none.js leads nowhere",
            ],
        )

    def test_what_would_be_fetched_from_the_network_is_told(self):
        for fetch in (
            '<script src="https://x.org/a.js"></script>',
            '<link rel="stylesheet" href="//x.org/a.css">',
            '<img src="HTTP://x.org/a.png">',
            "<p style=\"background: url('https://x.org/a.png')\">",
            "<style>@import url(https://x.org/a.css);</style>",
            "<style>p { background: url(//x.org/a.png) }</style>",
        ):
            told = self.problems(**{"a.html": fetch})
            self.assertEqual(len(told), 1, fetch)
            self.assertIn("from the network", told[0])
        told = self.problems(**{"a.html": "", "a.css": '@import "https://x.org/b.css";'})
        self.assertIn("from the network", told[0])
        picture = '<image href="//x.org/c.png"/>'
        told = self.problems(**{"a.html": "", "a.css": "", "b.svg": picture})
        self.assertEqual(told, ["b.svg: fetches //x.org/c.png from the network"])
        style = "<style>p { background: url(none.png) }</style>"
        told = self.problems(**{"a.html": style, "b.svg": ""})
        self.assertEqual(told, ["a.html: none.png leads nowhere"])

    def test_what_a_style_sheet_fetches(self):
        for text, fetches in (
            ("a{b:url( 'c' )} @import url(d);", ["c", "d"]),
            ("@import 'c'; @import url('d') print;", ["c", "d"]),
            ('a{b:url("c (d).svg")}', ["c (d).svg"]),
            ("/* @import url(c) */ a{b:url(d)}", ["d"]),
        ):
            self.assertEqual(style_fetches(text), fetches)

    def test_the_search_finds_sections_by_their_headings(self):
        page = '<nav>menu</nav><main><h1 id="t">Title<a class="headerlink" href="#t">#</a></h1>'
        page += '<p>First\nwords</p><h2 id="p">A part</h2><pre>code</pre></main>'
        self.write({"a.html": page})
        first = ["a.html#t", "Title", "Title", "First words"]
        second = ["a.html#p", "Title", "A part", "code"]
        self.assertEqual(Built(self.top).search_entries(["a.html"]), [first, second])


if __name__ == "__main__":
    sys.exit(junit.run_unittests("pages"))
