"""The matrix of conformance: every cell, a rule in a world, is an action of the build.

An action's inputs are the files that its rule needs, and its arguments say the rest, the seed of
random bytes among it: it can run anywhere, and a cache knows it again. Reports of cells are merged
into those of worlds, and these into the whole.
"""

load(":cells.bzl", "RANDOM_HOSTS", "RULES", "WORLDS")

SeedInfo = provider("A seed, of which each action has its own.", fields = ["value"])

def _seed_impl(ctx):
    return SeedInfo(value = ctx.build_setting_value)

seed = rule(
    doc = "A number on the command line: --//tests/matrix:seed=2.",
    implementation = _seed_impl,
    build_setting = config.int(flag = True),
)

# ---- Which cells there are ----

def _world_name(world):
    arch, revision, settings, vm_type = world
    return ",".join(["%s/%s/%s" % (arch, revision, vm_type)] + settings)

def _rules_of(world):
    arch, _, _, vm_type = world
    return [
        name
        for name, (_, _, compared, makes_vms) in RULES.items()
        if arch in compared and (makes_vms or vm_type == "DEFAULT")
    ]

def cells_by_world():
    """Every cell.

    Returns:
      a dict of the worlds' names: lists of cells, each "NUMBER RULE", of one of WORLDS, or
      "ARCHITECTURE REVISION RULE", as the scenarios are written.
    """
    cells = {}
    for name, (_, written, _, _) in RULES.items():
        for place in written:
            world = place.replace(" ", "/") + "/as-written"
            cells.setdefault(world, []).append("%s %s" % (place, name))
    for number in range(len(WORLDS)):
        world = WORLDS[number]
        cells[_world_name(world)] = ["%d %s" % (number, name) for name in _rules_of(world)]
    return cells

def every_nth_cell(step):
    """One of each `step` cells."""
    cells = [cell for of_world in cells_by_world().values() for cell in of_world]
    return [cells[i] for i in range(0, len(cells), step)]

# ---- Actions ----

def _seed_arguments(ctx, what):
    # Of an action's own name, so that a new cell changes no other.
    own = ctx.attr._seed[SeedInfo].value * 4294967296 + hash(what) % 4294967296
    return ["--seed", str(own % 9223372036854775808)]

def _where(cell):
    """Returns: what a cell's name says: its rule, and the arguments of its world."""
    words = cell.split(" ")
    if len(words) == 3:
        return words[2], ["--arch", words[0], "--revision", words[1]]
    arch, revision, settings, vm_type = WORLDS[int(words[0])]
    arguments = ["--arch", arch, "--revision", revision, "--vm-type", vm_type]
    for setting in settings:
        arguments += ["--set", setting]
    return words[1], arguments

def _run_cell(ctx, cell, scenarios):
    rule, where = _where(cell)
    files = [scenarios[path] for path in RULES[rule][0]]
    tables = [ctx.file.areas] + ctx.files.sentences
    arguments = ["--rule", rule] + where + _seed_arguments(ctx, cell)
    arguments += ["--areas", ctx.file.areas.path]
    for file in ctx.files.sentences:
        arguments += ["--sentences", file.path]
    if not files:
        tables += [ctx.file.table, ctx.file.exercises]
        arguments += ["--cells", ctx.file.table.path, "--exercises", ctx.file.exercises.path]
    out = ctx.actions.declare_file("%s/%s.json" % (ctx.label.name, cell.replace(" ", "/")))
    ctx.actions.run(
        outputs = [out],
        inputs = files + tables,
        executable = ctx.executable.cell,
        arguments = arguments + ["--out", out.path] + [file.path for file in files],
        mnemonic = "MatrixCell",
        progress_message = "Running " + rule,
    )
    return out

# What fails is told by a report, and ends no build.
_MERGE = """"$@"; code=$?; case $code in 0 | 1 | 4) exit 0 ;; esac; exit $code"""

def _merge(ctx, reports, format, out):
    ctx.actions.run_shell(
        outputs = [out],
        inputs = reports,
        tools = [ctx.executable.kvmsim],
        command = _MERGE,
        arguments = [
            ctx.executable.kvmsim.path,
            "conform",
            "merge",
            "--format",
            format,
            "--output",
            out.path,
        ] + [file.path for file in reports],
        mnemonic = "MatrixMerge",
        progress_message = "Merging %d reports" % len(reports),
    )

_KVMSIM = attr.label(
    default = "//tools:kvmsim",
    doc = "The command that merges reports.",
    executable = True,
    cfg = "target",
)
_SEED = attr.label(default = "//tests/matrix:seed", providers = [SeedInfo])

