"""Rules about BUILD files, and about who may know whom."""

import ast
import os
import re

from build_files import CC_KINDS, file_of, full_label
from registry import rule

ABSL = "@com_google_absl//absl/"
GTEST = ("@com_google_googletest//:gtest", "@com_google_googletest//:gtest_main")
BENCHMARK = "@com_github_google_benchmark//:"

# Start of an external header's path -> the labels that offer it, each as good as another. The
# longest start counts.
EXTERNAL_HEADERS = {
    "CLI/": ("@cli11//:cli11",),
    "absl/algorithm/container.h": (ABSL + "algorithm:container",),
    "absl/base/": (ABSL + "base:core_headers",),
    "absl/cleanup/": (ABSL + "cleanup:cleanup",),
    "absl/container/btree_": (ABSL + "container:btree",),
    "absl/container/flat_hash_map.h": (ABSL + "container:flat_hash_map",),
    "absl/container/flat_hash_set.h": (ABSL + "container:flat_hash_set",),
    "absl/container/inlined_vector.h": (ABSL + "container:inlined_vector",),
    "absl/functional/function_ref.h": (ABSL + "functional:function_ref",),
    "absl/numeric/bits.h": (ABSL + "numeric:bits",),
    "absl/numeric/int128.h": (ABSL + "numeric:int128",),
    "absl/strings/": (ABSL + "strings:strings",),
    "absl/strings/str_format.h": (ABSL + "strings:str_format",),
    "absl/types/optional.h": (ABSL + "types:optional",),
    "absl/types/span.h": (ABSL + "types:span",),
    "benchmark/": (BENCHMARK + "benchmark", BENCHMARK + "benchmark_main"),
    "boost/icl/": ("@boost_icl//:boost_icl",),
    "gmock/": GTEST,
    "gtest/": GTEST,
    "httplib.h": ("@cpp_httplib//:cpp-httplib",),
    "installed/boost_icl.h": ("@boost_icl//:boost_icl",),
    "installed/linux_source.h": ("@linux_source//:linux_source",),
    "installed/llvm.h": ("@llvm//:llvm",),
    "installed/roaring.h": ("@roaring//:roaring",),
    "lib/maple_tree.c": ("@linux_source//:trees",),
    "lib/xarray.c": ("@linux_source//:trees",),
    "linux/maple_tree.h": ("@linux_source//:trees",),
    "linux/xarray.h": ("@linux_source//:trees",),
    "llvm/ADT/": ("@llvm//:llvm",),
    "nlohmann/": ("@nlohmann_json//:json",),
    "pugixml.hpp": ("@pugixml//:pugixml",),
    "rapidcheck.h": ("@rapidcheck//:rapidcheck",),
    "roaring/": ("@roaring//:roaring",),
    "zlib.h": ("@zlib//:zlib",),
}
# Offer a main(): a dep that no #include asks for.
MAINS = (GTEST[1], BENCHMARK + "benchmark_main")

# Deps that are linked and not included, as (target, dep). Libraries with alwayslink need no entry.
LINK_ONLY = ()

# Room -> the rooms that it may know besides itself. A folder that is not here is part of the room
# above it.
ROOMS = {
    "uapi": (),
    "kvm_model": ("uapi",),
    "arch": ("uapi", "kvm_model", "arch/*"),
    "arch/generic": ("uapi", "kvm_model"),
    "arch/*": ("uapi", "kvm_model", "arch/generic"),
    "tools": ("uapi", "kvm_model", "arch"),
    "bench": ("uapi", "kvm_model", "arch"),
    "tests": ("uapi", "kvm_model", "arch", "tools", "bench"),
}
# Rooms of users: they see the targets of the model's rooms only as a stranger would.
USERS = ("tools", "bench", "tests")
MODEL = ("uapi", "kvm_model", "arch")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def includes_of(repository, file):
    """The paths that a C++ file includes, each once."""
    if file not in repository.tree.files:
        return set()
    return {path for _, path in INCLUDE.findall(repository.tree.text(file))}


def external_labels(header):
    starts = [start for start in EXTERNAL_HEADERS if header.startswith(start)]
    return EXTERNAL_HEADERS[max(starts, key=len)] if starts else ()


def cc_targets(repository):
    return [target for target in repository.build.targets.values() if target.kind in CC_KINDS]


def headers_offered(repository, label):
    """The headers that a dep makes available: its own, or those behind a facade or an alias."""
    target = repository.build.targets.get(label)
    if target is None:
        return set()
    if target.kind == "alias":
        return headers_offered(repository, full_label(target.attributes["actual"], target.package))
    if target.is_facade():
        behind = [headers_offered(repository, dep) for dep in target.labels("deps")]
        return set().union(*behind)
    return {file_of(label) for label in target.labels("hdrs", "textual_hdrs")}


