"""tools/workspace/docs-site: this tree's documentation is a whole site; a fault in one is told."""

import errno
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

import junit

ROOT = os.path.dirname(os.path.realpath("WORKSPACE"))
BUILDER = os.path.abspath("tools/site/build_site.py")
MISSING = [name for name in ("mkdocs", "pygments") if importlib.util.find_spec(name) is None]


@unittest.skipIf(MISSING, f"not installed: {' '.join(MISSING)}")
class DocsSite(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(shutil.rmtree, self.top)

    def path(self, *parts):
        return os.path.join(self.top, *parts)

    def write(self, path, text):
        os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
        with open(self.path(path), "w", encoding="utf-8") as opened:
            opened.write(text)

    def read(self, path):
        with open(self.path(path), encoding="utf-8") as opened:
            return opened.read()

    def build(self, root, site="site"):
        return subprocess.run(
            [sys.executable, "-B", BUILDER, root, self.path(site)],
            capture_output=True,
            text=True,
            check=False,
        )

    def small_tree(self, readme, guide="# Guide\n\n## A part\n"):
        self.write("tree/README.md", readme)
        self.write("tree/docs/guide.md", guide)
        subprocess.run(["git", "init", "-q", self.path("tree")], check=True)
        return self.path("tree")

    def test_this_tree_is_a_whole_site(self):
        done = self.build(ROOT)
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        page = self.read("site/docs/command-line.html")
        self.assertIn('<h2 id="exit-codes">', page)
        self.assertIn('aria-current="page"', page)
        self.assertIn('name="viewport"', page)
        self.assertIn('<span class="gp">$ </span>', page)
        index = self.read("site/assets/search-index.js")
        self.assertIn('"docs/command-line.html#exit-codes"', index)
        self.assertNotIn('"tests/', index)
        self.assertIn("prefers-color-scheme: dark", self.read("site/assets/highlighting.css"))
        # A file outside of docs/ to which the documentation leads.
        self.assertTrue(os.path.exists(self.path("site/tools/workspace/packages.tsv.html")))

    def test_a_broken_link_is_told_with_its_place(self):
        for readme, said in (
            ("# A\n\n[x](docs/none.md)\n", "README.md:3: docs/none.md doesn't exist\n"),
            ("# A\n\nText\n[x](docs/guide.md#none)\n", "README.md:4: docs/guide.md#none: "),
            ("# A\n\n[x](#none)\n", "README.md:3: #none: README.md has no heading for #none"),
            ("# A\n\n![x](https://x.org/a.png)\n", "fetches https://x.org/a.png from the network"),
        ):
            done = self.build(self.small_tree(readme))
            self.assertIn(said, done.stderr)
            self.assertEqual((done.stdout, done.returncode), ("", 1), readme)
            self.assertEqual(os.listdir(self.top), ["tree"])

    def test_a_small_tree_is_a_site(self):
        done = self.build(self.small_tree("# A\n\n[x](docs/guide.md#a-part)\n"))
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        self.assertIn('<a href="docs/guide.html#a-part">x</a>', self.read("site/index.html"))
        # A site is replaced, and nothing is left beside it.
        done = self.build(self.small_tree("# B\n"))
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        self.assertNotIn("docs/guide.html#a-part", self.read("site/index.html"))
        self.assertEqual(sorted(os.listdir(self.top)), ["site", "tree"])

    def test_pictures_titles_and_names_come_through(self):
        readme = "# A\n\n![x](docs/p.svg) [y](docs/guide.md#a-part-1) [z](<docs/b (c).md>)\n"
        tree = self.small_tree(readme, "# G <i> & \"g\"\n\n## A part\n\n## A part\n\n### `<b>`\n")
        self.write("tree/docs/p.svg", "<svg/>")
        self.write("tree/docs/b (c).md", "# B\n")
        done = self.build(tree)
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        start = self.read("site/index.html")
        self.assertIn('<img alt="x" src="docs/p.svg" />', start)
        self.assertEqual(self.read("site/docs/p.svg"), "<svg/>")
        self.assertIn('<a href="docs/b%20%28c%29.html">z</a>', start)
        self.assertIn(">G &lt;i&gt; &amp; &#34;g&#34;</a>", start)
        guide = self.read("site/docs/guide.html")
        self.assertIn("<title>G &lt;i&gt; &amp; &#34;g&#34; - kvm_model</title>", guide)
        self.assertIn('<h2 id="a-part-1">', guide)
        # Already escaped by Markdown: not once more.
        self.assertIn(">&lt;b&gt;</a></li>", guide)

    def test_a_symbolic_link_leads_to_the_site(self):
        tree = self.small_tree("# A\n")
        os.symlink("elsewhere", self.path("site"))
        for _ in range(2):
            done = self.build(tree)
            self.assertEqual((done.stderr, done.returncode), ("", 0))
        self.assertTrue(os.path.islink(self.path("site")))
        self.assertIn("<title>", self.read("elsewhere/index.html"))
        self.assertEqual(sorted(os.listdir(self.top)), ["elsewhere", "site", "tree"])

    def test_a_site_that_cannot_be_put_in_place_leaves_the_old_one(self):
        done = self.build(self.small_tree("# A\n"))
        self.assertEqual(done.returncode, 0)
        rename = os.rename

        def refuse(source, target):
            if source.endswith("site") and target == os.path.realpath(self.path("site")):
                if "docs-site" in source:
                    raise OSError(errno.EBUSY, "busy")
            rename(source, target)

        sys.path.insert(0, os.path.dirname(BUILDER))
        import build_site  # pylint: disable=import-outside-toplevel

        with unittest.mock.patch("os.rename", refuse):
            with self.assertRaisesRegex(build_site.Fault, "can't be written: .*busy") as caught:
                build_site.run(self.small_tree("# B\n"), self.path("site"))
        self.assertEqual(caught.exception.code, 2)
        self.assertIn('<h1 id="a">', self.read("site/index.html"))
        self.assertEqual(sorted(os.listdir(self.top)), ["site", "tree"])

    def test_what_is_no_site_is_left_alone(self):
        tree = self.small_tree("# A\n")
        self.write("site/precious", "kept")
        done = self.build(tree)
        self.assertEqual(done.returncode, 2)
        self.assertIn("is there and no site", done.stderr)
        self.assertEqual(self.read("site/precious"), "kept")
        done = self.build(tree, "site/precious/below")
        self.assertEqual(done.returncode, 2)
        self.assertIn("can't be written", done.stderr)


if __name__ == "__main__":
    sys.exit(junit.run_unittests("docs_site"))
