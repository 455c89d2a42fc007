"""Plants a violation of each rule in a small tree and sees it caught."""

import os
import subprocess
import sys
import tempfile
import unittest

import junit

import build_rules  # noqa: F401 (declares rules)
import file_rules  # noqa: F401
import source_rules
from registry import RULES, Repository
from tree import Tree

LOAD = 'load("@rules_cc//cc:defs.bzl", "cc_library", "cc_test")\n'
PUBLIC = '    visibility = ["//visibility:public"],\n'


def header(path, body=""):
    guard = "KVM_MODEL_" + path.replace("/", "_").replace(".", "_").upper() + "_"
    return f"// What it is.\n#ifndef {guard}\n#define {guard}\n\n{body}#endif  // {guard}\n"


def library(name, extra="", load=LOAD):
    return f'{load}\ncc_library(\n    name = "{name}",\n    hdrs = ["{name}.h"],\n{extra})\n'


def deps(*labels):
    return "    deps = [\n" + "".join(f'        "{label}",\n' for label in labels) + "    ],\n"


# A small tree that keeps every rule.
CLEAN = {
    "BUILD": "",
    "README.md": "# The model\n\nSee [its parts](docs/parts.md#the-parts) and [uapi](uapi/).\n",
    "docs/parts.md": "# The parts\n",
    "run": "#!/usr/bin/env bash\necho hello\n",
    "uapi/BUILD": library("number", PUBLIC),
    "uapi/number.h": header("uapi/number.h"),
    "kvm_model/BUILD": library(
        "kernel", PUBLIC + deps("//uapi:number", "@com_google_absl//absl/types:span")
    ),
    "kvm_model/kernel.h": header(
        "kvm_model/kernel.h", '#include "absl/types/span.h"\n#include "uapi/number.h"\n\n'
    ),
    "arch/x86/BUILD": library("x86", deps("//kvm_model:kernel") + "    alwayslink = True,\n"),
    "arch/x86/x86.h": header("arch/x86/x86.h", '#include "kvm_model/kernel.h"\n\n'),
    "tests/defs.bzl": "def our_test(name, deps):\n"
    '    native.cc_test(name = name, srcs = [name + ".cc"], deps = deps)\n',
    "tests/BUILD": 'load(":defs.bzl", "our_test")\n\nour_test(\n    name = "kernel_test",\n'
    + deps("//kvm_model:kernel", "@com_google_googletest//:gtest_main")
    + ")\n",
    "tests/kernel_test.cc": '#include "kvm_model/kernel.h"\n\n#include <gtest/gtest.h>\n',
}
EXECUTABLES = ("run",)

# Joined, so that this file keeps the rules that it tests.
LATER = "TO" + "DO"
HOME = "/ho" + "me/me/x"