def _cells_impl(ctx):
    scenarios = {file.short_path: file for file in ctx.files.scenarios}
    reports = [_run_cell(ctx, cell, scenarios) for cell in ctx.attr.cells]
    out = ctx.actions.declare_file(ctx.label.name + ".json")
    _merge(ctx, reports, "json", out)
    return DefaultInfo(files = depset([out]))

matrix_cells = rule(
    doc = "The report of some cells.",
    implementation = _cells_impl,
    attrs = {
        "cells": attr.string_list(mandatory = True, doc = "As cells_by_world has them."),
        "cell": attr.label(
            default = "//tests/matrix:run_cell",
            doc = "The program that runs one.",
            executable = True,
            cfg = "target",
        ),
        "scenarios": attr.label(default = "//tests/conformance:scenarios"),
        "areas": attr.label(default = "//tests/conformance:areas.tsv", allow_single_file = True),
        "sentences": attr.label(default = "//tests/conformance:sentences"),
        "table": attr.label(default = "//tests/data:arch_caps.tsv", allow_single_file = True),
        "exercises": attr.label(
            default = "//tests/data:arch_caps_exercises.tsv",
            allow_single_file = True,
        ),
        "kvmsim": _KVMSIM,
        "_seed": _SEED,
    },
)

def _campaign_impl(ctx):
    reports = []
    for host in RANDOM_HOSTS:
        for number in range(ctx.attr.seeds):
            out = ctx.actions.declare_file("%s/%s/%d.json" % (ctx.label.name, host, number))
            ctx.actions.run(
                outputs = [out],
                executable = ctx.executable.campaign,
                arguments = ["--host", host, "--operations", str(ctx.attr.operations)] +
                            _seed_arguments(ctx, "%s %d" % (host, number)) + ["--out", out.path],
                mnemonic = "RandomWorlds",
                progress_message = "Making random worlds on " + host,
            )
            reports.append(out)
    out = ctx.actions.declare_file(ctx.label.name + ".json")
    _merge(ctx, reports, "json", out)
    return DefaultInfo(files = depset([out]))

random_worlds = rule(
    doc = "The report of random worlds on the model and its twin: an action a host and seed.",
    implementation = _campaign_impl,
    attrs = {
        "seeds": attr.int(mandatory = True, doc = "How many, for each host."),
        "operations": attr.int(mandatory = True, doc = "How many, for each seed."),
        "campaign": attr.label(
            default = "//tests/matrix:campaign",
            executable = True,
            cfg = "target",
        ),
        "kvmsim": _KVMSIM,
        "_seed": _SEED,
    },
)

# ---- Reports ----

_FORMATS = {"html": "html", "json": "json", "junit": "xml", "ktap": "ktap", "text": "txt"}

def _report_impl(ctx):
    outs = []
    for format, ending in _FORMATS.items():
        out = ctx.actions.declare_file("%s.%s" % (ctx.label.name, ending))
        _merge(ctx, ctx.files.parts, format, out)
        outs.append(out)
    return DefaultInfo(files = depset(outs))

matrix_report = rule(
    doc = "The reports of parts as one, in each form that kvmsim writes.",
    implementation = _report_impl,
    attrs = {
        "parts": attr.label_list(mandatory = True),
        "kvmsim": _KVMSIM,
    },
)

_TEST = """#!/bin/sh
cd "$TEST_SRCDIR/$TEST_WORKSPACE" || exit 2
{kvmsim} conform merge --format junit --output "${{XML_OUTPUT_FILE:-/dev/null}}" {parts}
{kvmsim} conform merge {parts}
"""

def _test_impl(ctx):
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.write(
        script,
        _TEST.format(
            kvmsim = ctx.executable.kvmsim.short_path,
            parts = " ".join(["'%s'" % file.short_path for file in ctx.files.parts]),
        ),
        is_executable = True,
    )
    runfiles = ctx.runfiles(files = ctx.files.parts + [ctx.executable.kvmsim])
    return DefaultInfo(executable = script, runfiles = runfiles)

matrix_test = rule(
    doc = "Prints the reports of parts as one, and fails where a scenario fails.",
    implementation = _test_impl,
    test = True,
    attrs = {
        "parts": attr.label_list(mandatory = True),
        "kvmsim": _KVMSIM,
    },
)

def whole_matrix(name):
    """Every world, under its name, and below `name` the report and the test of all."""
    worlds = cells_by_world()
    for world, cells in worlds.items():
        matrix_cells(
            name = world,
            testonly = True,
            cells = cells,
            tags = ["manual"],
        )
    matrix_report(
        name = name,
        testonly = True,
        parts = list(worlds),
        tags = ["manual"],
    )
    matrix_test(
        name = name + "_test",
        size = "enormous",
        parts = list(worlds),
        tags = ["manual"],
    )
