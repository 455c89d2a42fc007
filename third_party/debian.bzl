"""Repository rules that put upstream's labels over libraries that Debian installed under /usr."""

def _debian_package_impl(ctx):
    if not ctx.path("/usr/include/" + ctx.attr.probe).exists:
        fail("/usr/include/%s is missing: apt-get install %s" % (ctx.attr.probe, ctx.attr.package))
    ctx.file("WORKSPACE", "")
    for package, text in _split_by_package(ctx.read(ctx.attr.build_file)).items():
        ctx.file((package + "/" if package else "") + "BUILD", text)

def _split_by_package(text):
    """Splits a laid-out BUILD file at its "#: package NAME" lines into {NAME: text}."""
    packages = {}
    current = ""
    header = ""
    for line in text.split("\n"):
        if line.startswith("#: package"):
            current = line[len("#: package"):].strip()
            packages[current] = header
        elif not packages:
            header += line + "\n"
        else:
            packages[current] += line + "\n"
    return packages

debian_package = repository_rule(
    implementation = _debian_package_impl,
    attrs = {
        "build_file": attr.label(mandatory = True, allow_single_file = True),
        "package": attr.string(mandatory = True),
        "probe": attr.string(mandatory = True),
    },
    doc = "A library of Debian's, its headers in /usr/include and its objects on the linker's path.",
    local = True,
)

def _debian_peer_impl(ctx):
    root = ctx.path(ctx.attr.root)
    installed = ctx.path(ctx.attr.root + "/" + ctx.attr.probe).exists
    ctx.file("WORKSPACE", "")
    ctx.file("installed/%s.h" % ctx.name, _INSTALLED_HEADER.format(
        installed = 1 if installed else 0,
        name = ctx.name.upper(),
        package = ctx.attr.package,
    ))
    if installed:
        ctx.symlink(root, "root")
        text = _split_by_package(ctx.read(ctx.attr.build_file))[""]
    else:
        text = _MISSING_BUILD.format(name = ctx.name)
        for library in ctx.attr.libraries:
            text += "\ncc_library(name = \"%s\")\n" % library
    ctx.file("BUILD", text)

_INSTALLED_HEADER = """\
// Whether Debian's package {package} is installed.
#ifndef INSTALLED_{name}_H_
#define INSTALLED_{name}_H_

#define KVM_MODEL_HAS_{name} {installed}

#endif  // INSTALLED_{name}_H_
"""

# Nothing but the header that says so.
_MISSING_BUILD = """\
load("@rules_cc//cc:defs.bzl", "cc_library")

package(default_visibility = ["//visibility:public"])

cc_library(
    name = "{name}",
    hdrs = ["installed/{name}.h"],
    includes = ["."],
)
"""

debian_peer = repository_rule(
    implementation = _debian_peer_impl,
    attrs = {
        "build_file": attr.label(mandatory = True, allow_single_file = True),
        # Beside the one of the repository's name.
        "libraries": attr.string_list(),
        "package": attr.string(mandatory = True),
        "probe": attr.string(mandatory = True),
        "root": attr.string(mandatory = True),
    },
    doc = """What a peer of a benchmark is made of, where its package is installed.

    Its "installed/NAME.h" defines KVM_MODEL_HAS_NAME to 1, and "root" leads to the folder that the
    package lies in. Without the package the build goes on: the header defines 0, and the libraries
    are empty.""",
    local = True,
)

def _debian_tool_repository_impl(ctx):
    ctx.file("WORKSPACE", "")
    for path, label in ctx.attr.files.items():
        ctx.file(path, ctx.read(ctx.path(Label(label))))

debian_tool_repository = repository_rule(
    implementation = _debian_tool_repository_impl,
    attrs = {"files": attr.string_dict(mandatory = True)},
    doc = "A small repository made of our own files, standing in for one that is normally downloaded.",
    local = True,
)