# Rule -> [(the planted files, what the rule must say)]. None removes a file.
PLANTS = {
    "C++ is formatted by clang-format-19": [
        ({"uapi/x.cc": "int  x;\n"}, "uapi/x.cc"),
    ],
    "a header's guard is KVM_MODEL_<PATH>_H_": [
        ({"uapi/x.h": header("uapi/y.h")}, "doesn't open with the guard KVM_MODEL_UAPI_X_H_"),
        ({"uapi/x.h": header("uapi/x.h") + "int x;\n"}, "doesn't end with"),
    ],
    "a header opens with a comment": [
        ({"uapi/x.h": "#ifndef X\n"}, "uapi/x.h"),
    ],
    "C++ files have at most 500 lines": [
        ({"uapi/x.cc": "\n" * 501}, "501 lines"),
    ],
    "sources have no tabs, no trailing blanks, and end with one newline": [
        ({"uapi/x.cc": "\tint x;\n"}, "uapi/x.cc:1: tab"),
        ({"docs/x.md": "text \n"}, "docs/x.md:1: trailing blank"),
        ({"uapi/x.cc": "int x;"}, "newline"),
        ({"uapi/x.cc": "int x;\n\n"}, "newline"),
    ],
    "sources name no path of one machine": [
        ({"uapi/x.cc": f"// {HOME}\n"}, "uapi/x.cc:1"),
        ({"run": f"#!/bin/bash\ncat {HOME}\n"}, "run:2"),
    ],
    "what answers a call asks a revision for its traits, never for its name": [
        ({"kvm_model/x.cc": 'bool old = name == "linux-' + '7.0";\n'}, "kvm_model/x.cc:1"),
        ({"arch/x86/x.cc": "int x;\nbool old = host.revision().name == x;\n"}, "arch/x86/x.cc:2"),
        ({"arch/x86/x.cc": "auto h = uapi::HeaderVersion::kLinux70;\n"}, "arch/x86/x.cc:1"),
    ],
    "sources promise no later work": [
        ({"uapi/x.cc": f"// {LATER}: more\n"}, "uapi/x.cc:1"),
        ({"docs/x.md": "This is not " + "implemented.\n"}, "docs/x.md:1"),
    ],
    "tests that make threads run under the thread sanitizer in .ci/run": [
        ({"tests/x_test.cc": "std::" + "jthread other;\n"}, "tests/x_test.cc: makes threads"),
        (
            {
                ".ci/run": "threaded=(//tests/a/...\n  //tests/b/...)\n",
                "tests/c/x_test.cc": "std::" + "thread other;\n",
            },
            "tests/c/x_test.cc: makes threads",
        ),
    ],
    "scripts are clean under shellcheck": [
        ({"run": "#!/usr/bin/env bash\necho $1\n"}, "run:2"),
        ({"tests/x.sh": "# shellcheck shell=bash\necho $1\n"}, "tests/x.sh:2"),
    ],
    "every file is of a known kind and lies where its kind may lie": [
        ({"uapi/notes.txt": "x\n"}, "uapi/notes.txt: stray"),
        ({"x.cc": "int x;\n"}, "x.cc: stray"),
        ({"tests/core": "x\n"}, "tests/core: stray"),
        ({"third_party/x.h": "x\n"}, "third_party/x.h: stray"),
    ],
    "no file is larger than 512 KiB": [
        ({"tests/x.tsv": "x" * (513 * 1024)}, "513 KiB"),
    ],
    "what has a #! line is executable, and nothing else is": [
        ({"test": "#!/usr/bin/env bash\n"}, "test: not executable"),
        ({"run": "echo\n"}, "run: no #! line"),
    ],
    "relative links in Markdown lead somewhere": [
        ({"docs/x.md": "[a](nowhere.md)\n"}, "nowhere.md doesn't exist"),
        ({"docs/x.md": "[a](parts.md#no-such)\n"}, "no heading for #no-such"),
        ({"docs/x.md": "[a][b]\n\n[b]: ../nowhere/\n"}, "../nowhere/ doesn't exist"),
    ],
    "srcs, hdrs and deps are sorted: :x, then //x, then @x": [
        ({"uapi/BUILD": library("number", PUBLIC + deps("//b", ":a"))}, "deps"),
        ({"uapi/BUILD": library("number", PUBLIC + deps("@a", "//b"))}, "deps"),
        ({"uapi/BUILD": library("number", PUBLIC + deps("//a", "//a"))}, "repeat"),
    ],
    "deps are exactly the owners of the included headers": [
        (
            {"kvm_model/BUILD": library("kernel", PUBLIC + deps("//uapi:number"))},
            "needs @com_google_absl",
        ),
        (
            {
                "kvm_model/BUILD": library(
                    "kernel", PUBLIC + deps("@com_google_absl//absl/types:span")
                )
            },
            "no dep owns uapi/number.h",
        ),
        (
            {"uapi/BUILD": library("number", PUBLIC + deps("@pugixml"))},
            "nothing of @pugixml//:pugixml",
        ),
        ({"tests/kernel_test.cc": "#include <gtest/gtest.h>\n"}, "nothing of //kvm_model:kernel"),
        ({"tests/kernel_test.cc": '#include "uapi/number.h"\n'}, "no dep owns uapi/number.h"),
    ],
    "every C++ file belongs to exactly one target": [
        ({"uapi/x.cc": "int x;\n"}, "uapi/x.cc: owned by no target"),
        (
            {
                "uapi/BUILD": library("number")
                + library("again", load="").replace("again.h", "number.h")
            },
            "owned by //uapi:again and //uapi:number",
        ),
    ],
    "rooms know only the rooms that they may know": [
        ({"uapi/number.h": '#include "kvm_model/kernel.h"\n'}, "uapi may not include"),
        ({"kvm_model/x.cc": '#include "arch/x86/x86.h"\n'}, "kvm_model may not include"),
        ({"arch/arm64/x.cc": '#include "arch/x86/x86.h"\n'}, "arch/arm64 may not include"),
        ({"arch/x86/x86.h": '#include "arch/registry.h"\n'}, "arch/x86 may not include"),
        ({"tools/x.cc": '#include "tests/x.h"\n'}, "tools may not include"),
        ({"uapi/BUILD": library("number", deps("//kvm_model:kernel"))}, "uapi may not depend on"),
        ({"kvm_model/BUILD": library("kernel", deps("//arch/x86"))}, "kvm_model may not depend on"),
    ],
    "tools, benchmarks and tests use only the model's public targets": [
        (
            {"uapi/BUILD": library("number"), "tests/BUILD": library("x", deps("//uapi:number"))},
            "is not public",
        ),
        (
            {
                "uapi/BUILD": library("number", '    visibility = ["//tests:__pkg__"],\n'),
                "tests/BUILD": library("x", deps("//uapi:number")),
            },
            "//uapi:number is not public",
        ),
    ],
}


