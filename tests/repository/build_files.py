"""What the BUILD files of a tree declare: Starlark is close enough to Python to be run as Python.

Macros of the tree's own .bzl files are expanded, so a rule sees the targets that Bazel sees. A
select() counts as all of its branches together.
"""

import ast
import fnmatch
import os
from typing import NamedTuple

CC_KINDS = ("cc_binary", "cc_library", "cc_test")
_OTHER_KINDS = (
    "alias",
    "cc_import",
    "config_setting",
    "constraint_setting",
    "constraint_value",
    "exports_files",
    "filegroup",
    "genrule",
    "licenses",
    "package_group",
    "py_binary",
    "py_library",
    "py_test",
    "sh_binary",
    "sh_library",
    "sh_test",
    "test_suite",
)


class Target(NamedTuple):
    """One declared target; in its `attributes` globs and selects are lists."""

    package: str
    kind: str
    name: str
    attributes: dict

    @property
    def label(self):
        return f"//{self.package}:{self.name}"

    def labels(self, *attributes):
        """The entries of list attributes as full labels."""
        return [
            full_label(entry, self.package)
            for attribute in attributes
            for entry in self.attributes.get(attribute, [])
        ]

    def is_facade(self):
        """A library without files of its own hands on what its deps offer."""
        files = self.attributes.keys() & {"srcs", "hdrs", "textual_hdrs"}
        return self.kind == "cc_library" and not files


def full_label(label, package):
    """`:x`, `x`, `//a/b` and `@r` written out as `//package:x`, `//a/b:b` and `@r//:r`.

    A dependent's name for this workspace, `@kvm_model//x`, is `//x`.
    """
    label = label.removeprefix("@kvm_model") if label.startswith("@kvm_model//") else label
    repository, slashes, rest = label.partition("//")
    if not slashes:
        if label.startswith("@"):
            return f"{label}//:{label[1:]}"
        return f"//{package}:{label.removeprefix(':')}"
    if ":" not in rest:
        rest = f"{rest}:{rest.rsplit('/', maxsplit=1)[-1]}"
    return f"{repository}//{rest}"


def file_of(label):
    """The path of the file that a label of this workspace would name."""
    package, _, name = label.removeprefix("//").partition(":")
    return f"{package}/{name}" if package else name


def is_build_file(file):
    return os.path.basename(file) == "BUILD"


class _Anything:
    """Starlark's `attr` or `config`, of whose functions nobody looks at the results here."""

    def __getattr__(self, _):
        return lambda **_: None


class BuildFiles:
    """All targets of a tree, by label, and the ASTs of its BUILD files."""

    def __init__(self, tree):
        self._tree = tree
        self.files = [file for file in tree.files if is_build_file(file)]
        self.packages = {os.path.dirname(file) for file in self.files}
        self.syntax = {file: ast.parse(tree.text(file), file) for file in self.files}
        self.targets = {}
        self._default_visibility = {}
        for file in self.files:
            package = os.path.dirname(file)
            env = self._environment(package)
            exec(compile(self.syntax[file], file, "exec"), env)

    def visibility(self, target):
        default = self._default_visibility.get(target.package, ["//visibility:private"])
        return target.attributes.get("visibility") or default

    def _package_of(self, file):
        folder = os.path.dirname(file)
        while folder and folder not in self.packages:
            folder = os.path.dirname(folder)
        return folder

    def _glob(self, package, include, exclude=(), **_):
        prefix = package + "/" if package else ""
        inside = [
            file.removeprefix(prefix)
            for file in self._tree.files
            if file.startswith(prefix) and self._package_of(file) == package
        ]

        def matches(file, patterns):
            # fnmatch's * crosses folders, as ** does: patterns without ** are held to one level.
            return any(
                fnmatch.fnmatch(file, pattern.replace("**/", "*"))
                and ("**" in pattern or file.count("/") == pattern.count("/"))
                for pattern in patterns
            )

        return [file for file in inside if matches(file, include) and not matches(file, exclude)]

    def _environment(self, package):
        def recorder(kind):
            def record(*_, name=None, **attributes):
                if name is not None:
                    target = Target(package, kind, name, attributes)
                    self.targets[target.label] = target

            return record

        def set_package(default_visibility=None, **_):
            self._default_visibility[package] = default_visibility

        def select(branches, **_):
            merged = []
            for branch in branches.values():
                merged += [entry for entry in branch if entry not in merged]
            return merged

        rules = {kind: recorder(kind) for kind in CC_KINDS + _OTHER_KINDS}
        rules["glob"] = lambda *args, **kwargs: self._glob(package, *args, **kwargs)
        rules["package"] = set_package
        rules["package_name"] = lambda: package
        native = type("native", (), {kind: staticmethod(rule) for kind, rule in rules.items()})
        env = rules | {"native": native, "select": select}
        # A .bzl file's own rules: each declares a target of no known kind.
        env |= {"rule": lambda **_: recorder("rule"), "provider": lambda *_, **_named: None}
        env |= {"attr": _Anything(), "config": _Anything(), "Label": str, "CcInfo": None}

        def load(label, *names, **aliases):
            bzl = file_of(full_label(label, package)) if not label.startswith("@") else None
            loaded = dict(rules)
            if bzl is not None:
                loaded = dict(env)
                loaded["load"] = _loader_into(loaded)
                exec(compile(self._tree.text(bzl), bzl, "exec"), loaded)
            for ours, theirs in [(name, name) for name in names] + list(aliases.items()):
                env[ours] = loaded.get(theirs, recorder(theirs))

        def _loader_into(namespace):
            def load_into(label, *names, **aliases):
                load(label, *names, **aliases)
                namespace.update({name: env[name] for name in (*names, *aliases)})

            return load_into

        env["load"] = load
        return env
