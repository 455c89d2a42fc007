"""What is installed, and where it lies."""

import json
import os
import subprocess

from prefix import Entry, Problem

# Of Abseil, what the library is made of, by the names of Debian's pkg-config files.
ABSEIL = (
    "absl_cleanup",
    "absl_core_headers",
    "absl_function_ref",
    "absl_inlined_vector",
    "absl_str_format",
    "absl_strings",
)
# Where kvmsim looks for what it starts, see FindBuilt in tools/kvmsim.cc.
PROGRAMS = "libexec/kvm_model"
DOCUMENTATION = "share/doc/kvm_model"
# Pages, their pictures, and the scenarios and data that they lead to.
DOCUMENTATION_KINDS = (".kvmt", ".md", ".svg", ".tsv")
COMPLETIONS = {
    "bash": "share/bash-completion/completions/kvmsim",
    "fish": "share/fish/vendor_completions.d/kvmsim.fish",
    "zsh": "share/zsh/site-functions/_kvmsim",
}
# The folder is found by where this file lies: the prefix may be moved.
PKG_CONFIG = """\
prefix=${pcfiledir}/../..
includedir=${prefix}/include/kvm_model
libdir=${prefix}/lib

Name: kvm_model
Description: A KVM that fits in a process
Version: %s
Requires: %s
Cflags: -I${includedir}
Libs: -L${libdir} -lkvm_model
"""


class Layout:
    """The files of an installation. `source` is a clone's root, `built` its bazel-bin."""

    def __init__(self, source, built):
        self._source = source
        self._built = built

    def entries(self):
        return [
            Entry("bin/kvmsim", self._output("tools/kvmsim"), executable=True),
            *self._bench(),
            *self._server(),
            *self._library(),
            *self._manual_pages(),
            *self._completions(),
            *self._documentation(),
        ]

    def _output(self, path):
        return os.path.join(self._built, path)

    def _input(self, path):
        return os.path.join(self._source, path)

    def _kvmsim(self, *words):
        done = subprocess.run(
            [self._output("tools/kvmsim"), *words], capture_output=True, check=False
        )
        if done.returncode != 0:
            raise Problem(f"kvmsim {' '.join(words)}: {done.stderr.decode().strip()}")
        return done.stdout

    def _bench(self):
        driver = f"{PROGRAMS}/bench/driver"
        yield Entry(f"{driver}/driver", self._output("bench/driver/driver"), executable=True)
        for name in sorted(os.listdir(self._input("bench/driver"))):
            if name.endswith(".py") and name != "bench.py":
                yield Entry(f"{driver}/{name}", self._input(f"bench/driver/{name}"))
        suite = f"{PROGRAMS}/bench/suite"
        yield Entry(f"{suite}/own_suite", self._output("bench/suite/own_suite"), executable=True)
        # The driver's own choice; with peers besides it is built in a clone alone.
        yield Entry(f"{suite}/suite", link="own_suite")

    def _server(self):
        server = "tools/serve/server"
        yield Entry(f"{PROGRAMS}/{server}", self._output(server), executable=True)

    def _library(self):
        yield Entry("lib/libkvm_model.a", self._output("tools/install/libkvm_model.a"))
        text = PKG_CONFIG % (self.version(), ", ".join(ABSEIL))
        yield Entry("lib/pkgconfig/kvm_model.pc", content=text.encode())
        with open(self._output("tools/install/kvm_model.headers.txt"), encoding="utf-8") as opened:
            for header in opened.read().split():
                yield Entry(f"include/kvm_model/{header}", self._input(header))

    def version(self):
        """Of "kvmsim 0.1.0"."""
        return self._kvmsim("--version").decode().split()[1]

    def _manual_pages(self):
        commands = [json.loads(self._kvmsim("help", "--format", "json"))]
        for command in commands:
            commands += command["commands"]
            words = command["name"].split()[1:]
            page = self._kvmsim("help", "--format", "man", *words)
            yield Entry(f"share/man/man1/{command['man_page']}.1", content=page)

    def _completions(self):
        for shell, path in COMPLETIONS.items():
            yield Entry(path, content=self._kvmsim("completion", shell))

    def _documentation(self):
        for name in ("CHANGELOG.md", "LICENSE", "README.md"):
            yield Entry(f"{DOCUMENTATION}/{name}", self._input(name))
        for folder, _, names in os.walk(self._input("docs"), followlinks=True):
            inside = os.path.relpath(folder, self._source)
            for name in sorted(names):
                if name.endswith(DOCUMENTATION_KINDS):
                    yield Entry(f"{DOCUMENTATION}/{inside}/{name}", os.path.join(folder, name))