def plant(files, executables=EXECUTABLES):
    """Writes files into a new tree; returns the folder, which the caller cleans up."""
    folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
    subprocess.run(["git", "init", "-q", folder.name], check=True)
    for path, text in files.items():
        full = os.path.join(folder.name, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as opened:
            opened.write(text)
        os.chmod(full, 0o755 if path in executables else 0o644)
    style = os.path.join(os.path.dirname(os.path.realpath("WORKSPACE")), ".clang-format")
    os.symlink(style, os.path.join(folder.name, ".clang-format"))
    return folder


def problems(title, files):
    with plant(files) as root:
        return list(dict(RULES)[title](Repository(Tree(root))))


class RulesTest(unittest.TestCase):
    def test_a_clean_tree_keeps_every_rule(self):
        for title, _ in RULES:
            with self.subTest(title):
                self.assertEqual(problems(title, CLEAN), [])

    def test_every_rule_has_a_planted_violation(self):
        self.assertEqual(sorted(PLANTS), sorted(title for title, _ in RULES))

    def test_an_unused_exception_is_reported(self):
        saved = source_rules.MACHINE_PATH_EXCEPTIONS, build_rules.LINK_ONLY
        try:
            source_rules.MACHINE_PATH_EXCEPTIONS = (("run", "gone"),)
            build_rules.LINK_ONLY = (("//a:a", "//b:b"),)
            for title in (
                "sources name no path of one machine",
                "deps are exactly the owners of the included headers",
            ):
                self.assertIn("no longer needed", " ".join(problems(title, CLEAN)))
        finally:
            source_rules.MACHINE_PATH_EXCEPTIONS, build_rules.LINK_ONLY = saved

    def test_a_facade_hands_on_the_headers_behind_it(self):
        facade = library(
            "kernel", PUBLIC + deps("//uapi:number", "@com_google_absl//absl/types:span")
        )
        facade += '\ncc_library(\n    name = "kvm_model",\n' + PUBLIC + deps(":kernel") + ")\n"
        test = CLEAN["tests/BUILD"].replace("//kvm_model:kernel", "//kvm_model")
        files = CLEAN | {"kvm_model/BUILD": facade, "tests/BUILD": test}
        title = "deps are exactly the owners of the included headers"
        self.assertEqual(problems(title, files), [])


def _planted_test(title, files, expected):
    def test(self):
        said = problems(title, CLEAN | files)
        self.assertTrue(any(expected in problem for problem in said), f"{expected!r} not in {said}")

    return test


for _title, _plants in PLANTS.items():
    for _number, (_files, _expected) in enumerate(_plants, start=1):
        setattr(
            RulesTest, f"test caught {_number}: {_title}", _planted_test(_title, _files, _expected)
        )


if __name__ == "__main__":
    sys.exit(junit.run_unittests("rules"))
