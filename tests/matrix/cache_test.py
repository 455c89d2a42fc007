"""Cells of the matrix from an HTTP cache that nginx serves: what one build has run, the next one,
in another place, takes from there."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import junit

ROOT = os.path.dirname(os.path.realpath("WORKSPACE"))
RUN_CELL = os.path.realpath("tests/matrix/run_cell")
KVMSIM = os.path.realpath("tools/kvmsim")
NGINX = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
CELLS = 8

NGINX_CONF = """\
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ }}
http {{
  access_log off;
  client_max_body_size 100m;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      root {folder}/store;
      dav_methods PUT;
      create_full_put_path on;
    }}
  }}
}}
"""

# The real rules, with programs that are built already.
BUILD = """\
load(":matrix.bzl", "every_nth_cell", "matrix_cells", "seed")

exports_files(["cells.bzl"])

sh_binary(name = "run_cell", srcs = ["run_cell.program"])

seed(name = "seed", build_setting_default = 1)

matrix_cells(name = "cells", cells = every_nth_cell(1009)[:%d])
"""
TOOLS_BUILD = """\
sh_binary(
    name = "kvmsim",
    srcs = ["kvmsim.program"],
    visibility = ["//visibility:public"],
)
"""
REAL = (
    ".bazelrc",
    "WORKSPACE",
    "third_party",
    "tests/conformance",
    "tests/data",
    "tests/matrix/cells.bzl",
    "tests/matrix/matrix.bzl",
)
TARGETS = {
    "tests/conformance/BUILD": """\
package(default_visibility = ["//visibility:public"])
exports_files(["areas.tsv"])
filegroup(name = "scenarios", srcs = glob(["**/*.kvmt"]))
filegroup(name = "sentences", srcs = glob(["**/differences.tsv"]))
""",
    "tests/data/BUILD": 'exports_files(glob(["*.tsv"]), visibility = ["//visibility:public"])\n',
    "tests/matrix/BUILD": BUILD % CELLS,
    "tools/BUILD": TOOLS_BUILD,
}


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@unittest.skipIf(NGINX is None, "not installed: nginx")
class CacheTest(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.port = free_port()
        self.make_workspace()

    def path(self, *parts):
        return os.path.join(self.top, *parts)

    def make_workspace(self):
        for name in REAL:
            source, target = os.path.join(ROOT, name), self.path("workspace", name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, target)
        for name, text in TARGETS.items():
            os.makedirs(os.path.dirname(self.path("workspace", name)), exist_ok=True)
            with open(self.path("workspace", name), "w", encoding="utf-8") as opened:
                opened.write(text)
        shutil.copy(RUN_CELL, self.path("workspace/tests/matrix/run_cell.program"))
        shutil.copy(KVMSIM, self.path("workspace/tools/kvmsim.program"))

    @contextlib.contextmanager
    def nginx(self):
        folder = self.path("nginx")
        os.makedirs(os.path.join(folder, "store"))
        # Its workers are another user's where it was started by root.
        for made in (self.top, folder, os.path.join(folder, "store")):
            os.chmod(made, 0o777)
        conf = os.path.join(folder, "nginx.conf")
        with open(conf, "w", encoding="utf-8") as opened:
            opened.write(NGINX_CONF.format(folder=folder, port=self.port))
        user = ["-g", "user root;"] if os.geteuid() == 0 else []
        with subprocess.Popen([NGINX, "-p", folder, "-c", conf, *user]) as server:
            try:
                self.wait_for(server)
                yield os.path.join(folder, "store")
            finally:
                server.terminate()

    def wait_for(self, server):
        for _ in range(100):
            self.assertIsNone(server.poll(), "nginx doesn't run")
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            time.sleep(0.1)
        self.fail("nginx doesn't answer")

    def build(self, base, *options):
        """Builds with an output base of its own; returns how many actions ran here, how many came
        from the cache, and the report."""
        bazel = ["bazel", "--batch", f"--output_base={self.path(base)}"]
        bazel += [f"--output_user_root={self.path('user')}"]
        options = ["--config=cache", f"--remote_cache=http://127.0.0.1:{self.port}", *options]
        environment = {"HOME": self.top, "USER": "nobody", **os.environ}
        done = subprocess.run(
            bazel + ["build", "--symlink_prefix=/", *options, "//tests/matrix:cells"],
            cwd=self.path("workspace"),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stdout)
        summary = re.search(r"INFO: \d+ process(?:es)?: (.*)", done.stdout)[1]
        counts = {kind: int(count) for count, kind in re.findall(r"(\d+) ([a-z -]+)", summary)}
        hits = counts.pop("remote cache hit", 0)
        counts.pop("internal", None)
        with open(self.report(base), "rb") as opened:
            return sum(counts.values()), hits, opened.read()

    def report(self, base):
        found = subprocess.run(
            ["find", self.path(base, "execroot"), "-path", "*/bin/tests/matrix/cells.json"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        self.assertEqual(len(found), 1, found)
        return found[0]

    def test_what_was_run_once_comes_from_the_cache(self):
        with self.nginx() as store:
            ran, hits, first = self.build("one")
            self.assertEqual((ran, hits), (CELLS + 1, 0))
            self.assertTrue(os.listdir(os.path.join(store, "ac")))
            # Another place, so another path of every file.
            ran, hits, second = self.build("two")
            self.assertEqual((ran, hits), (0, CELLS + 1))
            self.assertEqual(first, second)
            # Another seed is another action.
            ran, hits, _ = self.build("two", "--//tests/matrix:seed=2")
            self.assertGreaterEqual(ran, CELLS)
        # Nobody depends on the cache.
        ran, _, again = self.build("three")
        self.assertEqual((ran, again), (CELLS + 1, first))


if __name__ == "__main__":
    sys.exit(junit.run_unittests("cache"))