@rule("srcs, hdrs and deps are sorted: :x, then //x, then @x")
def sorted_lists(repository):
    def key(label):
        if label.startswith("@"):
            return (2, label.split(":"))
        return (1 if label.startswith("//") else 0, label.split(":"))

    for file, syntax in repository.build.syntax.items():
        for keyword in (node for node in ast.walk(syntax) if isinstance(node, ast.keyword)):
            if keyword.arg not in ("srcs", "hdrs", "deps", "data", "textual_hdrs"):
                continue
            for node in (node for node in ast.walk(keyword.value) if isinstance(node, ast.List)):
                labels = [entry.value for entry in node.elts if isinstance(entry, ast.Constant)]
                if labels != sorted(labels, key=key):
                    yield f"{file}:{node.lineno}: {keyword.arg} {labels} are not sorted"
                if len(labels) != len(set(labels)):
                    yield f"{file}:{node.lineno}: {keyword.arg} repeat an entry"


def _headers_needed(repository, target):
    """The included headers that are not the target's own."""
    own = {file_of(label) for label in target.labels("srcs", "hdrs", "textual_hdrs")}
    included = set().union(*(includes_of(repository, file) for file in own))
    return included - own


@rule("deps are exactly the owners of the included headers")
def exact_deps(repository):
    used_link_only = set()
    for target in cc_targets(repository):
        if target.is_facade():
            continue
        deps = target.labels("deps")
        offered = {dep: headers_offered(repository, dep) for dep in deps}
        used = {dep for dep in deps if dep in MAINS and target.kind != "cc_library"}
        for header in sorted(_headers_needed(repository, target)):
            external = external_labels(header)
            owners = {dep for dep in deps if header in offered[dep] or dep in external}
            used |= owners
            if owners:
                continue
            if external:
                yield f"{target.label}: {header} needs {external[0]}"
            elif header in repository.tree.files:
                yield f"{target.label}: no dep owns {header}"
        for dep in deps:
            library = repository.build.targets.get(dep)
            if dep in used or (library and library.attributes.get("alwayslink")):
                continue
            if (target.label, dep) in LINK_ONLY:
                used_link_only.add((target.label, dep))
            else:
                yield f"{target.label}: nothing of {dep} is included"
    for entry in LINK_ONLY:
        if entry not in used_link_only:
            yield f"LINK_ONLY: no longer needed: {entry}"


@rule("every C++ file belongs to exactly one target")
def owned_files(repository):
    owners = {}
    for target in repository.build.targets.values():
        for label in set(target.labels("srcs", "hdrs", "textual_hdrs", "data")):
            owners.setdefault(file_of(label), []).append(target.label)
    for file in repository.tree.with_suffix(".cc", ".h"):
        listed = owners.get(file, [])
        if len(listed) != 1:
            yield f"{file}: owned by {' and '.join(sorted(listed)) or 'no target'}"


def room_of(path):
    """The room that a file or package lies in, or None outside of all rooms."""
    parts = path.split("/")
    if parts[0] == "arch" and len(parts) > 1 and "." not in parts[1] and parts[1] != "BUILD":
        return "/".join(parts[:2])
    return parts[0] if parts[0] in ROOMS else None


def may_know(room, other):
    if room == other:
        return True
    known = ROOMS.get(room) or ROOMS["arch/*" if room.startswith("arch/") else room]
    return other in known or ("arch/*" in known and other.startswith("arch/"))


@rule("rooms know only the rooms that they may know")
def walls(repository):
    for file in repository.tree.with_suffix(".cc", ".h"):
        room = room_of(file)
        for header in sorted(includes_of(repository, file)):
            other = room_of(header)
            if room and other and not may_know(room, other):
                yield f"{file}: {room} may not include {header}"
    for target in cc_targets(repository):
        room = room_of(target.package)
        for dep in target.labels("deps"):
            other = room_of(dep.removeprefix("//").split(":")[0]) if dep[0] == "/" else None
            if room and other and not may_know(room, other):
                yield f"{target.label}: {room} may not depend on {dep}"


@rule("tools, benchmarks and tests use only the model's public targets")
def public_targets(repository):
    for target in cc_targets(repository):
        if room_of(target.package) not in USERS:
            continue
        for dep in target.labels("deps"):
            library = repository.build.targets.get(dep)
            if library is None or (room_of(library.package) or "").split("/")[0] not in MODEL:
                continue
            if "//visibility:public" not in repository.build.visibility(library):
                yield f"{target.label}: {dep} is not public"
